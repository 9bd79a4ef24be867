"""The two roles of a service in its database."""


def runtime_role(service: str) -> str:
    """The role a service works under: no DDL, nothing on other schemas. The login of its URL must be a member of it."""
    return f"plam_{service}_runtime"


def owner_role(service: str) -> str:
    """The role that owns a service's schema, for migrations."""
    return f"plam_{service}_owner"

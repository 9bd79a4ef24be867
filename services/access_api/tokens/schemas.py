"""What the token endpoint gives, by the names of its standards: RFC 6749, RFC 7517, RFC 8414."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE_SCOPE = "role:employer service:internships"


class TokenRead(BaseModel):
    """Un jeton d'accès (RFC 6749, 5.1)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"access_token": "eyJhbGciOi…", "token_type": "Bearer", "expires_in": 300, "scope": EXAMPLE_SCOPE}]
        },
    )

    access_token: str = Field(description="Jeton, à envoyer dans l'en-tête Authorization.")
    token_type: Literal["Bearer"] = Field("Bearer", description="Schéma de l'en-tête.")
    expires_in: int = Field(description="Secondes de validité.")
    scope: str = Field(description="Ce que le jeton permet : rôles, départements, services.")


class TokenError(BaseModel):
    """Un refus (RFC 6749, 5.2)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"error": "invalid_client", "error_description": "Client inconnu, ou secret erroné."}]},
    )

    error: Literal[
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"
    ] = Field(description="Ce qui ne va pas, pour un programme.")
    error_description: str = Field(description="Ce qui ne va pas, pour une personne.")


class PublicKeys(BaseModel):
    """Les clés publiques qui vérifient les jetons (RFC 7517)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "keys": [
                        {
                            "kty": "OKP",
                            "crv": "Ed25519",
                            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                            "use": "sig",
                            "alg": "Ed25519",
                            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                        }
                    ]
                }
            ]
        },
    )

    keys: list[dict[str, str]] = Field(description="Les clés ; celle d'un jeton a le `kid` de son en-tête.", max_length=10)


class AuthorizationServer(BaseModel):
    """Ce qu'un client OAuth 2.0 demande à savoir de ce serveur (RFC 8414)."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(description="Identifiant du serveur d'autorisation.", examples=["https://plam.example.org/access"])
    token_endpoint: str = Field(description="Adresse des jetons.", examples=["https://plam.example.org/access/v1/token"])
    jwks_uri: str = Field(description="Adresse des clés publiques.", examples=["https://plam.example.org/access/v1/keys"])
    scopes_supported: list[str] = Field(description="Ce qu'un jeton peut permettre.", examples=[["role:employer", "department:44"]])
    response_types_supported: list[str] = Field(description="Aucun parcours de navigateur.", examples=[["none"]])
    grant_types_supported: list[str] = Field(description="Échanges permis.", examples=[["client_credentials"]])
    token_endpoint_auth_methods_supported: list[str] = Field(
        description="Manières de s'identifier à l'adresse des jetons.", examples=[["client_secret_basic", "client_secret_post"]]
    )
    service_documentation: str = Field(description="Comment obtenir et employer un jeton.", examples=["https://plam.example.org/docs"])

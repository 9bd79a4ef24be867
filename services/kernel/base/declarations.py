"""Where something is declared: what a refusal at the start names."""

from typing import Any


def file_of(declared: Any) -> str:
    """The source file that declares a class or a function, from the project's root."""
    return f"{declared.__module__.replace('.', '/')}.py"

"""The credentials as they come in a request's headers."""

from __future__ import annotations

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str:
    """The value of a header, or an empty text; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1").strip())
    return ""


def last(scope: Scope, name: bytes) -> str:
    """The same where it is there more than once: some proxies add a line of their own below the
    sender's."""
    return header({"headers": reversed(scope["headers"])}, name)


def bearer(scope: Scope) -> str:
    """The token of `Authorization`, with or without the word Bearer in any case."""
    value = header(scope, b"authorization")
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value

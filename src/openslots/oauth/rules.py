"""What a client may be registered with (auth notes, section 8.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

MOST_REDIRECT_URIS = 10
LONGEST_URI = 2048
LONGEST_NAME = 255
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def redirect_problem(uris: Sequence[str]) -> str | None:
    """Why the redirect URIs cannot be registered, or None."""
    if not uris:
        return "At least one redirect URI is required"
    if len(uris) > MOST_REDIRECT_URIS:
        return f"A maximum of {MOST_REDIRECT_URIS} redirect URIs are allowed"
    for place, uri in enumerate(uris):
        if uri in uris[:place]:
            return f"Duplicate redirect URI: {uri}"
        if problem := _uri_problem(uri):
            return problem
    return None


def _uri_problem(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return f"Invalid redirect URI: {uri}"
    if len(uri) > LONGEST_URI or any(c.isspace() or not c.isprintable() for c in uri):
        return f"Invalid redirect URI: {uri[:LONGEST_URI]}"
    local = host in LOOPBACK or host.endswith(".local")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        return f"HTTPS is required for redirect URIs ({uri})"
    if not host:
        return f"Invalid redirect URI: {uri}"
    if "#" in uri:
        return f"A redirect URI has no fragment: {uri}"
    return None


def scope_problem(scopes: Sequence[str], known: Collection[str]) -> str | None:
    """Why the scopes cannot be registered, or None."""
    if not scopes:
        return "At least one scope is required"
    unknown = [scope for scope in scopes if scope not in known]
    return f"Unknown scope: {', '.join(unknown)}" if unknown else None

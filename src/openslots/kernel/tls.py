"""TLS to Postgres as the options of libpq in a URL ask for it; asyncpg takes them another way."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

OPTIONS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey"})
VERIFYING = ("verify-ca", "verify-full")
SYSTEM = "system"  # the certificates that the machine trusts


def arguments(url: str) -> dict[str, Any]:
    """What asyncpg has to be told beside the URL.

    `verify-ca` and `verify-full` check the server's certificate against `sslrootcert`, where there
    is none against `~/.postgresql/root.crt` or else what the machine trusts; `verify-full` checks
    the name as well. As with libpq, `require` with a `sslrootcert` means `verify-ca`. Raises
    OSError where a file cannot be read.
    """
    given = {name: value for name, value in parse_qsl(urlsplit(url).query) if name in OPTIONS}
    mode = given.get("sslmode")
    if mode == "require" and "sslrootcert" in given:
        mode = "verify-ca"
    if mode in VERIFYING:
        return {"ssl": _checking(given, name_too=mode == "verify-full")}
    if mode is None:
        return {}
    if "sslcert" in given and mode == "require":
        return {"ssl": _with_certificate(_unchecked(), given)}
    return {"ssl": mode}


def _checking(given: Mapping[str, str], *, name_too: bool) -> ssl.SSLContext:
    roots = given.get("sslrootcert")
    if roots is None:
        usual = Path.home() / ".postgresql" / "root.crt"
        roots = str(usual) if usual.is_file() else SYSTEM
    context = ssl.create_default_context(cafile=None if roots == SYSTEM else roots)
    context.check_hostname = name_too
    return _with_certificate(context, given)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _with_certificate(context: ssl.SSLContext, given: Mapping[str, str]) -> ssl.SSLContext:
    if "sslcert" in given:
        context.load_cert_chain(given["sslcert"], given.get("sslkey"))
    return context

"""`openslots secrets FOLDER`: makes the secret files that a deployment lacks, and keeps the others.

The first start of docker-compose.yml runs it; the `*_FILE` variables name what it makes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from openslots.cli.folder import CommandError

MODE = 0o440  # its owner, and the group that the database server is in


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database-host", default="postgres", help="for database_url")
    parser.add_argument("--database-port", type=int, default=5432)
    parser.add_argument("--database-user", default="openslots")
    parser.add_argument("--database-name", default="openslots")


def run(given: argparse.Namespace) -> int:
    made = fill(
        given.folder,
        host=given.database_host,
        port=given.database_port,
        user=given.database_user,
        name=given.database_name,
    )
    print(f"made {', '.join(made)}" if made else "every secret is there already")
    return 0


def fill(folder: Path, *, host: str, port: int, user: str, name: str) -> list[str]:
    """Writes what is missing and returns its names. Raises CommandError when it cannot."""
    url = folder / "database_url"
    known = {"database_password": _password(url) if url.exists() else None}
    random = ("database_password", "nextauth_secret", "calendso_encryption_key")
    made = [
        file for file in random if _write(folder / file, known.get(file) or secrets.token_hex(16))
    ]
    password = quote(_read(folder / "database_password"), safe="")
    if _write(url, f"postgresql://{user}:{password}@{host}:{port}/{name}"):
        made.append("database_url")
    return made


def _password(url: Path) -> str | None:
    """The one that a database already knows, where only its own file was lost."""
    return unquote(urlsplit(_read(url)).password or "") or None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise _refused(path, error) from None


def _write(path: Path, text: str) -> bool:
    """False where the file is there already. A file that appears is whole, whatever happens to the
    machine then."""
    if path.exists():
        return False
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.chmod(MODE)
        path.hardlink_to(fresh)  # fails where somebody else was faster
    except FileExistsError:
        return False
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    return True


def _refused(path: Path, error: OSError) -> CommandError:
    hint = f"; the folder must belong to user {os.getuid()}" if hasattr(os, "getuid") else ""
    reason = (error.strerror or str(error)).lower()
    return CommandError(f"{path} cannot be made or read: {reason}{hint}")

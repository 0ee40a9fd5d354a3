"""Where a command finds its database and secrets: variables, `.env`, or a running `dev`.

The command line is the one place besides `kernel.settings` that touches the environment: it
completes it for `Settings` and for the processes it starts.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from openslots.cli.folder import CommandError, DataFolder
from openslots.kernel import secretfiles

if TYPE_CHECKING:
    from openslots.kernel.settings import Settings

DEFAULT_FOLDER = ".openslots"
SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"  # looked at by the metrics library when it is imported


def load_dotenv() -> None:
    """Completes the environment from `.env` of the working folder; what is set already wins."""
    if Path(".env").is_file():
        import dotenv

        dotenv.load_dotenv(".env", override=False)


def get(name: str) -> str:
    """The variable's value, or of the file that NAME_FILE names; empty where not set."""
    return secretfiles.read(os.environ, name)


def direct_url() -> str:
    """The database past any pooler: for migrations and backups, which hold a lock of their session.

    Raises CommandError where DATABASE_URL leads to PgBouncer, which would lend that session to
    others, lock and all, and nothing tells of a way past it.
    """
    from pydantic import ValidationError

    from openslots.kernel.settings import Database

    if direct := get("DATABASE_DIRECT_URL"):
        return direct
    with contextlib.suppress(ValidationError):  # what else is wrong is told by those who need it
        if Database().behind_pgbouncer():
            raise CommandError(
                "DATABASE_URL leads to PgBouncer, and this needs a session of its own: "
                "DATABASE_DIRECT_URL has to name Postgres itself"
            )
    return get("DATABASE_URL")


def beside_dev(given: str | None = None) -> bool:
    """Whether `openslots dev` runs on the data folder."""
    return alive(folder(given).state().get("pid"))


def folder(given: str | None = None) -> DataFolder:
    """The data folder of `--data-dir`, else of OPENSLOTS_DATA_DIR, else `.openslots`."""
    return DataFolder(Path(given or get("OPENSLOTS_DATA_DIR") or DEFAULT_FOLDER))


def child(**values: str) -> dict[str, str]:
    """The environment of a process to start: ours, completed and overridden by `values`."""
    return {**os.environ, **values}


def adopt(given: str | None = None) -> DataFolder:
    """Completes the environment from the running `openslots dev` of the data folder.

    DATABASE_URL, where set, wins: then only secrets that the folder holds are added. Raises
    CommandError where neither tells of a database.
    """
    found = folder(given)
    os.environ["OPENSLOTS_DATA_DIR"] = str(found.path)
    if not get("DATABASE_URL"):
        state = found.state()
        if not alive(state.get("pid")) or not state.get("database_url"):
            raise CommandError(
                f"no server runs on the data folder {found.path}: "
                "start `openslots dev`, or set DATABASE_URL"
                + "".join(f" ({line})" for line in _unreadable("DATABASE_URL"))
            )
        os.environ["DATABASE_URL"] = state["database_url"]
        if not get("REDIS_URL") and state.get("redis_url"):
            os.environ["REDIS_URL"] = state["redis_url"]
    if (found.path / "secrets.json").exists():
        with contextlib.suppress(CommandError):
            complete(found.secrets())
    return found


def complete(values: Mapping[str, str]) -> None:
    """Sets the variables that are not set yet."""
    for name, value in values.items():
        if not get(name):
            os.environ[name] = value


def _unreadable(name: str) -> list[str]:
    return secretfiles.unreadable(os.environ, [name])


@contextlib.contextmanager
def shared_metrics(base: Path | None) -> Iterator[None]:
    """Lets the processes that are started within the block add up what they count, in a folder
    below `base`; where none can be made each counts for itself, and one line says so."""
    from openslots.kernel import shared_metrics as shared

    with contextlib.ExitStack() as stack:
        try:
            os.environ[SHARED_METRICS] = str(stack.enter_context(shared.folder(base)))
        except OSError as error:
            os.environ.pop(SHARED_METRICS, None)
            print(
                f"openslots: no folder for shared metrics ({error}): /metrics shows one process",
                file=sys.stderr,
            )
        yield


def single_metrics() -> None:
    """For a process that nobody shares its port with: it counts in its own memory."""
    os.environ.pop(SHARED_METRICS, None)


def alive(pid: object) -> bool:
    """Whether a process of this number exists, whoever owns it."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def settings() -> Settings:
    """The settings of a process that serves. Raises CommandError with what is missing or wrong."""
    from openslots.kernel.settings import ConfigurationError, Settings

    try:
        return Settings.required()
    except ConfigurationError as error:
        raise CommandError(str(error)) from None

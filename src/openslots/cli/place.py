"""The database that a command works on past the servers: given, of a running `dev`, or bundled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from openslots.cli import environment
from openslots.cli.folder import CommandError


@contextlib.contextmanager
def database(
    data_dir: str | None, say: Callable[[str], None], *, create: bool = False
) -> Iterator[str]:
    """The URL of DATABASE_URL or of the running `openslots dev`; else the data folder's own cluster
    is started for the while, and with `create` made where there is none.

    Raises CommandError where there is no database.
    """
    folder = environment.folder(data_dir)
    cluster = folder.path / "postgres" / "data"
    bundled = not environment.get("DATABASE_URL") and not environment.beside_dev(data_dir)
    if not bundled or not (create or cluster.exists()):
        environment.adopt(data_dir)
        yield environment.direct_url()
        return
    from openslots import embedded

    folder.take()
    environment.complete(folder.secrets())
    say(f"no server runs on {folder.path}: its own PostgreSQL is started for this")
    postgres = embedded.Postgres(folder.path / "postgres", folder.logs / "postgres.log")
    try:
        postgres.start()
        postgres.wait()
        yield postgres.url
    except embedded.ServerError as error:
        raise CommandError(str(error)) from None
    finally:
        postgres.stop()

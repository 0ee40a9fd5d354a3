"""One running server for the whole folder: starting one is what takes the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.server import Receiver, Server, receiver

# A job whose worker was killed is taken over once its lease ends: a short one keeps tests short.
VARIABLES = {"OPENSLOTS_JOB_LEASE": "4", "OPENSLOTS_WEBHOOK_TIMEOUT": "3"}


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this folder of tests; a test that stops it starts it again."""
    made = Server(tmp_path_factory.mktemp("processes") / "data", variables=VARIABLES)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def server(running: Server) -> Server:
    """The running server, up again if the test before left it down."""
    if running.process is None:
        running.start()
    return running


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made

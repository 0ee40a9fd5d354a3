"""Numbers of API processes that share a port: each writes files that all of them read.

The folder lasts as long as the supervisor of the processes. What a process that ended has counted
is added to one file for all that ended, so that counters never fall and files never pile up.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

MEMORY = Path("/dev/shm")  # noqa: S108  (a name of its own is made in it)
PREFIX = "openslots-metrics-"
OWNER, MERGING = "owner", "merging"  # lock files
ENDED = "0"  # in place of a process number: the sums of those that ended


@contextmanager
def folder(base: Path | None = None) -> Iterator[Path]:
    """A folder for the processes that are started within the block, below `base`, or in memory
    where the system has that. Removes those that a killed supervisor left. Raises OSError."""
    parent = base or (MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir()))
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with (made / OWNER).open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """A folder without an owner's file was made a moment ago and is left alone."""
    for owner in parent.glob(f"{PREFIX}*/{OWNER}"):
        with suppress(OSError):
            if owner.parent.stat().st_uid != os.getuid() or not owner.is_file():
                continue  # in memory anybody may put a pipe there, for us to wait at
            with owner.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # or it is in use
                shutil.rmtree(owner.parent)


@contextmanager
def settled(shared: Path) -> Iterator[Collector]:
    """The sums over all processes, those that ended included; within the block nobody merges."""
    from prometheus_client.multiprocess import MultiProcessCollector

    with (shared / MERGING).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for path in sorted(shared.glob("*.db")):
            kind, _, number = path.stem.rpartition("_")
            if number != ENDED and not _lives(number):
                if not kind.startswith("gauge"):
                    _add(path, shared / f"{kind}_{ENDED}.db")
                path.unlink()
        yield MultiProcessCollector(None, str(shared))  # type: ignore[no-untyped-call]


def _lives(number: str) -> bool:
    import psutil

    return not number.isdigit() or psutil.pid_exists(int(number))


def _add(path: Path, total: Path) -> None:
    from prometheus_client.mmap_dict import MmapedDict

    sums = MmapedDict(str(total))  # type: ignore[no-untyped-call]
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            before, _ = sums.read_value(key)  # type: ignore[no-untyped-call]
            sums.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        sums.close()  # type: ignore[no-untyped-call]

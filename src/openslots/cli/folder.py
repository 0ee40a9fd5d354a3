"""The data folder of `openslots dev`: its lock, its secrets and what it tells other commands."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import Any, TextIO

SECRET_NAMES = ("NEXTAUTH_SECRET", "CALENDSO_ENCRYPTION_KEY")


class CommandError(Exception):
    """A command cannot go on; the message is one line for the person at the shell."""


class DataFolder:
    """`lock`, `secrets.json`, `state.json`, `demo.json`, `log/`, `mail/` and the servers' data."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: TextIO | None = None

    @property
    def logs(self) -> Path:
        return self.path / "log"

    def take(self) -> None:
        """Makes the folder and locks it for this process until it ends, however it ends."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("log", "mail"):
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise CommandError(
                f"the data folder {self.path} cannot be used: {error.strerror}"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise CommandError(
                f"the data folder {self.path} is in use by process {holder}: "
                "stop that server first, or choose another --data-dir"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def secrets(self) -> dict[str, str]:
        """The secrets by the names of their variables; made at the first start, then kept."""
        found = self._read("secrets.json")
        if found is None:
            found = {name: secrets.token_hex(16) for name in SECRET_NAMES}
            self._write("secrets.json", found)
        if not all(isinstance(found.get(name), str) and found[name] for name in SECRET_NAMES):
            raise CommandError(
                f"{self.path / 'secrets.json'} is damaged: restore it, or remove it to get new "
                "secrets (what was encrypted with the old ones is then lost)"
            )
        return {name: found[name] for name in SECRET_NAMES}

    def state(self) -> dict[str, Any]:  # Any: values of a JSON file
        """What the running `openslots dev` wrote down; empty where none has."""
        with contextlib.suppress(CommandError):
            return self._read("state.json") or {}
        return {}

    def write_state(self, state: dict[str, Any]) -> None:
        self._write("state.json", state)

    def clear_state(self) -> None:
        with contextlib.suppress(OSError):
            (self.path / "state.json").unlink()

    def demo(self) -> dict[str, Any]:
        """The demo user's key and ids as the seed wrote them; empty before the first seed."""
        with contextlib.suppress(CommandError):
            return self._read("demo.json") or {}
        return {}

    def write_demo(self, demo: dict[str, Any]) -> None:
        self._write("demo.json", demo)

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.path / name
        try:
            found = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CommandError(f"{path} is damaged: it does not hold a JSON object")
        return found

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """Replaces the file in one step; only its owner may read it."""
        path, fresh = self.path / name, self.path / f"{name}.new"
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump(content, out, indent=2)
                out.write("\n")
            fresh.replace(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from None

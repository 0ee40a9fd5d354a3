"""Everything that runs during the test, each part of which can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from openslots import embedded
from tests.cluster import migrate

APIS, WORKERS = 2, 2
START_SECONDS = 60.0
# what would point a server elsewhere, or make each start compile every module anew
LEFT_OUT = (
    *("DATABASE_URL", "REDIS_URL", "OPENSLOTS_", "NEXT_PUBLIC_", "EMAIL_"),
    "PYTHONDONTWRITEBYTECODE",
)
VARIABLES = {
    "NEXTAUTH_SECRET": "a secret of the chaos test",
    "CALENDSO_ENCRYPTION_KEY": "a secret of the chaos test",
    "OPENSLOTS_CHEAP_PASSWORDS": "true",
    # a killed worker's jobs and a receiver that hangs should not fill the time of the test
    "OPENSLOTS_JOB_LEASE": "4",
    "OPENSLOTS_WEBHOOK_TIMEOUT": "3",
    "RATE_LIMIT_DEFAULT_LIMIT": "1000000",
    "RATE_LIMIT_DEFAULT_LIMIT_API_KEY": "1000000",
}


class Part(Protocol):
    """Something that can be killed; `start` must be called from the main thread."""

    name: str

    def start(self) -> None: ...
    def kill(self, sign: signal.Signals) -> None: ...
    def ready(self) -> bool: ...


@dataclass
class Command:
    """One `openslots` command as a process; ready once it answers, or has said that it works."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    port: int | None = None
    _process: subprocess.Popen[bytes] | None = None
    _from: int = 0

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._from = out.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "openslots", *self.arguments],
                env=self.environment,
                cwd=self.log.parent,  # not where a developer's own .env may lie
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=embedded.dies_with_parent(signal.SIGKILL),
            )

    def kill(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(30)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ready(self) -> bool:
        if not self.running:
            return False
        if self.port is None:
            with self.log.open("rb") as log:
                log.seek(self._from)
                return b'"worker.started"' in log.read(10_000)
        with contextlib.suppress(httpx.HTTPError):
            url = f"http://127.0.0.1:{self.port}/health"
            return httpx.get(url, timeout=0.5, trust_env=False).status_code == 200
        return False


@dataclass
class Bundled:
    """Postgres or Redis; both keep their port and, Postgres alone, their data."""

    name: str
    server: embedded.Postgres | embedded.Redis

    def start(self) -> None:
        self.server.start()
        self.server.wait()

    def kill(self, sign: signal.Signals) -> None:
        if (pid := self.server.pid) is None:
            return
        os.kill(pid, sign)
        end = time.monotonic() + 10
        while self.server.running:
            if time.monotonic() > end:
                self.server.stop(0)
            time.sleep(0.01)

    def ready(self) -> bool:
        return self.server.running


@dataclass
class Servers:
    """The parts by what they are, and the addresses of what they serve."""

    folder: Path
    postgres: Bundled
    redis: Bundled | None
    apis: list[Command] = field(default_factory=list)
    workers: list[Command] = field(default_factory=list)
    keep: bool = False  # the folder, for its logs
    mail_port: int = field(default_factory=embedded.free_port)

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def database_url(self) -> str:
        assert isinstance(self.postgres.server, embedded.Postgres)
        return self.postgres.server.url

    @property
    def bases(self) -> list[str]:
        return [f"http://127.0.0.1:{api.port}" for api in self.apis]

    @property
    def parts(self) -> list[Part]:
        bundled = [self.postgres] if self.redis is None else [self.postgres, self.redis]
        return [*bundled, *self.apis, *self.workers]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
        redis = self.redis.server.url if self.redis is not None else ""
        assert isinstance(redis, str)
        return {
            **kept,
            **VARIABLES,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis,
            "OPENSLOTS_DATA_DIR": str(self.data_dir),
            "EMAIL_SERVER_HOST": "127.0.0.1",
            "EMAIL_SERVER_PORT": str(self.mail_port),
        }

    def start(self) -> None:
        """Starts all and waits until all are ready. Raises RuntimeError with what is not."""
        if self.redis is not None:
            self.redis.start()
        self.postgres.start()
        migrate(self.database_url)
        environment = self.environment()
        for number in range(1, APIS + 1):
            port = embedded.free_port()
            words = ("serve", f"--port={port}")
            log = self.folder / f"api-{number}.log"
            self.apis.append(Command(f"api {number}", words, environment, log, port))
        for number in range(1, WORKERS + 1):
            log = self.folder / f"worker-{number}.log"
            self.workers.append(Command(f"worker {number}", ("worker",), environment, log))
        for part in (*self.apis, *self.workers):
            part.start()
        self.wait()

    def wait(self, seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        for part in self.parts:
            while not part.ready():
                if isinstance(part, Command) and not part.running:
                    raise RuntimeError(f"{part.name} ended: {embedded.last_line(part.log)}")
                if time.monotonic() > end:
                    raise RuntimeError(f"{part.name} did not start within {seconds:.0f} s")
                time.sleep(0.05)

    def stop(self) -> None:
        for part in (*self.apis, *self.workers):
            part.kill(signal.SIGKILL)
        self.postgres.server.stop()
        if self.redis is not None:
            self.redis.server.stop()


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """All servers on spare loopback ports, over a folder that is removed at the end, unless it is
    to be kept or something went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="openslots-chaos-"))
    redis = None
    if embedded.redis_binary() is not None:
        redis = Bundled("redis", embedded.Redis(folder / "redis", folder / "redis.log"))
    # not a throwaway one: what was acknowledged has to survive a shutdown at any moment
    postgres = embedded.Postgres(folder / "postgres", folder / "postgres.log")
    made = Servers(folder, Bundled("postgres", postgres), redis)
    try:
        made.start()
        yield made
    except BaseException:
        made.keep = True
        raise
    finally:
        made.stop()
        if made.keep:
            print(f"logs: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)

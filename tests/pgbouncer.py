"""PgBouncer in transaction mode in front of a test cluster."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from openslots.embedded import (
    HOST,
    dies_with_parent,
    free_port,
    last_line,
    open_log,
    stop_process,
    unprivileged,
)

SESSIONS = 6  # of Postgres per database: fewer than a pool has, so that callers change sessions
CONFIG = """
[databases]
* = host={host} port={postgres_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 1000
max_db_connections = {sessions}
server_check_delay = 0
log_connections = 0
log_disconnections = 0
"""


class PgBouncer:
    """One process; `url_of` leads a URL of the cluster through it."""

    def __init__(self, binary: str, folder: Path, *, sessions: int = SESSIONS) -> None:
        self._binary, self.folder, self._sessions = binary, folder, sessions
        self.log = folder / "pgbouncer.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, postgres_url: str) -> None:
        """Starts in front of the server of the URL, as its user."""
        parts = urlsplit(postgres_url)
        self.folder.mkdir(parents=True, exist_ok=True)
        users, config = self.folder / "users.txt", self.folder / "pgbouncer.ini"
        users.write_text(f'"{parts.username}" "{parts.password}"\n')
        self.port = free_port()
        config.write_text(
            CONFIG.format(
                host=HOST,
                postgres_port=parts.port,
                port=self.port,
                users=users,
                sessions=self._sessions,
            )
        )
        log = open_log(self.log)
        self._process = subprocess.Popen(
            [*unprivileged(), self._binary, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        end = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < end:
            try:
                with socket.create_connection((HOST, self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"PgBouncer did not start: {last_line(self.log)}")

    def stop(self) -> None:
        if self._process is not None:
            stop_process(self._process, (signal.SIGINT, signal.SIGTERM), 2)
            self._process = None


def through(url: str, port: str | int) -> str:
    """A URL of Postgres led through the PgBouncer at the port; itself without one."""
    if not port:
        return url
    parts = urlsplit(url)
    place = f"{parts.username}:{parts.password}@{HOST}:{port}"
    return urlunsplit(parts._replace(netloc=place, query="pgbouncer=true"))

"""`python -m tests.compose.daemon COMMAND ...`: runs a command beside a Docker daemon of its own.

For machines that have the package docker.io but no daemon that runs. Everything of the daemon lies
in one temporary folder and ends with the command. Needs root.
"""

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
from pathlib import Path

BRIDGE = "docker0"
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
START_SECONDS = 60
STOP_SECONDS = 60


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """The address of a daemon that keeps what it has in `folder`. Raises RuntimeError when it does
    not start, with its last words."""
    address, log = f"unix://{folder / 'docker.sock'}", folder / "log"
    words = [
        *("dockerd", "--host", address, "--storage-driver", "overlay2", "--log-level", "warn"),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "pid")),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, start_new_session=True)
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"dockerd does not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield address
    finally:
        _emptied(address)
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def network_as_it_was() -> Iterator[None]:
    """Takes back what the daemon leaves in the machine's network: a bridge, rules, forwarding."""
    tables = {name: _said("iptables-save", "-t", name) for name in ("filter", "nat")}
    had_bridge, forwarding = Path("/sys/class/net", BRIDGE).exists(), FORWARDING.read_text()
    try:
        yield
    finally:
        if not had_bridge:
            _said("ip", "link", "delete", BRIDGE)
        for rules in tables.values():
            _said("iptables-restore", given=rules)
        FORWARDING.write_text(forwarding)


def _said(*words: str, given: str = "") -> str:
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    return done.stdout


def _answers(address: str) -> bool:
    words = ["docker", "--host", address, "version"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _emptied(address: str) -> None:
    """Removes containers and networks, whose mounts and interfaces would outlive the daemon."""
    client = ["docker", "--host", address]
    found = subprocess.run(
        [*client, "ps", "--all", "--quiet"], capture_output=True, text=True, check=False
    )
    if ids := found.stdout.split():
        subprocess.run([*client, "rm", "--force", *ids], capture_output=True, check=False)
    subprocess.run([*client, "network", "prune", "--force"], capture_output=True, check=False)


def main(command: list[str]) -> int:
    if not command:
        print("usage: python -m tests.compose.daemon COMMAND ...", file=sys.stderr)
        return 2
    if shutil.which("dockerd") is None:
        print("dockerd is missing: apt-get install docker.io docker-compose", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="openslots-docker-") as folder:
        try:
            with network_as_it_was(), daemon(Path(folder)) as address:
                return subprocess.call(command, env={**os.environ, "DOCKER_HOST": address})
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`openslots health`: whether the API or worker of this machine does its work, for health checks.

A container's check runs every few seconds, so this imports next to nothing.
"""

from __future__ import annotations

import argparse
import http.client
from pathlib import Path
from urllib.parse import urlsplit

from openslots.cli.folder import CommandError
from openslots.kernel import clock

API = "http://127.0.0.1:3000/ready"
SHOWN = 500  # bytes of an answer


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default=API, help=f"what must answer 200 (default {API})")
    parser.add_argument("--alive", type=Path, help="ask a worker instead: its file of this name")
    parser.add_argument("--within", type=float, default=30, help="seconds the file may be old")
    parser.add_argument("--timeout", type=float, default=5, help="seconds for the answer")


def run(given: argparse.Namespace) -> int:
    print(worker(given.alive, given.within) if given.alive else api(given.url, given.timeout))
    return 0


def api(url: str, timeout: float) -> str:
    """The body of the answer. Raises CommandError unless its status is 200."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme != "http":
        raise CommandError(f"--url must begin with http:// and name a host: {url}")
    link = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        link.request("GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/")
        answer = link.getresponse()
        body = answer.read(SHOWN).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise CommandError(f"{url} does not answer: {error or type(error).__name__}") from None
    finally:
        link.close()
    if answer.status != 200:
        raise CommandError(f"{url} answered {answer.status}: {body}")
    return body


def worker(file: Path, within: float) -> str:
    """Says how long ago the worker looked for jobs. Raises CommandError when that is too long."""
    try:
        touched = file.stat().st_mtime
    except OSError as error:
        raise CommandError(f"no worker has written {file}: {error.strerror}") from None
    age = max(0.0, clock.now().timestamp() - touched)
    if age > within:
        raise CommandError(f"the worker last asked the database for jobs {age:.0f} seconds ago")
    return f"the worker asked the database for jobs {age:.0f} seconds ago"

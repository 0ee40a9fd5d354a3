"""The process of `openslots dev` that answers admin commands at once, everything loaded.

A command by itself spends most of its second on imports. Beside a running `dev` it sends its
words to this process instead: one JSON line each way, over a loopback port, behind a token that
only the owner of the data folder can read.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import json
import socket
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from openslots.cli import environment
from openslots.cli.folder import CommandError

if TYPE_CHECKING:
    from openslots.kernel.uow import Units

TOKEN = "OPENSLOTS_ADMIN_TOKEN"  # noqa: S105 - the name of the variable
CONNECT_SECONDS, ANSWER_SECONDS = 1, 60
LONGEST_LINE, LONGEST_ANSWER = 1_000_000, 50_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fd", type=int, required=True, help="a listening socket")


def run(given: argparse.Namespace) -> int:
    asyncio.run(_serve(socket.socket(fileno=given.fd)))
    return 0


def ask(state: dict[str, Any], words: Sequence[str]) -> dict[str, Any] | None:
    """The answer of the running process; None where there is none to ask.

    Raises CommandError with what the process refused, or when it ends before it has answered:
    asking again could then do the thing twice.
    """
    port, token = state.get("admin_port"), state.get("admin_token")
    if not port or not token:
        return None
    try:
        link = socket.create_connection(("127.0.0.1", port), CONNECT_SECONDS)
    except OSError:
        return None
    try:
        with link, link.makefile("rb") as lines:
            link.settimeout(ANSWER_SECONDS)
            link.sendall(json.dumps({"token": token, "words": list(words)}).encode() + b"\n")
            answer: dict[str, Any] = json.loads(lines.readline(LONGEST_ANSWER))
    except (OSError, ValueError):
        raise CommandError("the running server ended before it had answered") from None
    if "error" in answer:
        raise CommandError(str(answer["error"]))
    done: dict[str, Any] = answer["done"]
    return done


async def _serve(listener: socket.socket) -> None:
    from openslots.cli import admin

    settings = environment.settings()
    token = environment.get(TOKEN)
    for action in admin.ACTIONS:
        import_module(action.needs)
    async with admin.opened(settings) as units:
        server = await asyncio.start_server(
            lambda reader, writer: _answer(units, token, reader, writer),
            sock=listener,
            limit=LONGEST_LINE,
        )
        async with server:
            await server.serve_forever()


async def _answer(
    units: Units, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(OSError, ValueError):
        request = json.loads(await reader.readline())
        if token and hmac.compare_digest(str(request.get("token")).encode(), token.encode()):
            answer = await _perform(units, [str(word) for word in request["words"]])
        else:
            answer = {"error": "wrong token"}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _perform(units: Units, words: list[str]) -> dict[str, Any]:
    from openslots.cli import admin

    try:
        given = admin.parse(words)
        return {"done": await admin.perform(units, given.action.work, given)}
    except CommandError as error:
        return {"error": str(error)}
    except SystemExit:
        return {"error": "the running server does not know this command: restart it"}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"the command failed: {type(error).__name__} (see log/admin.log)"}

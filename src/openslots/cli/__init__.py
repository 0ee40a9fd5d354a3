"""The command `openslots`: reads the arguments and hands over to the module of the command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from openslots.cli.folder import CommandError

COMMANDS = {
    "dev": "start everything on this machine: Postgres, Redis, API and worker",
    "serve": "run the API",
    "worker": "run the worker",
    "health": "ask the API or the worker whether it does its work",
    "migrate": "bring the database to the newest revision",
    "backup": "write everything in the database to a file",
    "restore": "put a backup in the place of what a database holds",
    "secrets": "make the secret files that a deployment lacks",
    "seed": "make the demo user",
    "openapi": "print the OpenAPI document",
    "admin": "make users and API keys, look after jobs",
}
INTERNAL = {"resident": ""}  # what `dev` starts for itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; what goes wrong is one line on stderr and status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="openslots", description="A scheduling server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in given if word in COMMANDS | INTERNAL), None)
    for name, text in (COMMANDS | INTERNAL).items():
        if text:
            command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        else:
            command = commands.add_parser(name)
        if name == wanted:  # the others need not be imported
            module = import_module(f"openslots.cli.{name}")
            module.arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(given)
    parsed.words = given[given.index(parsed.command) + 1 :]
    from openslots.cli.environment import load_dotenv

    load_dotenv()
    try:
        status: int = parsed.run(parsed)
    except CommandError as error:
        print(f"openslots: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status

"""`openslots worker`: does the jobs; beside a running `openslots dev` it finds its database."""

from __future__ import annotations

import argparse
from pathlib import Path

from openslots.cli import environment, migrate


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="data folder of a running `openslots dev`")
    parser.add_argument("--drain", type=float, help="seconds after SIGTERM")
    parser.add_argument("--alive", type=Path, help="a file to touch, for `openslots health`")


def run(given: argparse.Namespace) -> int:
    if not environment.get("DATABASE_URL") and environment.beside_dev(given.data_dir):
        environment.adopt(given.data_dir)
    environment.single_metrics()
    settings = environment.settings()
    migrate.refuse_older(settings.db.url.get_secret_value())

    from openslots import worker

    drain = worker.DRAIN_SECONDS if given.drain is None else given.drain
    worker.run(settings, drain=drain, alive=given.alive)
    return 0

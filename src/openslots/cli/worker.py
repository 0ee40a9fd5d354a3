"""`openslots worker`: does the jobs; beside a running `openslots dev` it finds its database."""

from __future__ import annotations

import argparse

from openslots.cli import environment, migrate


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="data folder of a running `openslots dev`")
    parser.add_argument("--drain", type=float, help="seconds after SIGTERM")


def run(given: argparse.Namespace) -> int:
    if not environment.get("DATABASE_URL"):
        environment.adopt(given.data_dir)
    environment.single_metrics()
    settings = environment.settings()
    migrate.refuse_older(settings.db.url.get_secret_value())

    from openslots import worker

    worker.run(settings, drain=worker.DRAIN_SECONDS if given.drain is None else given.drain)
    return 0

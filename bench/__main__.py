"""Runs the benchmarks: all of them, or those named on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bench import bookings, deliveries, engine, growth, metrics, process, scale, slots
from bench.harness import cluster
from tests.cluster import Cluster

ON_SERVERS: dict[str, Callable[[Cluster], None]] = {
    "process": process.main,
    "slots": slots.main,
    "bookings": bookings.main,
    "deliveries": deliveries.main,
}
LONG: dict[str, Callable[..., None]] = {"growth": growth.main, "scale": scale.main}  # by name only


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=["engine", "metrics", *ON_SERVERS, *LONG, []])
    growth.arguments(parser)
    given = vars(parser.parse_args())
    names = given.pop("name") or ["engine", "metrics", *ON_SERVERS]
    if "engine" in names:
        engine.main()
        print()
    if "metrics" in names:
        metrics.main()
        print()
    chosen = [name for name in names if name in (*ON_SERVERS, *LONG)]
    if not chosen:
        return
    with cluster() as servers:
        for name in chosen:
            if name in LONG:
                LONG[name](servers, **(given if name == "growth" else {}))
            else:
                ON_SERVERS[name](servers)
            print()


if __name__ == "__main__":
    main()

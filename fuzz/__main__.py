"""`make fuzz`: starts a server, sends generated and hostile requests, and says what came back."""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from fuzz.cases import Driver, OutOfTime
from fuzz.plan import contracts, documents, share
from fuzz.raw import Raw
from fuzz.server import Server, ServerGone, running
from fuzz.tally import Tally
from fuzz.world import World

CASES, RAW, MINUTES = 10_000, 2_000, 60
REFRESH = 200  # cases after which what was removed is made anew


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help=f"generated cases ({CASES})")
    parser.add_argument("--raw", type=int, default=RAW, help=f"hostile raw requests ({RAW})")
    parser.add_argument("--seed", type=int, help="repeat the run that printed it")
    parser.add_argument("--only", default="", help="operations whose label holds this text")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"at most so long ({MINUTES})"
    )
    return parser.parse_args()


class Progress:
    """One line that is written over on a terminal, else a line a minute."""

    def __init__(self, minutes: float) -> None:
        self._started = self._said = time.monotonic()
        self._end = self._started + minutes * 60
        self._live = sys.stderr.isatty()
        self._every = 0.5 if self._live else 30.0

    def tick(self, done: int, total: int, what: str, tally: Tally) -> None:
        """Raises OutOfTime once the minutes are over."""
        now = time.monotonic()
        if now > self._end:
            raise OutOfTime
        if now - self._said >= self._every:
            self._said = now
            rate = done / max(0.001, now - self._started)
            text = (
                f"{done:,} of {total:,} {what}, {rate:.0f}/s, {tally.server_errors} answers of 5xx"
            )
            print(
                f"\r{text}  " if self._live else text,
                end="" if self._live else "\n",
                file=sys.stderr,
            )


def fuzz(server: Server, given: argparse.Namespace, start: int) -> list[Tally]:
    """Sends everything; the tallies of the generated and of the raw requests."""
    progress, world = Progress(given.minutes), World.of(server)
    chosen = contracts(documents(server.base), given.only)
    share(chosen, given.cases)
    cases, raw = Tally(), Tally()
    print(f"exists: {world.known}")
    print(f"{len(chosen)} contracts of {len({(c.method, c.path) for c in chosen})} operations")

    def tick(done: int) -> None:
        progress.tick(done, given.cases, "cases", cases)
        if done and done % REFRESH == 0:
            world.refresh()

    def tick_raw(done: int) -> None:
        progress.tick(done, given.raw, "raw requests", raw)
        if done and done % REFRESH == 0:
            world.refresh()

    driver = Driver(world, cases, start, tick)
    try:
        for contract in chosen:
            driver.run(contract)
        world.refresh()
        Raw(world, chosen, raw, start).run(given.raw, tick_raw)
    except OutOfTime:
        cases.failed(f"the {given.minutes:g} minutes were over before the end")
    server.check()
    return [cases, raw]


def main() -> int:
    given = arguments()
    start = given.seed if given.seed is not None else secrets.randbelow(10**9)
    print(f"seed {start} (again: make fuzz ARGS='--seed {start}')")
    began = time.monotonic()
    try:
        with running() as server:
            cases, raw = fuzz(server, given, start)
    except ServerGone as gone:
        print(f"FAILED: {gone}")
        return 1
    print()
    for name, tally in (("generated cases", cases), ("raw requests", raw)):
        print(f"{tally.cases:,} {name}")
        print("\n".join(f"  {line}" for line in tally.lines()))
    errors = cases.server_errors + raw.server_errors
    took = time.monotonic() - began
    print(f"\n{cases.cases:,} cases and {raw.cases:,} raw requests, {errors} 5xx, {took:.0f} s")
    return 1 if errors or cases.failures or raw.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make chaos`: runs the test and ends with status 1 if an invariant is broken."""

from __future__ import annotations

import argparse
import secrets
import sys

from chaos.run import Run
from chaos.servers import running

MOST_MINUTES = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, help="of what is random here; printed at the end")
    parser.add_argument("--keep", action="store_true", help="keep the logs in any case")
    given = parser.parse_args()
    if not 0 < given.minutes <= MOST_MINUTES:
        parser.error(f"--minutes must be more than 0 and at most {MOST_MINUTES:.0f}")
    seed = secrets.randbelow(10**9) if given.seed is None else given.seed
    with running() as servers:
        holds = Run(servers, given.minutes, seed).judge()
        servers.keep = given.keep or not holds
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())

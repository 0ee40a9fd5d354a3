"""`openslots admin jobs`: looking at the queue, running jobs again, deleting old ones."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from openslots.cli.action import Action, Answer
from openslots.cli.folder import CommandError

if TYPE_CHECKING:
    from openslots.kernel.uow import UnitOfWork

STATES = ("due", "waiting", "running", "failed", "done")
SHOWN, MOST_SHOWN, MOST_RETRIED = 50, 1000, 1000
MOST_DAYS = 36_500
NEEDS = "openslots.jobs.upkeep"
COLUMNS = ("id", "kind", "key", "state", "attempts", "runAt", "lastError")
TITLES = ("ID", "KIND", "KEY", "STATE", "ATTEMPTS", "RUNS AT", "LAST ERROR")
CELL = 40


def _within(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")
        return value

    return number


# -- list


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", help="only jobs of this kind, as webhooks.deliver")
    parser.add_argument("--state", choices=STATES, help="only jobs in this state")
    parser.add_argument(
        "--limit",
        type=_within(1, MOST_SHOWN),
        default=SHOWN,
        help=f"at most so many, up to {MOST_SHOWN} ({SHOWN} by default)",
    )


async def _list(uow: UnitOfWork, given: argparse.Namespace) -> Answer:
    from openslots.jobs import upkeep

    found = await upkeep.find(uow, state=given.state, kind=given.kind, limit=given.limit)
    return {
        "jobs": [upkeep.shown(job, uow.now) for job in found],
        "counts": await upkeep.counts(uow, kind=given.kind),
    }


def _table(answer: Answer) -> str:
    """A row a job, and how many there are in each state."""
    rows = [[_cell(job[column]) for column in COLUMNS] for job in answer["jobs"]]
    lines = _aligned([list(TITLES), *rows]) if rows else ["no such job"]
    total = ", ".join(f"{count} {state}" for state, count in answer["counts"].items())
    return "\n".join([*lines, "", total])


def _cell(value: object) -> str:
    """One line of printable text: errors come from the outside."""
    text = "" if value is None else " ".join(str(value).split())
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    screen = shutil.get_terminal_size((200, 24)).columns if sys.stdout.isatty() else 200
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))[
            :screen
        ].rstrip()
        for row in rows
    ]


# -- retry


def _retry_arguments(parser: argparse.ArgumentParser) -> None:
    ids = _within(1, 2**63 - 1)
    parser.add_argument("ids", nargs="*", type=ids, metavar="ID", help="jobs, as listed")
    parser.add_argument("--failed", action="store_true", help="every job that gave up")
    parser.add_argument("--kind", help="with --failed: only jobs of this kind")


async def _retry(uow: UnitOfWork, given: argparse.Namespace) -> Answer:
    from openslots.jobs import upkeep

    if bool(given.ids) == given.failed:
        raise CommandError("name the ids of jobs, or every job that gave up with --failed")
    if given.kind is not None and not given.failed:
        raise CommandError("--kind goes with --failed")
    if not given.failed:
        await _check_ids(uow, given.ids)
    return {"retried": await upkeep.retry(uow, *given.ids, kind=given.kind)}


async def _check_ids(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Raises CommandError unless each of these jobs exists and nobody works on it."""
    from openslots.jobs import upkeep

    if len(ids) > MOST_RETRIED:
        raise CommandError(f"at most {MOST_RETRIED} ids at once")
    states = await upkeep.states_of(uow, ids)
    for wanted in ids:
        if wanted not in states:
            raise CommandError(f"there is no job {wanted}")
        if states[wanted] == "running":
            raise CommandError(f"a worker runs the job {wanted} just now")


# -- purge


def _purge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--older-than",
        type=_within(0, MOST_DAYS),
        metavar="DAYS",
        help="ended so many days ago (OPENSLOTS_KEEP_DONE_JOBS_DAYS by default)",
    )


async def _purge(uow: UnitOfWork, given: argparse.Namespace) -> Answer:
    """Deletes one chunk; `left` says whether the next one will find something."""
    from openslots.jobs import upkeep

    age = uow.settings.jobs.keep_done
    if given.older_than is not None:
        age = timedelta(days=given.older_than)
    gone = await upkeep.purge(uow, older_than=age)
    return {"purged": gone, "left": await upkeep.purgeable(uow, older_than=age)}


def _chunks(ask: Callable[[], Answer]) -> Answer:
    """Chunk after chunk until nothing is left that can be deleted."""
    from tqdm import tqdm

    answer = ask()
    purged = answer["purged"]
    silent = not answer["left"] or not sys.stderr.isatty()
    with tqdm(initial=purged, desc="jobs", unit="", disable=silent) as bar:
        while answer["left"] and answer["purged"]:
            answer = ask()
            purged += answer["purged"]
            bar.update(answer["purged"])
    return {"purged": purged}


ACTIONS = (
    Action(
        "jobs",
        "list",
        "Show jobs: unfinished ones by due time, then ended ones, the last first.",
        _list_arguments,
        _list,
        NEEDS,
        show=_table,
    ),
    Action(
        "jobs",
        "retry",
        "Make jobs due at once, also those that ended or gave up.",
        _retry_arguments,
        _retry,
        NEEDS,
    ),
    Action(
        "jobs",
        "purge",
        "Delete jobs that ended long ago.",
        _purge_arguments,
        _purge,
        NEEDS,
        drive=_chunks,
    ),
)

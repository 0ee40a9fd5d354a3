"""What `openslots admin NOUN VERB` is: its arguments, its work and how its answer is shown."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openslots.kernel.uow import UnitOfWork

Answer = dict[str, Any]  # one JSON object, whose values are of any type
Work = Callable[["UnitOfWork", argparse.Namespace], Awaitable[Answer]]


def do_once(ask: Callable[[], Answer]) -> Answer:
    return ask()


def never(_: Answer) -> bool:
    return False


def as_lines(answer: Answer) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.items())


@dataclass(frozen=True)
class Action:
    """`openslots admin NOUN VERB`, and what it does in one transaction.

    `drive` may ask for that transaction several times, and answers for all of them; `show` makes
    the answer readable for a person. What needs more than one transaction is done by `alone`, never
    in the resident process. An answer that `failed` finds wanting ends the command with status 1.
    """

    noun: str
    verb: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    work: Work
    needs: str  # the module that `work` uses, so that the resident process loads it beforehand
    drive: Callable[[Callable[[], Answer]], Answer] = do_once
    show: Callable[[Answer], str] = as_lines
    alone: Callable[[argparse.Namespace], Answer] | None = None
    failed: Callable[[Answer], bool] = never

    def shown(self, answer: Answer, *, as_json: bool) -> str:
        return json.dumps(answer) if as_json else self.show(answer)

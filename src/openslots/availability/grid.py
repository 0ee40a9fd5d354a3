"""Open spans to start times: the exact grid rule (section 13 of the notes)."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

from openslots.availability.civil import Zone
from openslots.availability.spans import HOUR, MINUTE, Pair

_ROUND_STEPS = (60, 30, 20, 15, 10, 5)


class Grid(NamedTuple):
    """How starts are laid out; all in minutes but `earliest`, an instant no start comes before."""

    length: int
    frequency: int
    offset: int
    optimized: bool
    earliest: int

    @property
    def step(self) -> int:
        """The part of an hour that starts are rounded up to."""
        return next((step for step in _ROUND_STEPS if self.frequency % step == 0), 1)


def starts(spans: Sequence[Pair], grid: Grid, viewer: Zone) -> list[int]:
    """Ascending starts of slots that lie inside one of the spans, which `spans.maximal` orders.

    The first start of a span is rounded up on the viewer's clock; the others follow at even
    distance. Where a span overlaps an earlier one it continues that one's grid.
    """
    length, stride = grid.length * MINUTE, (grid.frequency + grid.offset) * MINUTE
    offset, step, earliest = grid.offset * MINUTE, grid.step, grid.earliest
    taken: list[int] = []
    run_first = run_last = 0  # the newest unbroken run of `taken`
    for low, high in spans:
        start = low if low > earliest else earliest
        if high - start < length:
            continue
        start = -(-start // MINUTE) * MINUTE
        past = (start + viewer.offset(start)) % HOUR // MINUTE
        if past % step:
            if grid.optimized:
                start += _spared(start, high, past, step) * MINUTE
            else:
                start += (step - past % step) * MINUTE
        start += offset
        if taken:
            start = _onto_grid(taken, start, stride)
            if run_first <= start <= run_last and (start - run_first) % stride == 0:
                start = run_last + stride
        stop = high - length + 1
        if start >= stop:
            continue
        if not taken or start > taken[-1]:
            if not taken or start != run_last + stride:
                run_first = start
            taken.extend(range(start, stop, stride))
            run_last = taken[-1]
        else:
            _insert(taken, range(start, stop, stride))
            run_first, run_last = 1, 0
    return taken


def _spared(start: int, end: int, past: int, step: int) -> int:
    """Minutes to move a start, `past` the full hour, to be rounder without losing a slot."""
    spare = (end - start) // MINUTE % step
    for rounder in (step, 15, 5):
        need = rounder - past % rounder
        if need <= spare:
            return need
    return 0


def _onto_grid(taken: list[int], start: int, stride: int) -> int:
    """A start inside the step of an earlier one moves to that one's next (it is taken itself)."""
    at = bisect_left(taken, start)
    if at and taken[at - 1] + stride > start:
        return taken[at - 1] + stride
    return start


def _insert(taken: list[int], more: range) -> None:
    for start in more:
        at = bisect_left(taken, start)
        if at == len(taken) or taken[at] != start:
            insort(taken, start)

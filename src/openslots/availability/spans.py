"""Sets of half-open spans of whole UTC seconds, and the linear sweeps over them.

A *span list* is sorted and disjoint unless a function says otherwise. The loops work on plain
pairs, because building a named tuple costs several times more; `Span` is what callers are given
and give.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Pair: TypeAlias = tuple[int, int]

MINUTE = 60
HOUR = 3_600
DAY = 86_400
_AFTER_ALL = 1 << 62


class Span(NamedTuple):
    """[start, end) in UTC seconds; empty when end <= start."""

    start: int
    end: int


def merge(spans: Iterable[Pair]) -> list[Pair]:
    """Any spans -> span list; overlapping and touching ones become one, empty ones go."""
    out: list[Pair] = []
    last_start = last_end = -_AFTER_ALL
    for start, end in sorted(spans):
        if end <= start:
            continue
        if start <= last_end:
            if end > last_end:
                last_end = end
                out[-1] = (last_start, end)
        else:
            out.append((start, end))
            last_start, last_end = start, end
    return out


def subtract(free: Sequence[Pair], busy: Sequence[Pair]) -> list[Pair]:
    """What of `free` no busy span touches; `busy` is sorted by start and may overlap itself."""
    if not busy:
        return list(free)
    out: list[Pair] = []
    add = out.append
    i, count = 0, len(busy)
    for start, end in free:
        while i < count and busy[i][1] <= start:
            i += 1
        # Spans passed below end before `end`, so no later free span can meet them again.
        while i < count:
            busy_start, busy_end = busy[i]
            if busy_start >= end:
                break
            if busy_end > busy_start:
                if busy_start > start:
                    add((start, busy_start))
                if busy_end > start:
                    start = busy_end
                    if start >= end:
                        break
            i += 1
        if start < end:
            add((start, end))
    return out


def intersect(left: Sequence[Pair], right: Sequence[Pair]) -> list[Pair]:
    """What lies in both span lists."""
    out: list[Pair] = []
    i = j = 0
    while i < len(left) and j < len(right):
        left_start, left_end = left[i]
        right_start, right_end = right[j]
        start = left_start if left_start > right_start else right_start
        end = left_end if left_end < right_end else right_end
        if start < end:
            out.append((start, end))
        if left_end < right_end:
            i += 1
        else:
            j += 1
    return out


def clip(spans: Sequence[Pair], start: int, end: int) -> list[Pair]:
    """The part of a span list inside [start, end)."""
    return [
        (span_start if span_start > start else start, span_end if span_end < end else end)
        for span_start, span_end in spans
        if span_end > start and span_start < end
    ]


def pad(spans: Iterable[Pair], before: int, after: int) -> list[Pair]:
    """Each span grown by `before` and `after` seconds, in the same order; they may overlap."""
    return [(start - before, end + after) for start, end in spans]


def covers(spans: Sequence[Pair], start: int, end: int) -> bool:
    """Whether one span of the list holds the whole of [start, end)."""
    at = bisect_right(spans, (start, _AFTER_ALL)) - 1
    return at >= 0 and spans[at][1] >= end


def maximal(spans: Iterable[Pair]) -> list[Pair]:
    """Any spans -> those that no other contains, once each, sorted: starts and ends both ascend."""
    out: list[Pair] = []
    add = out.append
    last_start = last_end = -_AFTER_ALL
    for span in sorted(spans):
        start, end = span
        if end > last_end and end > start:
            if start == last_start:
                out[-1] = span
            else:
                add(span)
                last_start = start
            last_end = end
    return out


def common(left: Sequence[Pair], right: Sequence[Pair]) -> list[Pair]:
    """The maximal pairwise intersections of two `maximal` lists.

    A maximal intersection begins where a span of either list begins, and for a given begin the last
    span begun in each list reaches furthest; so one sweep finds them without looking at every pair.
    """
    out: list[Pair] = []
    i = j = 0
    left_end = right_end = last_end = -_AFTER_ALL
    while i < len(left) or j < len(right):
        if j == len(right) or (i < len(left) and left[i][0] <= right[j][0]):
            start, left_end = left[i]
            i += 1
        else:
            start, right_end = right[j]
            j += 1
        end = left_end if left_end < right_end else right_end
        if end > start and end > last_end:
            if out and out[-1][0] == start:
                out[-1] = (start, end)
            else:
                out.append((start, end))
            last_end = end
    return out

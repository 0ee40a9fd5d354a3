"""Every operation on spans against the set of seconds it stands for."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from openslots.availability.spans import (
    Pair,
    clip,
    common,
    covers,
    intersect,
    maximal,
    merge,
    pad,
    subtract,
)

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)

any_spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)
spans = any_spans.map(merge)


def seconds(items: list[Pair]) -> set[int]:
    return {second for start, end in items for second in range(start, end)}


def is_span_list(items: list[Pair]) -> bool:
    """Sorted, disjoint, none empty, none touching."""
    return all(start < end for start, end in items) and all(
        left[1] < right[0] for left, right in pairwise(items)
    )


@quick
@given(any_spans)
def test_merge_keeps_the_seconds_and_joins_what_touches(items: list[Pair]) -> None:
    assert seconds(merge(items)) == seconds(items)
    assert is_span_list(merge(items))


@quick
@given(spans, any_spans)
def test_subtract_keeps_the_free_seconds_that_are_not_busy(
    free: list[Pair], busy: list[Pair]
) -> None:
    left = subtract(free, sorted(busy))
    assert seconds(left) == seconds(free) - seconds(busy)
    assert left == sorted(left)
    assert all(start < end for start, end in left)


def test_a_busy_span_that_only_touches_or_is_empty_removes_nothing() -> None:
    assert subtract([(10, 20)], [(0, 10), (15, 15), (20, 30)]) == [(10, 20)]


@quick
@given(spans, spans)
def test_intersect_keeps_the_seconds_of_both(left: list[Pair], right: list[Pair]) -> None:
    assert seconds(intersect(left, right)) == seconds(left) & seconds(right)
    assert intersect(left, right) == intersect(right, left)


@quick
@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_clip_keeps_the_seconds_inside(items: list[Pair], start: int, end: int) -> None:
    assert seconds(clip(items, start, end)) == seconds(items) & set(range(start, end))


@quick
@given(spans, st.integers(0, 5), st.integers(0, 5))
def test_pad_adds_the_seconds_around(items: list[Pair], before: int, after: int) -> None:
    grown = {s + d for s in seconds(items) for d in range(-before, after + 1)}
    assert seconds(pad(items, before, after)) == grown


@quick
@given(spans, st.integers(0, 40), st.integers(1, 10))
def test_covers_means_every_second_is_there(items: list[Pair], start: int, length: int) -> None:
    inside = set(range(start, start + length)) <= seconds(items)
    assert covers(items, start, start + length) == inside


def not_contained(items: set[Pair]) -> list[Pair]:
    return sorted(
        (a, b)
        for a, b in items
        if a < b and not any((c, d) != (a, b) and c <= a and b <= d for c, d in items)
    )


@quick
@given(any_spans)
def test_maximal_drops_what_another_contains(items: list[Pair]) -> None:
    assert maximal(items) == not_contained(set(items))


@quick
@given(any_spans.map(maximal), any_spans.map(maximal))
def test_common_gives_the_maximal_pairwise_intersections(
    left: list[Pair], right: list[Pair]
) -> None:
    pairs = {(max(a, c), min(b, d)) for a, b in left for c, d in right}
    assert common(left, right) == not_contained({(a, b) for a, b in pairs if a < b})

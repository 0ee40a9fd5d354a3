"""How `make fuzz` puts hostile values and existing ones into requests; it needs no server."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest

from fuzz.bodies import GOOD
from fuzz.known import Known, tame
from fuzz.values import mutated, places, put


def test_every_place_of_a_value_can_be_replaced() -> None:
    value = {"a": [1, {"b": 2}], "c": None}
    found = list(places(value))
    assert found == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]
    assert put(value, ("a", 1, "b"), "x") == {"a": [1, {"b": "x"}], "c": None}
    assert put(value, (), 7) == 7
    assert value == {"a": [1, {"b": 2}], "c": None}


@pytest.mark.parametrize("body", [body for bodies in GOOD.values() for body in bodies])
def test_a_mutation_changes_a_copy_and_can_be_repeated(body: Any) -> None:
    before = copy.deepcopy(body)
    made = [json.dumps(mutated(body, Random(seed))) for seed in range(30)]
    assert body == before
    assert made == [json.dumps(mutated(body, Random(seed))) for seed in range(30)]
    assert len(set(made)) > 1


def test_what_belongs_together_is_filled_in_together() -> None:
    known = Known(
        values={"eventTypeId": [1, 2], "email": ["a@example.com"]},
        times=[{"eventTypeId": n, "start": f"start of {n}"} for n in (1, 2)],
    )
    for seed in range(20):
        body = known.fill(
            {"eventTypeId": 0, "start": "", "guests": [{"email": ""}]}, Random(seed), 1
        )
        assert body["start"] == f"start of {body['eventTypeId']}"
        assert body["guests"] == [{"email": "a@example.com"}]


def test_names_of_a_path_belong_together() -> None:
    pairs = [{"eventTypeId": n, "webhookId": f"of {n}"} for n in (1, 2)]
    known = Known(values={"eventTypeId": [1, 2], "webhookId": ["of 1", "of 2"]}, pairs=pairs)
    found = [known.path(["eventTypeId", "webhookId"], Random(seed)) for seed in range(50)]
    assert sum(one["webhookId"] == f"of {one['eventTypeId']}" for one in found) > 35
    assert known.path(["nothing"], Random(1)) == {}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("http://example.com/a?b", "http://127.0.0.1:9/a?b"),
        ("https://user:word@example.com:8443", "https://127.0.0.1:9"),
        ("not an address", "not an address"),
        (None, None),
    ],
)
def test_nobody_else_is_called(given: Any, sent: Any) -> None:
    assert tame({"a": [{"subscriberUrl": given}]}) == {"a": [{"subscriberUrl": sent}]}

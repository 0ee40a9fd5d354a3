"""Generated cases: schemathesis makes them from the document, known ids and hostile values join."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response

from fuzz.bodies import GOOD, QUERIES
from fuzz.known import tame
from fuzz.plan import HEADER, Contract
from fuzz.tally import Tally
from fuzz.values import TEXTS, hostile, mutated
from fuzz.world import World

TIMEOUT = 30
load_all_checks()
CHECKED = CHECKS.get_by_names(
    ["status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)
POSITIVE, NEGATIVE, MUTATED = "valid", "invalid", "mutated"
PARTS = ((POSITIVE, 0.4), (NEGATIVE, 0.3), (MUTATED, 0.3))
_HEADER_TEXT = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class OutOfTime(Exception):
    """The minutes are over."""


class Driver:
    """Sends the cases of one contract after another and keeps the tally."""

    def __init__(self, world: World, tally: Tally, start: int, tick: Callable[[int], None]) -> None:
        self._world, self._tally, self._seed, self._tick = world, tally, start, tick
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self, contract: Contract) -> None:
        """All cases of a contract: valid ones, invalid ones, and valid ones with hostile values."""
        left = contract.cases
        for number, (mode, part) in enumerate(PARTS):
            count = left if number == len(PARTS) - 1 else round(contract.cases * part)
            done = self._generate(contract, mode, min(count, left))
            left -= done
        while left > 0 and (done := self._generate(contract, f"{POSITIVE} {left}", left)):
            left -= done
        if contract.path == "/v2/api-keys/refresh":
            self._world.refresh()

    def _generate(self, contract: Contract, mode: str, count: int) -> int:
        if count <= 0:
            return 0
        done = 0
        negative = mode == NEGATIVE
        strategy = contract.operation.as_strategy(
            generation_mode=GenerationMode.NEGATIVE if negative else GenerationMode.POSITIVE
        )
        label = f"{self._seed}:{contract.label}:{mode}"

        @seed(label)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def one(case: Case) -> None:
            nonlocal done
            done += 1
            self._send(contract, case, mode, Random(f"{label}:{done}"))

        try:
            one()
        except Unsatisfiable:
            return done  # nothing of it can be made invalid, or it has one form only
        return done

    def _send(self, contract: Contract, case: Case, mode: str, rng: Random) -> None:
        date = rng.choice(contract.dates)
        headers = self._prepare(contract, case, mode, date, rng)
        self._tick(self._tally.cases)
        try:
            answer = case.call(
                base_url=self._world.server.base,
                session=self._session,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except (requests.RequestException, UnicodeError, ValueError) as error:
            self._unsent(contract, case, error)
            return
        self._tally.answered(answer.status_code, contract.label)
        if answer.status_code >= 500:
            self._report(contract, case, answer)
        elif answer.request.headers.get(HEADER) == date:
            self._compare(contract, case, answer)

    def _prepare(
        self, contract: Contract, case: Case, mode: str, date: str, rng: Random
    ) -> dict[str, str]:
        """Puts known ids, hostile values, a date and a caller into a generated case; the headers
        that are not the case's own."""
        known = self._world.known
        if case.path_parameters and rng.random() < 0.7:
            names = list(case.path_parameters)
            case.path_parameters.update(
                {k: v for k, v in known.path(names, rng).items() if k in names}
            )
        chance = rng.choice((0.0, 0.5, 0.9))
        for holder in (case.query, case.cookies):
            for name in list(holder or {}):
                value = known.pick(name, rng, query=True)
                if rng.random() < chance and value is not None:
                    holder[name] = value
        place = (contract.method, contract.path)
        if mode == MUTATED and place in GOOD and rng.random() < 0.7:
            case.body, chance = rng.choice(GOOD[place]), 1.0
        if mode == MUTATED and place in QUERIES and rng.random() < 0.7:
            query = rng.choice(QUERIES[place])
            case.query = {
                name: known.pick(name, rng, query=True) if value is None else value
                for name, value in query.items()
            }
        if isinstance(case.body, dict | list):
            case.body = known.fill(case.body, rng, chance)
        if mode == MUTATED and rng.random() < 0.7:
            self._mutate(case, rng)
        if isinstance(case.body, dict | list):
            case.body = tame(case.body)
        for name in [
            n for n, text in case.headers.items() if not _HEADER_TEXT.fullmatch(str(text))
        ]:
            del case.headers[name]  # the client library would not send it; see fuzz/raw.py
        case.headers.pop("Authorization", None)
        if rng.random() < 0.9:
            case.headers[HEADER] = date
        return self._caller(rng)

    def _mutate(self, case: Case, rng: Random) -> None:
        choices = ["query"] if case.query else []
        choices += ["path"] if case.path_parameters else []
        choices += ["body"] * 4 if isinstance(case.body, dict | list) else []
        chosen = rng.choice(choices) if choices else ""
        if chosen == "body":
            case.body = mutated(case.body, rng)
        elif chosen == "query":
            value = hostile(rng)
            simple = isinstance(value, str | int | float)
            case.query[rng.choice(list(case.query))] = value if simple else rng.choice(TEXTS)
        elif chosen == "path":
            name = rng.choice(list(case.path_parameters))
            case.path_parameters[name] = rng.choice([text for text in TEXTS if text])[:2000]

    def _caller(self, rng: Random) -> dict[str, str]:
        chosen = rng.random()
        if chosen < 0.7:
            return {"Authorization": f"Bearer {self._world.key}"}
        if chosen < 0.82:
            return {"Authorization": f"Bearer {self._world.other_key}"}
        if chosen < 0.92:
            return {}
        if chosen < 0.96:
            return {"Authorization": f"Bearer {self._world.key}"} | self._world.client
        return {"Authorization": rng.choice(("Bearer ", "Basic YTpi", "Bearer cal_0", "x"))}

    def _unsent(self, contract: Contract, case: Case, error: Exception) -> None:
        if isinstance(error, requests.ConnectionError | requests.Timeout):
            self._world.server.check()
            self._tally.cases += 1
            self._tally.failed(f"{contract.label}: no answer: {error}\n  {_curl(case)}")

    def _report(self, contract: Contract, case: Case, answer: Response) -> None:
        request_id = (answer.headers.get("x-request-id") or [""])[0]
        trace = self._world.server.errors(request_id)
        self._tally.failed(
            f"{contract.label}: {answer.status_code} (request {request_id})\n  {_curl(case)}\n"
            f"{trace[-1500:]}"
        )

    def _compare(self, contract: Contract, case: Case, answer: Response) -> None:
        try:
            case.validate_response(answer, checks=CHECKED)
        except (Failure, FailureGroup) as found:
            for failure in getattr(found, "exceptions", [found]):
                first = " ".join(str(failure).split())[:160]
                what = f"{contract.label} {answer.status_code}: {failure.title}"
                self._tally.differs(what, f"{first} | {_body(answer)}")


def _body(answer: Any) -> str:
    return str(answer.content[:300])


def _curl(case: Case) -> str:
    try:
        return str(case.as_curl_command())[:3000]
    except Exception as error:  # the case cannot even be written down
        return (
            f"{case.method} {case.path} {case.path_parameters} {case.query} {case.body!r} ({error})"
        )

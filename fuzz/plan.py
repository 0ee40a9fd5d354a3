"""What there is to ask: every operation of the served documents, once for each form it has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from schemathesis import APIOperation

HEADER = "cal-api-version"
METHODS = ("get", "post", "put", "patch", "delete")
Document = dict[str, Any]  # Any: an OpenAPI document


@dataclass
class Contract:
    """One form of an operation, the dates that serve it, and the operation to generate from."""

    method: str
    path: str
    operation: APIOperation[Any, Any, Any, Any]
    dates: list[str] = field(default_factory=list)
    cases: int = 0

    @property
    def label(self) -> str:
        return f"{self.method} {self.path} [{self.dates[0]}]"

    @property
    def weight(self) -> int:
        """Operations with a body have more to get wrong."""
        return 3 if self.operation.body else 1


def documents(base: str) -> dict[str, Document]:
    """The document of every date that the server knows."""
    newest = _get(base, "")
    dates: set[str] = set()
    for item in newest["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == HEADER:
                    dates.update(parameter["schema"]["enum"])
    return {date: _get(base, date) for date in sorted(dates)}


def _get(base: str, date: str) -> Document:
    answer = requests.get(
        f"{base}/openapi.json", params={"version": date} if date else {}, timeout=60
    )
    answer.raise_for_status()
    document: Document = answer.json()
    return document


def contracts(found: dict[str, Document], only: str) -> list[Contract]:
    """Every distinct form of every operation whose label holds `only`."""
    out: dict[str, Contract] = {}
    for date, document in found.items():
        schema = schemathesis.openapi.from_dict(document)
        for path, method, operation in _operations(document):
            key = _digest(document, path, method, operation)
            if key not in out:
                made = schema[path][method.upper()]
                out[key] = Contract(method.upper(), path, made)
            out[key].dates.append(date)
    return [contract for contract in out.values() if only.lower() in contract.label.lower()]


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _digest(document: Document, path: str, method: str, operation: Document) -> str:
    """The same for two dates that serve the same form: the operation with all it refers to."""
    parts, pending, seen = [f"{method} {path}"], [json.dumps(operation, sort_keys=True)], set()
    schemas = document["components"]["schemas"]
    while pending:
        text = pending.pop()
        parts.append(text)
        for name in text.split('"#/components/schemas/')[1:]:
            name = name.split('"')[0]
            if name not in seen:
                seen.add(name)
                pending.append(json.dumps(schemas[name], sort_keys=True))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def share(chosen: list[Contract], cases: int) -> None:
    """Gives each contract its part of `cases`, by weight and at least one."""
    total = sum(contract.weight for contract in chosen)
    left = cases
    for number, contract in enumerate(chosen):
        last = number == len(chosen) - 1
        contract.cases = left if last else max(1, cases * contract.weight // total)
        left -= contract.cases
        if left < 0:
            contract.cases, left = max(0, contract.cases + left), 0

"""The import-linter contract that keeps the inner modules of a slice private to it."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

Metadata = dict[str, list[str]]


class SlicePrivacy(Contract):
    """Only a slice itself, and the wiring, may import its `private` modules.

    `private` holds module names inside a slice (`repository`, `routes`, ...), `wiring` the full
    names of the modules that may import any of them.
    """

    # Any: the base class replaces each field by the set that it parsed.
    private: Any = fields.SetField(subfield=fields.StringField())
    wiring: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = sorted(
            f"{importer} -> {module}"
            for module in graph.modules
            if _inner_name(module) in self.private
            for importer in graph.find_modules_that_directly_import(module)
            if importer not in self.wiring and _slice(importer) != _slice(module)
        )
        metadata: Metadata = {"broken": broken}
        return ContractCheck(kept=not broken, metadata=metadata)

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line)


def _slice(module: str) -> tuple[str, ...]:
    return tuple(module.split(".")[:2])


def _inner_name(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else ""

"""What came back: counts by status, the answers that must not be, and where they differ from the
document."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 20
ENOUGH = 30  # cases after which it is worth saying that none was carried out


@dataclass
class Tally:
    """Counts of one part of the run."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_contract: dict[str, Counter[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    differences: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def answered(self, status: int, label: str = "") -> None:
        self.cases += 1
        self.statuses[status] += 1
        if label:
            self.by_contract.setdefault(label, Counter())[status] += 1

    def failed(self, text: str) -> None:
        self.failures.append(text)

    def differs(self, what: str, example: str) -> None:
        self.differences[what] += 1
        self.examples.setdefault(what, example)

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def lines(self) -> list[str]:
        """The report, worst last."""
        out = ["answers: " + ", ".join(f"{s}: {n}" for s, n in sorted(self.statuses.items()))]
        if self.by_contract:
            out += self._carried_out()
        if self.differences:
            out.append(f"{self.differences.total()} answers differ from the document:")
            for what, count in self.differences.most_common(SHOWN):
                out += [f"  {count} x {what}", f"      {self.examples[what][:400]}"]
        out += [f"FAILED: {text}" for text in self.failures[:SHOWN]]
        if len(self.failures) > SHOWN:
            out.append(f"and {len(self.failures) - SHOWN} more")
        return out

    def _carried_out(self) -> list[str]:
        done = [any(status < 400 for status in seen) for seen in self.by_contract.values()]
        never = [
            f"  never, in {seen.total()} cases: {label} ({', '.join(map(str, sorted(seen)))})"
            for label, seen in self.by_contract.items()
            if seen.total() >= ENOUGH and min(seen) >= 400
        ]
        return [f"{sum(done)} of {len(done)} contracts were carried out at least once", *never]

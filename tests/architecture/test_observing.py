"""The dashboard and the alerts ask for metrics and labels that exist, and for all of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from openslots.cli import COMMANDS
from openslots.kernel import metrics

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "openslots.json").read_text())
ALERTS = (DEPLOY / "prometheus" / "alerts.yml").read_text()
RULES = re.split(r"^ {6}- alert: ", ALERTS, flags=re.M)[1:]
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SHOWN = [panel for panel in PANELS if panel["type"] != "row"]

# What the library itself, or Prometheus, gives: name -> labels.
FOREIGN = {
    "process_cpu_seconds_total": set[str](),
    "process_resident_memory_bytes": set[str](),
    "up": set[str](),
}
OF_PROMETHEUS = {"job", "instance"}


def samples() -> dict[str, set[str]]:
    """Every name that a query may use, with its labels."""
    found: dict[str, set[str]] = {name: set(labels) for name, _, labels in metrics.ASKED}
    for metric in metrics.ALL:
        labels = set(metric.labels)
        if isinstance(metric, metrics.Counter):
            found[f"{metric.name}_total"] = labels
        elif isinstance(metric, metrics.Histogram):
            found[f"{metric.name}_bucket"] = labels | {"le"}
            found[f"{metric.name}_count"] = found[f"{metric.name}_sum"] = labels
        else:
            found[metric.name] = labels
    return found | FOREIGN


def expressions() -> Iterator[str]:
    for panel in SHOWN:
        for target in panel["targets"]:
            yield target["expr"]
    for rule in RULES:
        expr = re.search(r"expr: \|\n((?: {10}.*\n)+)", rule)
        assert expr is not None, rule
        yield expr.group(1)


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """(name, labels it is narrowed by) of every selector."""
    for name, braces in re.findall(r"\b(openslots_\w+|process_\w+|up)\b(\{[^}]*\})?", expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", braces)))


def test_every_query_asks_for_what_exists() -> None:
    known = samples()
    for expression in expressions():
        found = list(asked(expression))
        assert found, expression
        for name, labels in found:
            assert name in known, expression
            assert labels <= known[name] | OF_PROMETHEUS, expression
        grouped = ",".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))
        wanted = {label.strip() for label in grouped.split(",") if label.strip()}
        offered = set[str]().union(*(known[name] for name, _ in found))
        assert wanted <= offered | OF_PROMETHEUS, expression


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for panel in SHOWN for t in panel["targets"] for name, _ in asked(t["expr"])}
    stems = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in shown}
    assert {metric.name for metric in metrics.ALL} - stems == set()
    assert {name for name, _, _ in metrics.ASKED} - stems == set()


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert (DASHBOARD["uid"], DASHBOARD["title"]) == ("openslots", "openslots")
    assert "id" not in DASHBOARD  # an imported one gets its number from Grafana
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for panel in SHOWN:
        assert panel["title"], panel["id"]
        assert panel["description"], panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    used = set(re.findall(r"\$(\w+)", " ".join(expressions())))
    assert used - {"labels", "value"} <= {"instance", "__rate_interval"}


def test_no_panel_covers_another() -> None:
    places = [panel["gridPos"] for panel in PANELS]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_every_alert_says_what_to_do() -> None:
    names = [rule.split()[0] for rule in RULES]
    assert len(set(names)) == len(names) >= 5
    for rule in RULES:
        assert re.search(r"^ {8}for: \d+m$", rule, re.M), rule
        assert re.search(r"^ {10}severity: (page|ticket)$", rule, re.M), rule
        assert re.search(r"^ {10}summary: \".+\"$", rule, re.M), rule
        runbook = re.search(r"runbook: \|\n((?: {12}.*\n)+)", rule)
        assert runbook is not None, rule
        assert len(runbook.group(1).splitlines()) >= 3


def test_an_api_that_no_name_leads_to_is_told() -> None:
    """Names are looked up: where every process is gone there is no `up` that could be 0."""
    assert 'or absent(up{job="openslots-api"})' in RULES[0]


def test_commands_of_the_runbooks_exist() -> None:
    commands = re.findall(r"`openslots ([^`]+)`", ALERTS)
    assert len(commands) >= 3
    for line in commands:
        command, *words = line.split()
        assert command in COMMANDS
        parser = ArgumentParser(exit_on_error=False)
        import_module(f"openslots.cli.{command}").arguments(parser)
        parser.parse_args(words)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "alerts.test.yml"),
    ],
)
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: the package prometheus)")
    done = subprocess.run(
        [promtool, *words],
        cwd=DEPLOY / "prometheus",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

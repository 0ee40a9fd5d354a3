"""A server from its first start on: what it prints, what works beside it, how it ends."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from tests.processes.calls import send
from tests.processes.server import OPENSLOTS, PASSWORD, Server, environment, eventually, slowness

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

README = Path(__file__).resolve().parents[2] / "README.md"
WARM_SECONDS, STOP_SECONDS, ADMIN_SECONDS = 5, 10, 1


def tour(server: Server) -> list[str]:
    """The four lines to paste, as they were printed."""
    lines = server.output.splitlines()
    printed = [line for line in lines if "curl -s" in line]
    assert len(printed) == 4
    return printed


def test_the_printed_tour_works_as_pasted_twice_in_a_row(server: Server) -> None:
    uids = []
    for _ in range(2):
        done = subprocess.run(
            ["sh", "-c", "\n".join(tour(server))],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        slot, uid, booking, inbox = done.stdout.splitlines()
        assert slot.startswith("20")
        assert json.loads(booking)["data"]["uid"] == uid
        (delivery,) = json.loads(inbox)["data"]
        assert delivery["body"]["triggerEvent"] == "BOOKING_CREATED"
        assert delivery["body"]["payload"]["uid"] == uid
        uids.append(uid)
    assert uids[0] != uids[1]


def test_the_first_booking_of_the_readme_works_as_pasted(server: Server) -> None:
    (block,) = re.findall(r"^```sh\n(BASE=.*?)^```$", README.read_text(), re.M | re.S)
    pasted = block.replace("http://127.0.0.1:3000", server.base)
    assert pasted != block
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", pasted],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    slot, booked = done.stdout.split("\n", 1)
    assert parsed(json.loads(booked)["data"]["start"]) == parsed(slot)


def test_the_address_and_the_demo_key_are_printed_and_the_key_works(server: Server) -> None:
    assert f"openslots runs at {server.base}" in server.output
    assert f"demo key: {server.demo['api_key']}" in server.output
    me = send(server, "GET", "/v2/me", version="2024-06-11").json()["data"]
    assert (me["email"], me["username"]) == ("demo@example.com", "demo")


def test_only_the_owner_reads_keys_and_secrets(server: Server) -> None:
    for name in ("secrets.json", "state.json", "demo.json"):
        assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600, name


def test_requests_are_readable_lines_on_the_terminal_and_json_in_the_log(server: Server) -> None:
    httpx.get(f"{server.base}/v2/nothing-here")
    eventually(lambda: " 404 GET /v2/nothing-here " in server.output, 5, "the readable line")
    lines = [json.loads(line) for line in (server.folder / "log" / "api.log").open()]
    assert any(line.get("path") == "/v2/nothing-here" and line["status"] == 404 for line in lines)


def test_admin_commands_work_beside_the_server_within_a_second(server: Server) -> None:
    made, fastest = {}, 60.0
    for number in range(3):  # the machine also runs other tests: one quick answer is the proof
        started = time.monotonic()
        made = server.admin(*user(f"alice-{number}"))
        fastest = min(fastest, time.monotonic() - started)
    key = server.admin("api-key", "create", "--email", "alice-2@example.com", "--days", "3")
    assert made.keys() == {"id", "email", "username", "apiKey"}
    for api_key in (made["apiKey"], key["apiKey"]):
        answer = httpx.get(f"{server.base}/v2/me", headers={"Authorization": f"Bearer {api_key}"})
        assert answer.json()["data"]["id"] == made["id"]
    assert fastest < ADMIN_SECONDS * slowness()


def test_jobs_are_looked_after_beside_the_server(server: Server) -> None:
    found = server.admin("jobs", "list", "--kind", "jobs.purge")
    assert [job["kind"] for job in found["jobs"]] == ["jobs.purge"]
    assert server.admin("jobs", "retry", str(found["jobs"][0]["id"])) == {"retried": 1}
    assert server.admin("jobs", "purge", "--older-than", "30") == {"purged": 0}


def test_an_admin_command_that_fails_says_so_in_one_line(server: Server) -> None:
    done = subprocess.run(
        [*OPENSLOTS, "admin", *user("bob", password="weak"), "--json"],
        env=environment(OPENSLOTS_DATA_DIR=str(server.folder)),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_sigterm_stops_everything_and_a_second_start_continues(server: Server) -> None:
    made = server.admin(*user("carol"))
    demo, family = server.demo, server.family()
    assert len(family) >= 4
    assert server.stop() < STOP_SECONDS
    assert [process for process in family if alive(process)] == []
    assert not (server.folder / "state.json").exists()

    took = server.start()
    assert took < WARM_SECONDS * slowness()
    assert server.demo == demo
    headers = {"Authorization": f"Bearer {made['apiKey']}"}
    assert httpx.get(f"{server.base}/v2/me", headers=headers).json()["data"]["id"] == made["id"]
    assert send(server, "GET", "/v2/me", version="2024-06-11").status_code == 200


def test_a_killed_server_leaves_nothing_that_the_next_start_trips_over(server: Server) -> None:
    made = server.admin(*user("dave"))
    family = server.family()
    server.stop(signal.SIGKILL)

    server.start()
    assert [process for process in family if alive(process)] == []
    headers = {"Authorization": f"Bearer {made['apiKey']}"}
    assert httpx.get(f"{server.base}/v2/me", headers=headers).json()["data"]["id"] == made["id"]


def test_a_child_that_dies_is_restarted_and_that_is_said(server: Server) -> None:
    for words, name in (("openslots worker", "worker"), ("openslots serve", "api")):
        old = server.child(words)
        old.kill()
        eventually(partial(said, server, f"openslots: {name} restarted"), 10, name)
        assert f"openslots: {name} ended (killed by SIGKILL)" in server.output
        assert server.child(words).pid != old.pid
    eventually(server.healthy, 20, "an answer after the restart")


def parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def said(server: Server, text: str) -> bool:
    return text in server.output


def alive(process: psutil.Process) -> bool:
    """True for a process that runs; one that is dead and not yet collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def user(name: str, password: str = PASSWORD) -> list[str]:
    return [
        *("user", "create", "--email", f"{name}@example.com", "--username", name),
        *("--name", name.title(), "--password", password, "--time-zone", "Europe/London"),
    ]

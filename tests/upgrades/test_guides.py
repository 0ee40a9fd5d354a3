"""The commands of the guides on upgrades and backups run as they stand there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from openslots.cli import COMMANDS
from tests.cluster import ROOT
from tests.upgrades.recorded import Recorded
from tests.upgrades.released import SECRETS

GUIDES = {name: (ROOT / "docs" / "guides" / f"{name}.md") for name in ("upgrade", "backup")}
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(script: str, folder: Path, url: str, other: str) -> str:
    shell = shutil.which("sh")
    assert shell is not None
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, **SECRETS, "PATH": path}
    done = subprocess.run(
        [shell, "-eu", "-c", script],
        cwd=folder,
        env={**variables, "DATABASE_URL": url, "NEW_DATABASE_URL": other},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_guides_as_one_story(
    recorded: Recorded, other_database_url: str, tmp_path: Path
) -> None:
    scripts = [block for name in GUIDES for block in BLOCK.findall(GUIDES[name].read_text())]
    assert len(scripts) == 4
    script = "".join(scripts)
    said = await asyncio.to_thread(run, script, tmp_path, recorded.url, other_database_url)
    for expected in ("the newest revision", "1 changed", "0 changed", "restored "):
        assert expected in said
    [file] = os.listdir(tmp_path)
    assert file.endswith(".backup")


@pytest.mark.parametrize("name", GUIDES)
def test_commands_and_links_exist(name: str) -> None:
    text = GUIDES[name].read_text()
    assert set(re.findall(r"\bopenslots ([a-z]+)\b(?! )", text)) - {"dev"} <= set(COMMANDS)
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (GUIDES[name].parent / link).exists()] == []

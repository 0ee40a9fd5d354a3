"""`openslots secrets`: makes what is missing, keeps what is there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from openslots import cli

NAMES = {"database_password", "database_url", "nextauth_secret", "calendso_encryption_key"}


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def test_the_first_start_makes_all_and_the_second_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["secrets", str(tmp_path)]) == 0
    made = contents(tmp_path)
    assert made.keys() == NAMES
    password = made["database_password"]
    assert made["database_url"] == f"postgresql://openslots:{password}@postgres:5432/openslots"
    assert len(set(made.values())) == 4
    assert all(len(value) >= 32 for value in made.values())
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o440}
    assert cli.main(["secrets", str(tmp_path)]) == 0
    assert contents(tmp_path) == made
    assert "every secret is there already" in capsys.readouterr().out


def test_what_the_operator_put_there_stays(tmp_path: Path) -> None:
    (tmp_path / "database_password").write_text("ours\n")
    words = ["--database-host", "db", "--database-port", "6432", "--database-name", "cal"]
    assert cli.main(["secrets", str(tmp_path), *words]) == 0
    assert (tmp_path / "database_password").read_text() == "ours\n"
    assert contents(tmp_path)["database_url"] == "postgresql://openslots:ours@db:6432/cal"


def test_a_password_that_the_database_knows_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "database_password").write_text("p@ss/w:rd\n")
    assert cli.main(["secrets", str(tmp_path)]) == 0
    url = contents(tmp_path)["database_url"]
    assert url == "postgresql://openslots:p%40ss%2Fw%3Ard@postgres:5432/openslots"
    (tmp_path / "database_password").unlink()
    assert cli.main(["secrets", str(tmp_path)]) == 0
    assert contents(tmp_path)["database_password"] == "p@ss/w:rd"
    assert contents(tmp_path)["database_url"] == url


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["secrets", str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    assert "cannot be made or read: no such file" in said
    assert len(said.splitlines()) == 1

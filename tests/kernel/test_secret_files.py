"""Secrets that lie in files: read, overruled by variables, and complained about all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from openslots.cli import environment
from openslots.kernel import secretfiles
from openslots.kernel.settings import ConfigurationError, Settings

URL = "postgresql://openslots:x@postgres/openslots"
SECRET, KEY = "a" * 32, "b" * 32


def files(folder: Path, monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Writes each value to a file, and names the file in the variable that ends in _FILE."""
    for name, value in values.items():
        (folder / name).write_text(value)
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(f"{name}_FILE", str(folder / name))


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "NEXTAUTH_SECRET", "CALENDSO_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_every_secret_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(
        tmp_path,
        monkeypatch,
        DATABASE_URL=f"{URL}\n",
        NEXTAUTH_SECRET=f"  {SECRET}\r\n",
        CALENDSO_ENCRYPTION_KEY=KEY,
        EMAIL_SERVER_PASSWORD="p w\n",
    )
    found = Settings().require()
    assert found.db.url.get_secret_value() == URL
    assert found.security.session_secret.get_secret_value() == SECRET
    assert found.security.encryption_key.get_secret_value() == KEY
    assert found.email.password.get_secret_value() == "p w"
    assert environment.get("DATABASE_URL") == URL


def test_a_variable_wins_over_a_file_and_an_empty_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, monkeypatch, DATABASE_URL="from a file", REDIS_URL="redis://file")
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("REDIS_URL", "")
    found = Settings()
    assert found.db.url.get_secret_value() == URL
    assert found.redis.url.get_secret_value() == "redis://file"


def test_everything_that_is_missing_or_unreadable_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_SERVER_PASSWORD_FILE", str(tmp_path / "none"))
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("CALENDSO_ENCRYPTION_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ConfigurationError) as refused:
        Settings().require()
    text = str(refused.value)
    for name in ("DATABASE_URL", "NEXTAUTH_SECRET", "CALENDSO_ENCRYPTION_KEY"):
        assert name in text
    assert f"EMAIL_SERVER_PASSWORD_FILE: {tmp_path / 'none'} cannot be read: no such file" in text
    assert f"CALENDSO_ENCRYPTION_KEY_FILE: {tmp_path / 'key'} cannot be read: not text" in text


def test_a_file_too_large_for_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"x" * 70_000)
    variables = {"TWILIO_TOKEN_FILE": str(tmp_path / "disk")}
    assert secretfiles.read(variables, "TWILIO_TOKEN") == ""
    assert secretfiles.unreadable(variables, ["TWILIO_TOKEN"]) == [
        f"TWILIO_TOKEN_FILE: {tmp_path / 'disk'} cannot be read: too large"
    ]

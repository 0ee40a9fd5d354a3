"""Secrets that lie in files: read, overruled by variables, and complained about all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from openslots.cli import environment
from openslots.cli.folder import CommandError
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
    files(
        tmp_path, monkeypatch, DATABASE_URL="postgresql://from-a-file/x", REDIS_URL="redis://file"
    )
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


def test_every_malformed_variable_is_named_beside_the_missing_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {
        "DATABASE_REPLICA_URL": "postgresql://u:hush%zz@[::1/x",
        "OPENSLOTS_DB_POOL_SIZE": "many",
        "OPENSLOTS_DB_STATEMENT_TIMEOUT": "-1",
        "REDIS_URL": "localhost:6379",
        "OPENSLOTS_KEEP_ALIVE": "inf",
        "OPENSLOTS_REMINDERS": "soon",
        "OPENSLOTS_DEPLOYMENT": "hushed",
        "NEXTAUTH_SECRET": "changeme",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError) as refused:
        environment.settings()
    text = str(refused.value)
    assert text.startswith("missing environment variables: DATABASE_URL, CALENDSO_ENCRYPTION_KEY; ")
    for name in wrong:
        assert text.count(name) == 1, name
    assert "hush" not in text


@pytest.mark.parametrize(
    ("name", "url", "fits"),
    [
        ("DATABASE_URL", "postgres://u:p@db/x?schema=public", True),
        ("DATABASE_URL", "postgresql+asyncpg://u:p%23@[::1]:6432/x", True),
        ("DATABASE_URL", "postgresql:///x?host=/run/postgresql", True),
        ("DATABASE_URL", "db.example.com", False),
        ("DATABASE_URL", "mysql://u:hush@db/x", False),
        ("DATABASE_URL", "postgresql://u:hush@db:99999/x", False),
        ("REDIS_URL", "rediss://:p@cache:6380/0", True),
        ("REDIS_URL", "unix:///run/redis.sock", True),
        ("REDIS_URL", "redis://:hush@cache:port/0", False),
        ("REDIS_URL", "cache:6379", False),
    ],
)
def test_addresses_of_dependencies(
    name: str, url: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the library would stumble over at its first use stops the start, in one line."""
    for other, value in (("DATABASE_URL", URL), ("NEXTAUTH_SECRET", SECRET)):
        monkeypatch.setenv(other, value)
    monkeypatch.setenv("CALENDSO_ENCRYPTION_KEY", KEY)
    monkeypatch.setenv(name, url)
    if fits:
        environment.settings()
        return
    with pytest.raises(CommandError, match=f"^{name}: must look like ") as refused:
        environment.settings()
    assert "hush" not in str(refused.value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_no_secret(content: str, tmp_path: Path) -> None:
    """A token for metrics that is meant to be there must not be missing in silence."""
    (tmp_path / "token").write_text(content)
    variables = {"OPENSLOTS_METRICS_TOKEN_FILE": str(tmp_path / "token")}
    assert secretfiles.unreadable(variables, ["OPENSLOTS_METRICS_TOKEN"]) == [
        f"OPENSLOTS_METRICS_TOKEN_FILE: {tmp_path / 'token'} cannot be read: it is empty"
    ]

"""Every setting of the server, read once from the environment at start-up and then passed on."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    AnyHttpUrl,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from openslots.kernel import secretfiles
from openslots.kernel.variables import DatabaseUrl, Days, Leads, Milliseconds, RedisUrl, Seconds

REQUIRED = ("DATABASE_URL", "NEXTAUTH_SECRET", "CALENDSO_ENCRYPTION_KEY")
SAMPLES = {"changethis", "secret", "change-me", "changeme", "password"}


class ConfigurationError(Exception):
    """The environment is unusable; the message lists every problem at once."""


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets that no variable holds, from the files that their `NAME_FILE` variables name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        name = field.alias or field_name
        text = secretfiles.read(os.environ, name) if field.annotation is SecretStr else None
        return text, name, False

    def __call__(self) -> dict[str, Any]:  # Any: as the base class has it
        found = (self.get_field_value(field, name) for name, field in self.fields)
        return {name: text for text, name, _ in found if text}

    @property
    def fields(self) -> list[tuple[str, FieldInfo]]:
        return list(self.settings_cls.model_fields.items())


class Group(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=None,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # secrets are among it
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the code names, then variables, then files of secrets."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @classmethod
    def secrets(cls) -> list[str]:
        """The variables that hold secrets; each may be a file instead."""
        return [
            field.alias
            for field in cls.model_fields.values()
            if field.annotation is SecretStr and field.alias
        ]


class Database(Group):
    url: DatabaseUrl = Field(default=SecretStr(""), alias="DATABASE_URL")
    # past a pooler, for what needs a session of its own; the commands read it
    direct_url: DatabaseUrl = Field(default=SecretStr(""), alias="DATABASE_DIRECT_URL")
    pgbouncer: bool = Field(default=False, alias="OPENSLOTS_DB_PGBOUNCER")
    replica_url: DatabaseUrl = Field(default=SecretStr(""), alias="DATABASE_REPLICA_URL")
    # how long a read waits for the standby before the primary does it
    replica_patience: Milliseconds = Field(
        default=timedelta(milliseconds=20), alias="OPENSLOTS_DB_REPLICA_WAIT_MS"
    )
    pool_size: int = Field(default=10, ge=1, le=1000, alias="OPENSLOTS_DB_POOL_SIZE")
    pool_timeout: Seconds = Field(default=timedelta(seconds=10), alias="OPENSLOTS_DB_POOL_TIMEOUT")
    statement_timeout: Seconds = Field(
        default=timedelta(seconds=30), alias="OPENSLOTS_DB_STATEMENT_TIMEOUT"
    )
    lock_timeout: Seconds = Field(default=timedelta(seconds=10), alias="OPENSLOTS_DB_LOCK_TIMEOUT")

    def behind_pgbouncer(self, url: str | None = None) -> bool:
        """Whether sessions change between transactions; `?pgbouncer=true` in the URL says so,
        too."""
        query = dict(parse_qsl(urlsplit(url or self.url.get_secret_value()).query))
        return self.pgbouncer or query.get("pgbouncer", "").lower() in ("true", "1")


class Redis(Group):
    url: RedisUrl = Field(default=SecretStr(""), alias="REDIS_URL")
    timeout: Milliseconds = Field(
        default=timedelta(milliseconds=100), alias="OPENSLOTS_REDIS_TIMEOUT_MS"
    )


class Web(Group):
    """Addresses and switches of the HTTP side."""

    url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://localhost:3000"), alias="NEXT_PUBLIC_WEBAPP_URL"
    )
    api_url: AnyHttpUrl | None = Field(default=None, alias="OPENSLOTS_API_URL")
    docs_url: AnyHttpUrl | None = Field(default=None, alias="OPENSLOTS_DOCS_URL")
    body_limit: int = Field(default=100_000, ge=1000, alias="OPENSLOTS_BODY_LIMIT")
    # whose word is taken for the client's address: nobody's, a proxy's, or Cloudflare's
    trusted_proxy: Literal["", "proxy", "cloudflare"] = Field(
        default="", alias="OPENSLOTS_TRUST_PROXY"
    )

    @property
    def base(self) -> str:
        return str(self.url).rstrip("/")


class Connections(Group):
    """What a connection may cost; everything is per API process."""

    most: int = Field(default=10_000, ge=1, alias="OPENSLOTS_MAX_CONNECTIONS")
    keep_alive: Seconds = Field(
        default=timedelta(seconds=75), gt=timedelta(), alias="OPENSLOTS_KEEP_ALIVE"
    )
    header_timeout: Seconds = Field(
        default=timedelta(seconds=10), gt=timedelta(), alias="OPENSLOTS_HEADER_TIMEOUT"
    )
    body_timeout: Seconds = Field(
        default=timedelta(seconds=30), gt=timedelta(), alias="OPENSLOTS_BODY_TIMEOUT"
    )
    write_timeout: Seconds = Field(
        default=timedelta(seconds=30), gt=timedelta(), alias="OPENSLOTS_WRITE_TIMEOUT"
    )
    header_bytes: int = Field(default=32_768, ge=1024, alias="OPENSLOTS_HEADER_LIMIT")


def _weak(**secrets: SecretStr) -> list[str]:
    texts = {name: secret.get_secret_value() for name, secret in secrets.items()}
    return [
        f"{name} must be a random text of at least 16 characters"
        for name, text in texts.items()
        if text and (len(text) < 16 or text.lower() in SAMPLES)
    ]


class Security(Group):
    session_secret: SecretStr = Field(default=SecretStr(""), alias="NEXTAUTH_SECRET")
    encryption_key: SecretStr = Field(default=SecretStr(""), alias="CALENDSO_ENCRYPTION_KEY")
    # only for reading; separated by commas, or a JSON list where a key holds a comma
    old_encryption_keys: SecretStr = Field(
        default=SecretStr(""), alias="OPENSLOTS_OLD_ENCRYPTION_KEYS"
    )
    api_key_prefix: str = Field(default="cal_", min_length=1, alias="API_KEY_PREFIX")
    cheap_passwords: bool = Field(default=False, alias="OPENSLOTS_CHEAP_PASSWORDS")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        problems = _weak(
            NEXTAUTH_SECRET=self.session_secret, CALENDSO_ENCRYPTION_KEY=self.encryption_key
        )
        if any(len(key.get_secret_value()) < 16 for key in self.old_keys):
            problems.append(
                "each of OPENSLOTS_OLD_ENCRYPTION_KEYS must have at least 16 characters"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def old_keys(self) -> tuple[SecretStr, ...]:
        """The keys of `old_encryption_keys`, one by one. Raises ValueError for broken JSON."""
        text = self.old_encryption_keys.get_secret_value().strip()
        if not text.startswith("["):
            return tuple(SecretStr(key.strip()) for key in text.split(",") if key.strip())
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
            raise ValueError(
                "OPENSLOTS_OLD_ENCRYPTION_KEYS begins like JSON and is no list of texts"
            )
        return tuple(SecretStr(key) for key in found)


class RateLimits(Group):
    window: Milliseconds = Field(
        default=timedelta(minutes=1), gt=timedelta(), alias="RATE_LIMIT_DEFAULT_TTL_MS"
    )
    block: Milliseconds = Field(
        default=timedelta(minutes=1), alias="RATE_LIMIT_DEFAULT_BLOCK_DURATION_MS"
    )
    anonymous: int = Field(default=120, ge=1, alias="RATE_LIMIT_DEFAULT_LIMIT")
    api_key: int = Field(default=120, ge=1, alias="RATE_LIMIT_DEFAULT_LIMIT_API_KEY")
    access_token: int = Field(default=500, ge=1, alias="RATE_LIMIT_DEFAULT_LIMIT_ACCESS_TOKEN")
    oauth_client: int = Field(default=500, ge=1, alias="RATE_LIMIT_DEFAULT_LIMIT_OAUTH_CLIENT")


class Email(Group):
    host: str = Field(default="", alias="EMAIL_SERVER_HOST")
    port: int = Field(default=587, ge=1, le=65535, alias="EMAIL_SERVER_PORT")
    user: str = Field(default="", alias="EMAIL_SERVER_USER")
    password: SecretStr = Field(default=SecretStr(""), alias="EMAIL_SERVER_PASSWORD")
    sender: str = Field(default="openslots <notifications@localhost>", alias="EMAIL_FROM")
    sender_name: str = Field(default="", alias="EMAIL_FROM_NAME")
    verification: bool = Field(default=True, alias="OPENSLOTS_EMAIL_VERIFICATION")
    bookings: bool = Field(default=True, alias="OPENSLOTS_EMAILS")
    reminders: Leads = Field(
        default=(timedelta(hours=24), timedelta(hours=1)), alias="OPENSLOTS_REMINDERS"
    )


class Sms(Group):
    """Twilio Verify; without it codes are only logged, and that by `openslots dev` alone."""

    account: str = Field(default="", alias="TWILIO_SID")
    token: SecretStr = Field(default=SecretStr(""), alias="TWILIO_TOKEN")
    verify_service: str = Field(default="", alias="TWILIO_VERIFY_SID")
    verify_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("https://verify.twilio.com"), alias="OPENSLOTS_URL_TWILIO_VERIFY"
    )


class Video(Group):
    """Cal Video: rooms at Daily.co; without a key nothing is known about who joined a call."""

    daily_key: SecretStr = Field(default=SecretStr(""), alias="DAILY_API_KEY")
    daily_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("https://api.daily.co/v1"), alias="OPENSLOTS_URL_DAILY_API"
    )


class Credits(Group):
    org_monthly: int = Field(default=1000, ge=0, alias="ORG_MONTHLY_CREDITS")


class Jobs(Group):
    lease: Seconds = Field(
        default=timedelta(seconds=60), ge=timedelta(seconds=1), alias="OPENSLOTS_JOB_LEASE"
    )
    poll: Seconds = Field(
        default=timedelta(seconds=1), ge=timedelta(milliseconds=10), alias="OPENSLOTS_JOB_POLL"
    )
    concurrency: int = Field(default=32, ge=1, le=1000, alias="OPENSLOTS_WORKER_CONCURRENCY")
    keep_done: Days = Field(default=timedelta(days=7), alias="OPENSLOTS_KEEP_DONE_JOBS_DAYS")
    keep_deliveries: Days = Field(
        default=timedelta(days=30), alias="OPENSLOTS_KEEP_DELIVERIES_DAYS"
    )
    keep_mails: Days = Field(default=timedelta(days=7), alias="OPENSLOTS_KEEP_MAILS_DAYS")


class Webhooks(Group):
    timeout: Seconds = Field(default=timedelta(seconds=15), alias="OPENSLOTS_WEBHOOK_TIMEOUT")
    # how many jobs of one lane a worker runs at once: a lane is a webhook, not a host as the
    # name has it, or the domain of mails
    per_host: int = Field(default=4, ge=1, le=100, alias="OPENSLOTS_WEBHOOK_PER_HOST")


class Bookings(Group):
    strict_reservations: bool = Field(default=False, alias="OPENSLOTS_STRICT_RESERVATIONS")
    blacklisted_emails: str = Field(default="", alias="BLACKLISTED_GUEST_EMAILS")


class Metrics(Group):
    """Who reads `/metrics` (nobody from outside without a token), and where the worker has it."""

    token: SecretStr = Field(default=SecretStr(""), alias="OPENSLOTS_METRICS_TOKEN")
    host: str = Field(default="127.0.0.1", alias="OPENSLOTS_METRICS_HOST")
    port: int = Field(default=0, ge=0, le=65535, alias="OPENSLOTS_METRICS_PORT")
    # where API processes that share a port keep their numbers; set by `serve --workers N`
    shared_dir: Path | None = Field(default=None, alias="PROMETHEUS_MULTIPROC_DIR")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if problems := _weak(OPENSLOTS_METRICS_TOKEN=self.token):
            raise ValueError("; ".join(problems))
        return self


class Tracing(Group):
    """Off without an endpoint. The library reads further OTEL_* variables by itself."""

    endpoint: str = Field(default="", alias="OTEL_EXPORTER_OTLP_ENDPOINT")


class Settings(BaseSettings):
    """All groups. `Settings()` reads the environment; tests name what they change."""

    model_config = SettingsConfigDict(
        env_file=None,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # secrets are among it
    )

    db: Database = Field(default_factory=Database)
    redis: Redis = Field(default_factory=Redis)
    web: Web = Field(default_factory=Web)
    connections: Connections = Field(default_factory=Connections)
    security: Security = Field(default_factory=Security)
    limits: RateLimits = Field(default_factory=RateLimits)
    email: Email = Field(default_factory=Email)
    sms: Sms = Field(default_factory=Sms)
    video: Video = Field(default_factory=Video)
    credits: Credits = Field(default_factory=Credits)
    jobs: Jobs = Field(default_factory=Jobs)
    webhooks: Webhooks = Field(default_factory=Webhooks)
    bookings: Bookings = Field(default_factory=Bookings)
    metrics: Metrics = Field(default_factory=Metrics)
    tracing: Tracing = Field(default_factory=Tracing)

    deployment: Literal["self-hosted", "saas"] = Field(
        default="self-hosted", alias="OPENSLOTS_DEPLOYMENT"
    )
    dev: bool = Field(default=False, alias="OPENSLOTS_DEV")
    data_dir: Path = Field(default=Path(".openslots"), alias="OPENSLOTS_DATA_DIR")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="OPENSLOTS_LOG_LEVEL"
    )

    def require(self) -> Self:
        """Raises ConfigurationError naming every variable that a server process lacks and every
        file of a secret that cannot be read."""
        given = (self.db.url, self.security.session_secret, self.security.encryption_key)
        missing = [
            name
            for name, secret in zip(REQUIRED, given, strict=True)
            if not secret.get_secret_value()
        ]
        if problems := [*_missing(missing), *_unreadable()]:
            raise ConfigurationError("; ".join(problems))
        return self

    @classmethod
    def required(cls) -> Self:
        """Those of the environment. Raises ConfigurationError naming every variable that is
        missing or malformed and every file of a secret that cannot be read."""
        try:
            return cls().require()
        except ValidationError:
            pass
        found: list[str] = []
        groups: dict[str, Group] = {}
        for name, kind in _groups().items():
            problems = _refused(kind)
            found += problems
            groups[name] = kind.model_construct() if problems else kind()
        found += _refused(cls, **groups)
        missing = [name for name in REQUIRED if not secretfiles.read(os.environ, name)]
        raise ConfigurationError("; ".join([*_missing(missing), *found, *_unreadable()]))


def _groups() -> dict[str, type[Group]]:
    annotated = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {
        name: kind
        for name, kind in annotated.items()
        if isinstance(kind, type) and issubclass(kind, Group)
    }


def _missing(names: list[str]) -> list[str]:
    return ["missing environment variables: " + ", ".join(names)] if names else []


def _unreadable() -> list[str]:
    names = [name for group in _groups().values() for name in group.secrets()]
    return secretfiles.unreadable(os.environ, names)


def _refused(kind: type[BaseSettings], **values: Any) -> list[str]:  # Any: the groups
    """One line for each variable that does not fit."""
    try:
        kind(**values)
    except ValidationError as error:
        return [
            ": ".join(
                [*map(str, one["loc"]), one["msg"].removeprefix("Value error, ")],
            )
            for one in error.errors()
        ]
    return []

"""Every setting, typed, in one class. Environment variables ``CARELOOP_…``, nothing else.

A service whose address is unset is *embedded*: careloop starts it itself, on loopback, with its state
under ``CARELOOP_HOME``. A running embedded stack writes its addresses to ``<home>/stack.env``; the
environment wins over it. Secrets may come from files: ``CARELOOP_S3_SECRET_KEY_FILE=/run/secrets/s3``.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from schemas.errors import SettingError

PREFIX = "CARELOOP_"


class _FromFiles(PydanticBaseSettingsSource):
    """``CARELOOP_X_FILE`` names a file whose content is the secret ``CARELOOP_X``."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        if field.annotation not in (SecretStr, SecretStr | None):
            return None, field_name, False
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text().strip(), field_name, False
        except OSError as error:
            raise SettingError(
                f"{PREFIX}{field_name.upper()}_FILE: cannot read {path}: {error.strerror}"
            ) from None

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """All settings. ``Settings.load()`` is the way to make one; pass it on, never read the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    home: Path = Field(Path(".careloop"), description="where the embedded stack keeps all its state")

    kafka_bootstrap: str | None = Field(
        None, description="Kafka's host:port list; unset: the embedded broker"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to talk to Kafka"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="SASL mechanism, with SASL_…"
    )
    kafka_username: str | None = Field(None, description="SASL user")
    kafka_password: SecretStr | None = Field(None, description="SASL password")
    kafka_ca_file: Path | None = Field(None, description="CA certificates that sign the brokers', with …SSL")
    kafka_cert_file: Path | None = Field(None, description="client certificate, for mutual TLS")
    kafka_key_file: Path | None = Field(None, description="client key, for mutual TLS")
    kafka_partitions: int = Field(3, ge=1, description="partitions of a topic that careloop creates")
    kafka_replication: int = Field(
        1, ge=1, description="replicas of a topic that careloop creates; 3 in production"
    )

    collect_group: str = Field("careloop-collector", description="consumer group of the collectors")
    collect_member: str | None = Field(
        None, description="static member id of one collector; unset: its host name"
    )
    collect_session_seconds: float = Field(
        30, ge=1, description="a collector silent for this long loses its partitions"
    )
    flush_rows: int = Field(50_000, ge=1, description="close a range at this many rows")
    flush_bytes: int = Field(16_000_000, ge=1, description="close a range at this many bytes of events")
    flush_seconds: float = Field(30, gt=0, description="close a range this long after its first event")
    dead_letter_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="stop when more than this share of a range of 100 or more messages is malformed",
    )
    dead_letter_run: int = Field(1_000, ge=1, description="stop after this many malformed messages in a row")

    s3_bucket: str | None = Field(None, description="bucket; unset: the embedded S3 server")
    s3_endpoint: str | None = Field(None, description="S3 address; unset with a bucket: AWS")
    s3_region: str = Field("us-east-1", description="region of the bucket")
    s3_access_key: SecretStr | None = Field(
        None, description="access key; unset with a bucket: boto3's own chain"
    )
    s3_secret_key: SecretStr | None = Field(None, description="secret key")

    ledger_url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL of the ledger, such as postgresql+psycopg://…; unset: SQLite under home",
    )

    smtp_host: str | None = Field(
        None, description="mail server; unset: the embedded inbox, nothing leaves this machine"
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="how to talk to it")
    smtp_username: str | None = Field(None, description="mail user")
    smtp_password: SecretStr | None = Field(None, description="mail password")
    mail_from: str = Field("care@localhost", description="sender address of check-ins")

    door_url: str | None = Field(
        None, description="public address of the answer page; unset: the embedded one"
    )
    door_port: int = Field(
        0, ge=0, le=65535, description="port of the embedded answer page; 0: a free one, kept from then on"
    )
    link_keys: SecretStr | None = Field(
        None,
        description="Fernet keys of answer links, comma-separated, the first signs; unset: made under home",
    )
    link_days: int = Field(30, ge=1, le=365, description="how long an answer link works")

    pseudonym_key: SecretStr | None = Field(
        None, description="key of the hashes that replace client and ticket ids; unset: made once under home"
    )

    policy_file: Path | None = Field(
        None, description="the policy; unset: the one that ships, which only previews"
    )

    kafka_port: int = Field(0, ge=0, le=65535, description="port of the embedded broker; 0: a free one")
    s3_port: int = Field(0, ge=0, le=65535, description="port of the embedded S3 server; 0: a free one")
    inbox_port: int = Field(0, ge=0, le=65535, description="port of the embedded inbox's page; 0: a free one")
    smtp_embedded_port: int = Field(
        0, ge=0, le=65535, description="port of the embedded mail server; 0: a free one"
    )
    airflow_port: int = Field(0, ge=0, le=65535, description="port of the embedded Airflow; 0: a free one")
    min_free_mb: int = Field(
        500, ge=0, description="the embedded stack refuses to start with less free disk than this"
    )

    sample_seed: int = Field(7, description="seed of the sample helpdesk")
    sample_clients: int = Field(2_000, ge=50, description="clients of the sample helpdesk")
    sample_resolutions: int = Field(5_200, ge=100, description="resolutions in the sample's fortnight")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FromFiles(settings_cls), dotenv_settings

    @classmethod
    def load(cls, **given: Any) -> "Settings":
        """The settings of this process; `SettingError` names the variable that is wrong."""
        home = Path(given.get("home") or os.environ.get(f"{PREFIX}HOME") or ".careloop")
        try:
            return cls(_env_file=home / "stack.env", **given)  # type: ignore[call-arg]
        except ValidationError as error:
            first = error.errors()[0]
            name = f"{PREFIX}{str(first['loc'][0]).upper()}"
            raise SettingError(f"{name}: {first['msg']} (it is {first['input']!r})") from None
        except OSError as error:
            raise SettingError(f"{home / 'stack.env'}: cannot be read: {error.strerror}") from None

    def require(self, name: str) -> Any:
        """The setting ``name``; `SettingError` where it is unset and no embedded stack has filled it."""
        value = getattr(self, name)
        if value is None:
            raise SettingError(
                f"{PREFIX}{name.upper()} is not set and no embedded stack is running; "
                "set it, or start one with `make run`"
            )
        return value.get_secret_value() if isinstance(value, SecretStr) else value

"""What the environment says (contract.md, Environment). Children of a supervisor get the same through theirs."""

import os
import secrets
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from madoguchi.core.errors import StartError

PREFIX = "MADOGUCHI_"
_KEY_FILE = "secret.key"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(None, pattern=r"^postgres(ql)?://")
    data_dir: Path = Path("data")
    secret_key: str | None = Field(None, min_length=16)
    public_url: str | None = Field(None, pattern=r"^https?://[^/]+")
    nats_url: str | None = Field(None, pattern=r"^(nats|tls|wss?)://")
    s3_url: str | None = Field(None, pattern=r"^s3://[^/]+")
    log: Literal["json", "console"] | None = None
    clock_file: Path | None = None
    simulator_url: str | None = Field(None, pattern=r"^https?://[^/]+$")

    @property
    def embedded(self) -> bool:
        """Whether the database is our own, in the data folder."""
        return self.database_url is None

    @property
    def media_url(self) -> str:
        return self.s3_url or (self.data_dir.absolute() / "media").as_uri()


def load_settings(**overrides: Any) -> Settings:
    """The environment, with `overrides` (options of the command line) before it. Raises StartError in one line."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise StartError(_explain(error)) from None
    # Children run elsewhere: a relative path must keep its meaning.
    return settings.model_copy(update={"data_dir": settings.data_dir.absolute()})


def secret_key_of(settings: Settings) -> str:
    """The key secrets are sealed with. Made and kept in the data folder when embedded; else it must be given, because
    several nodes share it. Raises StartError."""
    if settings.secret_key:
        return settings.secret_key
    file = key_file_of(settings)
    if not file.exists():
        if not settings.embedded:
            raise StartError(
                f"{PREFIX}SECRET_KEY is not set. With a database of your own every node needs the same key: "
                "choose one of 32 random characters and keep it safe."
            )
        _make_key(file)
    return file.read_text(encoding="ascii").strip()


def key_file_of(settings: Settings) -> Path:
    return settings.data_dir / _KEY_FILE


def environment_of(settings: Settings, **worked_out: str | None) -> dict[str, str]:
    """What a child needs to load the same settings, with what was worked out at the start filled in."""
    values = {**settings.model_dump(), **worked_out}
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items() if value is not None}


def _make_key(file: Path) -> None:
    # Beside it and then renamed: a kill in between must not leave half a key.
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(32))
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(file)


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = f"{PREFIX}{str(first['loc'][0]).upper()}"
    return f"{name} is not right: {_EXPECTED.get(name, first['msg'])}"


_EXPECTED = {
    f"{PREFIX}DATABASE_URL": "a PostgreSQL address such as postgresql://user:password@host/madoguchi is expected",
    f"{PREFIX}SECRET_KEY": "at least 16 characters are expected",
    f"{PREFIX}PUBLIC_URL": "an address such as https://desk.example.com is expected",
    f"{PREFIX}NATS_URL": "an address such as nats://host:4222 is expected",
    f"{PREFIX}S3_URL": "an address such as s3://bucket/folder is expected",
    f"{PREFIX}LOG": "json or console is expected",
    f"{PREFIX}SIMULATOR_URL": "an address such as http://127.0.0.1:8901 is expected",
}

"""What the environment says (contract.md, Environment). Children of a supervisor get the same through theirs."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from madoguchi.core.errors import StartError

PREFIX = "MADOGUCHI_"
_KEY_FILE = "secret.key"

Days = Annotated[int, Meta(ge=1)]
# Addresses and networks, with commas between them.
_NETWORKS = r"^[0-9A-Fa-f.:]+(/\d{1,3})?( *, *[0-9A-Fa-f.:]+(/\d{1,3})?)*$"


class Settings(Struct, frozen=True, kw_only=True):
    database_url: Annotated[str, Meta(pattern=r"^postgres(ql)?://")] | None = None
    data_dir: Path = Path("data")
    secret_key: Annotated[str, Meta(min_length=16)] | None = None
    public_url: Annotated[str, Meta(pattern=r"^https?://[^/]+")] | None = None
    nats_url: Annotated[str, Meta(pattern=r"^(nats|tls|wss?)://")] | None = None
    s3_url: Annotated[str, Meta(pattern=r"^s3://[^/]+")] | None = None
    log: Literal["json", "console"] | None = None
    clock_file: Path | None = None
    simulator_url: Annotated[str, Meta(pattern=r"^https?://[^/]+$")] | None = None
    trusted_proxies: Annotated[str, Meta(pattern=_NETWORKS)] = "127.0.0.1,::1"
    mail_listen: Annotated[str, Meta(pattern=r"^(smtp|lmtp)://[^/:]+:\d{1,5}$")] | None = None
    mail_tls: str | None = None
    traces_url: Annotated[str, Meta(pattern=r"^https?://[^/]+")] | None = None
    keep_webhooks_days: Days = 30
    keep_events_days: Days = 30
    keep_statuses_days: Days = 400

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
        settings = msgspec.convert({**_environment(), **given}, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise StartError(_explain(error)) from None
    # Children run elsewhere: a relative path must keep its meaning.
    return msgspec.structs.replace(settings, data_dir=settings.data_dir.absolute())


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
    values = {**msgspec.structs.asdict(settings), **worked_out}
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


def _environment() -> dict[str, str]:
    """An empty variable is as good as none."""
    found = {name: os.environ.get(f"{PREFIX}{name.upper()}") for name in Settings.__struct_fields__}
    return {name: value for name, value in found.items() if value}


def _path(kind: type, value: object) -> object:
    if kind is not Path:
        raise TypeError(f"no setting is a {kind.__name__}")
    return Path(str(value))


def _explain(error: msgspec.ValidationError) -> str:
    # msgspec names the place as `$.secret_key`, and never repeats the value.
    reason, _, place = str(error).rpartition(" - at `$.")
    name = f"{PREFIX}{place.rstrip('`').upper()}"
    return f"{name} is not right: {_EXPECTED.get(name, reason)}"


_EXPECTED = {
    f"{PREFIX}DATABASE_URL": "a PostgreSQL address such as postgresql://user:password@host/madoguchi is expected",
    f"{PREFIX}SECRET_KEY": "at least 16 characters are expected",
    f"{PREFIX}PUBLIC_URL": "an address such as https://desk.example.com is expected",
    f"{PREFIX}NATS_URL": "an address such as nats://host:4222 is expected",
    f"{PREFIX}S3_URL": "an address such as s3://bucket/folder is expected",
    **dict.fromkeys(
        (f"{PREFIX}KEEP_{what}_DAYS" for what in ("WEBHOOKS", "EVENTS", "STATUSES")),
        "a number of days from 1 on is expected",
    ),
    f"{PREFIX}MAIL_LISTEN": "an address such as lmtp://127.0.0.1:2424 or smtp://0.0.0.0:25 is expected",
    f"{PREFIX}TRACES_URL": "an address such as http://127.0.0.1:4318 is expected",
    f"{PREFIX}LOG": "json or console is expected",
    f"{PREFIX}TRUSTED_PROXIES": "addresses or networks such as 10.0.0.5,172.16.0.0/12 are expected",
    f"{PREFIX}SIMULATOR_URL": "an address such as http://127.0.0.1:8901 is expected",
}

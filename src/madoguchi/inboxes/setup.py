"""What a set-up form's values must be, by the channel's manifest."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from madoguchi.channels.manifest import Manifest, SetupField
from madoguchi.core.errors import FieldError

_MAX_LENGTH = 10_000


def setup_errors(manifest: Manifest, credentials: Mapping[str, Any], settings: Mapping[str, Any]) -> list[FieldError]:
    """Every field that is missing, unknown or of the wrong kind, named `credentials.app_secret` and the like."""
    return [
        *_errors("credentials", manifest.credentials, credentials, manifest, settings),
        *_errors("settings", manifest.settings, settings, manifest, settings),
    ]


def with_defaults(manifest: Manifest, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was chosen is stored, so that a better default of a later version takes effect."""
    defaults = {field.key: field.default for field in manifest.settings if field.default is not None}
    return {**defaults, **settings}


def merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**before, **change}.items() if value is not None}


def cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Text pasted from a provider's page often carries blanks around it."""
    return {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}


def _errors(
    group: str,
    fields: Iterable[SetupField],
    values: Mapping[str, Any],
    manifest: Manifest,
    settings: Mapping[str, Any],
) -> Iterable[FieldError]:
    known = {field.key: field for field in fields}
    for key in values.keys() - known.keys():
        yield FieldError(f"{group}.{key}", "This channel has no such field.")
    for field in known.values():
        value = values.get(field.key)
        if value is None or value == "":
            if field.required and field.default is None and _matters(field, manifest, settings):
                yield FieldError(f"{group}.{field.key}", "This field is required.")
        elif message := _wrong(field, value):
            yield FieldError(f"{group}.{field.key}", message)


def _matters(field: SetupField, manifest: Manifest, settings: Mapping[str, Any]) -> bool:
    return all(manifest.value(key, settings) in values for key, values in field.when.items())


def _wrong(field: SetupField, value: Any) -> str | None:
    if field.type == "number":
        return None if isinstance(value, int | float) and not isinstance(value, bool) else "A number is expected."
    if field.type == "boolean":
        return None if isinstance(value, bool) else "true or false is expected."
    if not isinstance(value, str) or len(value) > _MAX_LENGTH:
        return f"Text of at most {_MAX_LENGTH} characters is expected."
    if field.type == "url":
        return None if _is_url(value) else "An address that begins with https:// or http:// is expected."
    if field.type == "choice" and value not in field.choices:
        return f"One of these is expected: {', '.join(field.choices)}."
    return None


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None

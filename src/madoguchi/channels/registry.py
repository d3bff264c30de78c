"""Finds the channels: every folder beside this file that has a `manifest.toml`.

Nothing else in the product names a channel; adding one is adding its folder.
"""

import importlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from madoguchi.channels.base import Channel
from madoguchi.channels.manifest import Manifest
from madoguchi.core.errors import StartError

FOLDER = Path(__file__).parent
T = TypeVar("T")


class UnknownChannel(KeyError):  # noqa: N818
    def __str__(self) -> str:
        return str(self.args[0])


@cache
def channels() -> Mapping[str, Channel]:
    """All channels by name, in the order of their names."""
    return MappingProxyType(scan(FOLDER, "madoguchi.channels"))


def channel(name: str) -> Channel:
    """Raises UnknownChannel, a KeyError that says which channels there are."""
    try:
        return channels()[name]
    except KeyError:
        known = ", ".join(channels())
        raise UnknownChannel(f"There is no channel {name!r}; there are: {known}.") from None


def scan(folder: Path, package: str) -> dict[str, Channel]:
    """The channels in `folder`, whose code is imported from `package`. Raises StartError naming the file at fault."""
    found = (path.parent for path in sorted(folder.glob("*/manifest.toml")))
    return {each.name: load(each, f"{package}.{each.name}.channel") for each in found}


def load_manifest(folder: Path) -> Manifest:
    """Raises StartError with the file and the key that is wrong."""
    manifest = _decode(folder / "manifest.toml", Manifest, **msgspec.structs.asdict(_strings(folder)))
    if manifest.name != folder.name:
        raise StartError(f"{folder / 'manifest.toml'}: the name is {manifest.name!r}, the folder's is {folder.name!r}.")
    return manifest


class _Strings(msgspec.Struct, forbid_unknown_fields=True):
    errors: dict[str, dict[str, str]] = {}
    troubles: dict[str, dict[str, str]] = {}
    advice: dict[str, dict[str, str]] = {}
    phrases: dict[str, dict[str, str]] = {}
    probed: tuple[str, ...] = ()


def _strings(folder: Path) -> _Strings:
    path = folder / "strings.toml"
    return _decode(path, _Strings) if path.exists() else _Strings()


def _decode(path: Path, kind: type[T], **more: Any) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")) | more, kind)
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"{path} is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise StartError(f"{path}: {error}.") from error


def load(folder: Path, module: str) -> Channel:
    manifest = load_manifest(folder)
    found = getattr(importlib.import_module(module), "Channel", None)
    if not (isinstance(found, type) and issubclass(found, Channel)):
        raise StartError(f"{folder / 'channel.py'} has no class Channel(base.Channel).")
    instance = found()
    instance.manifest = manifest
    return instance

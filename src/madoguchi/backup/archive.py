"""The one file of a backup: a zip (of encrypted bytes or plain ones) with a manifest as its last part.

Parts are written as they come and read as they are asked for, so that memory stays the same for any size.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Literal

import msgspec

from madoguchi.backup.sealed import CannotOpen, SealedReader, SealedWriter, is_sealed
from madoguchi.core.errors import StartError

MANIFEST = "manifest.json"
SECRET_KEY = "secret.key"  # noqa: S105 - the name of a part
FORMAT = 1
_PIECE = 256 * 1024

Kind = Literal["table", "media", "key"]


class Part(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    size: int
    sha256: str
    rows: int = 0
    columns: list[str] = []


class Manifest(msgspec.Struct, frozen=True):
    format: int
    version: str
    revision: str
    """Of the schema the tables were read from."""
    taken_at: str
    parts: list[Part]
    missing_media: list[str] = []
    """Storage keys of files that the database knows and the storage did not have."""

    def of(self, kind: Kind) -> list[Part]:
        return [part for part in self.parts if part.kind == kind]


class Digest:
    """What a part turns out to be while it passes."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._hash.update(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Writer:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def part(self, name: str, *, packed: bool) -> Iterator[IO[bytes]]:
        how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        entry = zipfile.ZipInfo(name)
        entry.compress_type, entry.external_attr = how, 0o600 << 16
        with self._archive.open(entry, "w", force_zip64=True) as out:
            yield out

    def finish(self, manifest: Manifest) -> None:
        self._archive.writestr(MANIFEST, msgspec.json.encode(manifest))


@contextmanager
def create(file: Path, passphrase: str) -> Iterator[Writer]:
    """The file appears when it is whole and on the disk. Raises StartError where it cannot be written."""
    if file.exists():
        raise StartError(f"{file} exists already: choose another name.")
    fresh = file.with_name(f"{file.name}.part")
    try:
        with ExitStack() as stack:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            raw: IO[bytes] = stack.enter_context(os.fdopen(descriptor, "wb"))
            # zipfile must not seek back: what was encrypted is written.
            target: IO[bytes] = _sealed(stack, raw, passphrase) if passphrase else raw
            with zipfile.ZipFile(target, "w", compresslevel=1) as archive:
                yield Writer(archive)
            if passphrase:
                target.close()
            raw.flush()
            os.fsync(raw.fileno())
        fresh.rename(file)
    except OSError as error:
        raise StartError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _sealed(stack: ExitStack, raw: IO[bytes], passphrase: str) -> IO[bytes]:
    return stack.enter_context(SealedWriter(raw, passphrase))  # type: ignore[arg-type]


class Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        if MANIFEST not in archive.namelist():
            raise zipfile.BadZipFile
        self.manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)

    def read(self, part: Part) -> Iterator[bytes]:
        """Raises StartError when the bytes are not those that were written."""
        digest = Digest()
        with self._archive.open(part.name) as found:
            while piece := found.read(_PIECE):
                digest.add(piece)
                yield piece
        if digest.sha256 != part.sha256:
            raise StartError(f"The backup is damaged: {part.name} is not what was written.")


@contextmanager
def open_archive(file: Path, passphrase: str) -> Iterator[Reader]:
    """Raises StartError, also for damage that is only found while reading."""
    try:
        with file.open("rb") as raw:
            sealed = is_sealed(raw)
            if sealed and not passphrase:
                raise StartError(f"{file} is encrypted: give its passphrase (see `madoguchi restore --help`).")
            source: IO[bytes] = SealedReader(raw, passphrase) if sealed else raw  # type: ignore[assignment]
            with zipfile.ZipFile(source) as archive:
                yield Reader(archive)
    except CannotOpen:
        raise StartError(f"{file} cannot be opened: the passphrase is wrong, or the file is damaged.") from None
    except FileNotFoundError:
        raise StartError(f"{file} is not there.") from None
    except (zipfile.BadZipFile, EOFError, msgspec.DecodeError, zlib.error):
        raise StartError(f"{file} is not a backup of Madoguchi, or is damaged.") from None

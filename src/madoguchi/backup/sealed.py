r"""An encrypted file that can be written as a stream and read at any place: AES-256-GCM in chunks, scrypt for the key.

    MADOGUCHI-SEALED-1\n  salt (16)  nonce prefix (4)  then chunks of 1 MiB, each with its tag (16)

A chunk's number is in its nonce and the last one is marked as such, so that chunks cannot be moved, left out or cut off.
"""

import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"MADOGUCHI-SEALED-1\n"
_CHUNK = 1024 * 1024
_TAG = 16
_SALT = 16
_PREFIX = 4
_HEADER = len(MAGIC) + _SALT + _PREFIX


class CannotOpen(Exception):  # noqa: N818
    """Another passphrase, or damage: without the key nobody can tell which."""


def is_sealed(file: IO[bytes]) -> bool:
    found = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    return found


class SealedWriter(io.RawIOBase):
    """Does not close the file below; `close` writes the last chunk."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._cipher = AESGCM(_key(passphrase, salt))
        self._file = file
        self._waiting = bytearray()
        self._number = 0
        file.write(MAGIC + salt + self._prefix)

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._waiting += data
        # One byte more than a chunk: the last chunk is only known at the end.
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._number), chunk, _mark(last)))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Raises CannotOpen at the first chunk that does not fit."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        header = file.read(_HEADER)
        salt, self._prefix = header[len(MAGIC) : -_PREFIX], header[-_PREFIX:]
        self._cipher = AESGCM(_key(passphrase, salt))
        self._file = file
        body = file.seek(0, io.SEEK_END) - _HEADER
        self._chunks = max(1, -(-body // (_CHUNK + _TAG)))
        self._size = body - self._chunks * _TAG
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")
        self._open(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, skip = divmod(self._at, _CHUNK)
        piece = self._open(number)[skip : skip + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _open(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(_HEADER + number * (_CHUNK + _TAG))
            sealed, last = self._file.read(_CHUNK + _TAG), number == self._chunks - 1
            try:
                chunk = self._cipher.decrypt(_nonce(self._prefix, number), sealed, _mark(last))
            except (InvalidTag, ValueError) as error:
                raise CannotOpen from error
            self._held = (number, chunk)
        return self._held[1]


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(8, "big")


def _mark(last: bool) -> bytes:  # noqa: FBT001
    return b"last" if last else b"more"

"""The bytes of media, on disk so that memory stays small."""

import base64
import hashlib
import tempfile
from pathlib import Path


class Files:
    def __init__(self, folder: Path | None) -> None:
        self._temporary = (
            None if folder else tempfile.TemporaryDirectory(prefix="simulator-", ignore_cleanup_errors=True)
        )
        self._folder = folder or Path(self._temporary.name if self._temporary else "")
        self._folder.mkdir(parents=True, exist_ok=True)

    def write(self, media_id: str, data: bytes) -> str:
        """Keep the bytes; their SHA-256 in the base64 form webhooks use."""
        self.path(media_id).write_bytes(data)
        return base64.b64encode(hashlib.sha256(data).digest()).decode()

    def read(self, media_id: str) -> bytes:
        return self.path(media_id).read_bytes()

    def path(self, media_id: str) -> Path:
        return self._folder / media_id

    def clear(self) -> None:
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._temporary:
            self._temporary.cleanup()

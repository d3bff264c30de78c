"""`madoguchi backup` and `madoguchi restore`."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from madoguchi.cli.common import DataOption, JsonOption, answer, database, load
from madoguchi.core.errors import StartError

if TYPE_CHECKING:
    from madoguchi.backup.archive import Reader
    from madoguchi.backup.load import Check, Restored
    from madoguchi.settings import Settings

_PASSPHRASE = "MADOGUCHI_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
_PassphraseOption = Annotated[
    bool,
    typer.Option("--passphrase-stdin", help=f"Read the passphrase from standard input; else {_PASSPHRASE}."),
]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.", show_default=False)],
    passphrase_stdin: _PassphraseOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write everything into one file, media included, as of one moment; the product may go on working. With a passphrase
    the file is encrypted and holds the embedded secret key as well; without one keep that key yourself."""
    from madoguchi.backup.save import Source, save
    from madoguchi.media.storage import open_storage

    settings, passphrase = load(data), _passphrase(passphrase_stdin)
    key = _embedded_key(settings) if passphrase else None
    with database(settings) as dsn, _progress("Backup") as progress:
        source = Source(dsn, open_storage(settings.media_url), version("madoguchi"), key)
        manifest = asyncio.run(save(source, file, passphrase, progress))
    rows, files, size = sum(part.rows for part in manifest.parts), len(manifest.of("media")), file.stat().st_size
    lines = [f"Wrote {rows:,} rows and {files:,} files into {file} ({size:,} bytes)."]
    if manifest.missing_media:
        lines.append(f"{len(manifest.missing_media):,} files were not in the storage any more.")
    if not key:
        lines.append("The secret key is not in it: keep it apart, nothing sealed can be read without it.")
    facts = {"file": str(file), "bytes": size, "rows": rows, "media": files, "encrypted": bool(passphrase)}
    answer(as_json, {**facts, "secret_key": bool(key), "missing_media": manifest.missing_media}, "\n".join(lines))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `madoguchi backup` wrote.", show_default=False)],
    verify: Annotated[bool, typer.Option("--verify", help="Compare every count and hash with the backup's.")] = False,
    passphrase_stdin: _PassphraseOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill an empty installation from a backup. What was waiting to be sent is not sent: the original may have done it
    since; such messages become `uncertain`, and people decide."""
    from madoguchi.backup.archive import open_archive

    settings, passphrase = load(data), _passphrase(passphrase_stdin)
    with open_archive(file, passphrase) as reader:
        restored = _restore(settings, reader, verify=verify)
        parts = reader.manifest.parts
    held = f"{restored.held_back:,} messages were waiting to be sent and are uncertain now."
    done = f"Restored {sum(part.rows for part in parts):,} rows and {len(reader.manifest.of('media')):,} files."
    checks = [{"part": c.part, "rows": c.rows, "found": c.found_rows, "same": c.same} for c in restored.checks]
    if restored.checks and not as_json:
        _table(restored.checks)
    if not restored.verified:
        raise StartError("What was restored is not what was backed up; the database was left empty.")
    facts = {"held_back": restored.held_back, "verified": verify, "checks": checks}
    answer(as_json, facts, f"{done} {held}")


def _restore(settings: "Settings", reader: "Reader", *, verify: bool) -> "Restored":
    from madoguchi.backup.load import Target
    from madoguchi.backup.load import load as fill
    from madoguchi.db.embedded import is_locked
    from madoguchi.media.storage import open_storage

    if settings.embedded and is_locked(settings.data_dir):
        raise StartError(f"Another madoguchi uses the data folder {settings.data_dir}: end it first.")
    key, keep = _key_for(settings, reader)
    with database(settings) as dsn, _progress("Restore") as progress:
        target = Target(dsn, open_storage(settings.media_url), key)
        restored = asyncio.run(fill(reader, target, progress, verify=verify))
    if restored.verified:
        keep()
    return restored


def _key_for(settings: "Settings", reader: "Reader") -> tuple[str, Callable[[], None]]:
    """The secret key, and what to do with it when all went well."""
    from madoguchi.settings import key_file_of, secret_key_of

    file = key_file_of(settings)
    if settings.secret_key or file.exists():
        return secret_key_of(settings), lambda: None
    kept = reader.manifest.of("key")
    if not kept:
        raise StartError(f"The backup does not hold the secret key: set MADOGUCHI_SECRET_KEY, or put it at {file}.")
    key = b"".join(reader.read(kept[0])).decode("ascii")

    def keep() -> None:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(key)

    return key, keep


def _embedded_key(settings: "Settings") -> str | None:
    from madoguchi.settings import key_file_of

    file = key_file_of(settings)
    return file.read_text(encoding="ascii").strip() if not settings.secret_key and file.exists() else None


def _passphrase(from_stdin: bool) -> str:
    if not from_stdin:
        return os.environ.get(_PASSPHRASE, "")
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise typer.BadParameter("no passphrase came on standard input")
    return given


@contextmanager
def _progress(title: str) -> "Iterator[Callable[[str, int, int], None]]":
    """On standard error and only on a terminal: the answer of a command stands alone on standard output."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[part]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, part="", total=None)
        yield lambda part, done, total: bar.update(task, part=part, completed=done, total=total)


def _table(checks: "list[Check]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("part", "backed up", "restored", "", box=None, padding=(0, 2))
    media = [check for check in checks if check.part.startswith("media/")]
    for check in checks:
        if check not in media or not check.same:
            table.add_row(check.part, f"{check.rows:,}", f"{check.found_rows:,}", "✓" if check.same else "✗")
    table.add_row(
        "media", f"{len(media):,}", f"{sum(c.same for c in media):,}", "✓" if all(c.same for c in media) else "✗"
    )
    Console().print(table)

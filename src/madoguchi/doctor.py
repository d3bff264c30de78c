"""`madoguchi doctor`: looks, changes nothing, and says what to do."""

import ipaddress
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from madoguchi.core.errors import StartError
from madoguchi.settings import Settings, load_settings

_GIGABYTE = 1_000_000_000
_OLDEST_PYTHON = (3, 11)
_CONSOLE = Path(__file__).with_name("static") / "console" / "index.html"
# Providers sign and window by the minute; more than this and messages seem to come from another time.
_CLOCK_DRIFT_SECONDS = 30

State = Literal["good", "attention", "broken"]


class Finding(NamedTuple):
    check: str
    state: State
    detail: str
    advice: str = ""


def examine(data: Path | None, port: int) -> list[Finding]:
    findings = [check_python(sys.version_info[:2])]
    try:
        settings = load_settings(data_dir=data)
    except StartError as error:
        return [*findings, Finding("settings", "broken", str(error), "Correct the variable or remove it.")]
    folder = check_data_folder(settings.data_dir)
    findings += [folder, check_disk(settings.data_dir)]
    findings += list(check_database(settings)) if settings.database_url or folder.state == "good" else []
    findings += [check_proxies(settings.trusted_proxies)]
    findings += [check_public_url(settings.public_url), check_port(port, settings.data_dir), check_console()]
    findings += [check_program("ffmpeg", "voice messages are sent as they were recorded", "Install ffmpeg.")]
    return findings


def check_python(version: tuple[int, ...]) -> Finding:
    shown = ".".join(map(str, version))
    if version < _OLDEST_PYTHON:
        return Finding("python", "broken", f"Python {shown}", "Install Python 3.11 or newer.")
    return Finding("python", "good", f"Python {shown}")


def check_data_folder(folder: Path) -> Finding:
    if not folder.exists():
        nearest = next(parent for parent in folder.parents if parent.exists())
        if os.access(nearest, os.W_OK):
            return Finding("data folder", "good", f"{folder} will be made at the first start")
        return Finding("data folder", "broken", f"{nearest} cannot be written", _OTHER_FOLDER)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data folder", "broken", f"{folder} cannot be written", _OTHER_FOLDER)
    return Finding("data folder", "good", str(folder))


def check_disk(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(nearest).free / _GIGABYTE
    state: State = "good" if free > 5 else "attention" if free > 1 else "broken"
    return Finding(
        "disk space", state, f"{free:.1f} GB free", "" if state == "good" else "Make room: media and logs grow."
    )


def check_database(settings: Settings) -> Iterator[Finding]:
    """Reaches the server as `serve` would. An embedded one that is at rest is left so."""
    from madoguchi.db.embedded import running_dsn
    from madoguchi.db.server import connect

    dsn = settings.database_url or running_dsn(settings.data_dir)
    if dsn is None:
        yield _embedded_at_rest()
        return
    try:
        connection = connect(dsn)
    except StartError as error:
        yield Finding("database", "broken", str(error), "Start the server, or correct MADOGUCHI_DATABASE_URL.")
        return
    with closing(connection):
        from madoguchi import doctor_database

        yield from doctor_database.examine(connection, settings)


def _embedded_at_rest() -> Finding:
    from madoguchi.db.postgres_process import binaries

    try:
        binaries()
    except StartError as error:
        return Finding("database", "broken", str(error))
    return Finding("database", "good", "embedded PostgreSQL, not running now; `madoguchi serve` starts it")


def check_public_url(url: str | None) -> Finding:
    name = "public URL"
    if url is None:
        return Finding(
            name, "attention", "not set", "Set MADOGUCHI_PUBLIC_URL: providers call it, so it must be reachable."
        )
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        return Finding(name, "attention", url, "Providers call only https addresses: put a proxy with TLS before it.")
    with suppress(OSError):
        socket.getaddrinfo(parts.hostname, None)
        return Finding(name, "good", url)
    return Finding(name, "broken", f"{parts.hostname} has no address", "Correct MADOGUCHI_PUBLIC_URL or the DNS entry.")


def check_proxies(trusted: str) -> Finding:
    """Sign-in is throttled by the address that the proxy tells, and only a trusted one is believed."""
    name = "trusted proxies"
    try:
        networks = [ipaddress.ip_network(each.strip(), strict=False) for each in trusted.split(",")]
    except ValueError as error:
        return Finding(name, "broken", str(error), "Correct MADOGUCHI_TRUSTED_PROXIES.")
    if any(network.prefixlen == 0 for network in networks):
        detail = "everybody is believed about the address they come from, and can guess passwords unhindered"
        return Finding(name, "attention", detail, "Name only the proxy in MADOGUCHI_TRUSTED_PROXIES.")
    return Finding(name, "good", trusted)


def check_port(port: int, data_dir: Path) -> Finding:
    from madoguchi.db.embedded import is_locked
    from madoguchi.listening import listen

    try:
        listen("127.0.0.1", port).close()
    except StartError as error:
        if data_dir.exists() and is_locked(data_dir):
            return Finding("port", "good", f"{port} is in use, and a madoguchi runs on this data folder")
        return Finding("port", "broken", str(error), "See who has it, or use another with --port.")
    return Finding("port", "good", f"{port} is free")


def check_console() -> Finding:
    if _CONSOLE.exists():
        return Finding("console", "good", "built")
    return Finding(
        "console", "attention", "not built: the API works, the browser shows a notice", "Run `make console`."
    )


def check_program(name: str, without: str, advice: str) -> Finding:
    found = shutil.which(name)
    return Finding(name, "good", found) if found else Finding(name, "attention", f"not installed: {without}", advice)


def check_clock(theirs: float, ours: float | None = None) -> Finding:
    """Our clock against the database's (Unix seconds)."""
    drift = abs(theirs - (time.time() if ours is None else ours))
    if drift > _CLOCK_DRIFT_SECONDS:
        return Finding(
            "clock", "broken", f"{drift:.0f} s away from the database's", "Set the time by NTP on both machines."
        )
    return Finding("clock", "good", f"{drift:.1f} s away from the database's")


def report(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        ok = all(finding.state != "broken" for finding in findings)
        print(json.dumps({"ok": ok, "checks": [finding._asdict() for finding in findings]}, ensure_ascii=False))
    else:
        _table(findings)


def _table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2), show_header=False)
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        said = Text.assemble(finding.detail, (f"\n→ {finding.advice}" if finding.advice else "", "bold"))
        table.add_row(Text(mark, style=colour), finding.check, said)
    Console().print(table)


_OTHER_FOLDER = "Give this account the right to write there, or choose another folder with --data."
_MARKS: dict[State, tuple[str, str]] = {
    "good": ("✓", "green"),
    "attention": ("!", "yellow"),
    "broken": ("✗", "bold red"),
}

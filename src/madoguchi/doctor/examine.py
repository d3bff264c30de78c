"""All questions, in the order in which one answer makes the next one worth asking."""

import sys
from collections.abc import Iterator
from pathlib import Path

from madoguchi.core.errors import StartError
from madoguchi.doctor.address import (
    check_certificate,
    check_mail_certificate,
    check_proxies,
    check_public_url,
    check_reachable,
)
from madoguchi.doctor.finding import Finding
from madoguchi.doctor.machine import (
    check_console,
    check_data_folder,
    check_disk,
    check_port,
    check_program,
    check_python,
    is_running,
)
from madoguchi.settings import Settings, load_settings

_NEEDED_FIRST = {"database", "schema"}


def examine(data: Path | None, port: int) -> list[Finding]:
    findings = [check_python(sys.version_info[:2])]
    try:
        settings = load_settings(data_dir=data)
    except StartError as error:
        return [*findings, Finding("settings", "broken", str(error), "Correct the variable or remove it.")]
    folder = check_data_folder(settings.data_dir)
    findings += [folder, check_disk(settings.data_dir)]
    running = folder.state == "good" and is_running(port, settings.data_dir)
    if settings.database_url or folder.state == "good":
        findings += _database(settings, running=running)
    findings += [check_port(port, settings.data_dir), *_address(settings, running=running), check_console()]
    findings += [check_program("ffmpeg", "voice messages are sent as they were recorded", "Install ffmpeg.")]
    return findings


def _database(settings: Settings, *, running: bool) -> Iterator[Finding]:
    from madoguchi.db.embedded import running_dsn
    from madoguchi.doctor.database import check_at_rest, check_database
    from madoguchi.doctor.work import check_work

    dsn = settings.database_url or running_dsn(settings.data_dir)
    if dsn is None:
        yield from check_at_rest(settings)
        return
    found = list(check_database(dsn, settings))
    yield from found
    # Nothing can be asked of tables that are not there.
    if {each.check for each in found if each.state == "good"} >= _NEEDED_FIRST:
        yield from check_work(dsn, running=running)


def _address(settings: Settings, *, running: bool) -> Iterator[Finding]:
    yield check_proxies(settings.trusted_proxies)
    url = check_public_url(settings.public_url)
    yield url
    # While nothing runs here the address cannot lead to it.
    if settings.public_url and url.state != "broken" and running:
        yield check_reachable(settings.public_url)
    certificate = check_certificate(settings.public_url) if settings.public_url else None
    if certificate:
        yield certificate
    if settings.mail_tls:
        yield check_mail_certificate(settings.mail_tls)

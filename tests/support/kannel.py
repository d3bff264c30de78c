"""Kannel, Debian's gateway, as a peer we did not write: bearerbox bound to a message centre, smsbox for HTTP."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.ports import free_port

_CONFIG = """
group = core
admin-port = {admin}
admin-password = admin
admin-interface = 127.0.0.1
smsbox-port = {boxes}
box-allow-ip = 127.0.0.1
log-file = {folder}/bearerbox.log
log-level = 0

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = {centre}
transceiver-mode = true
smsc-username = desk
smsc-password = secret
system-type = x
reconnect-delay = 1
source-addr-autodetect = yes

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {http}
sendsms-interface = 127.0.0.1
mo-recode = true
log-file = {folder}/smsbox.log
log-level = 0

group = sendsms-user
username = desk
password = kpass
max-messages = 10
concatenation = true

group = sms-service
keyword = default
max-messages = 0
get-url = "{webhook}?from=%p&to=%P&text=%b&charset=%C&at=%T&id=%I"
"""


@asynccontextmanager
async def running_kannel(centre_port: int, webhook: str) -> AsyncIterator[str]:
    """The address of its sendsms."""
    folder = Path(tempfile.mkdtemp(prefix="mdgk"))
    ports = {name: free_port() for name in ("admin", "boxes", "http")}
    config = folder / "kannel.conf"
    config.write_text(_CONFIG.format(folder=folder, centre=centre_port, webhook=webhook, **ports), encoding="utf-8")
    started: list[asyncio.subprocess.Process] = []
    try:
        for name, port in (("bearerbox", ports["boxes"]), ("smsbox", ports["http"])):
            started.append(await _start(name, config))
            await _listens(port)
        yield f"http://127.0.0.1:{ports['http']}/cgi-bin/sendsms"
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def _start(name: str, config: Path) -> asyncio.subprocess.Process:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found, "Kannel is not installed: as root, apt-get install kannel"
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(found, str(config), stdout=quiet, stderr=quiet)


async def _listens(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return

"""Postfix, Debian's mail server, as a peer we did not write: takes mail on a loopback port and hands it over by LMTP."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_port

_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
pickup unix n - n 300 1 pickup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, folder: Path, lmtp_port: int) -> None:
        self.folder = folder
        self.port = free_port()
        self._lmtp_port = lmtp_port

    def start(self) -> None:
        for name in ("queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "main.cf").write_text(self._config(), encoding="utf-8")
        (self.folder / "master.cf").write_text(_SERVICES.format(port=self.port), encoding="utf-8")
        started = subprocess.run([_program(), "-c", self.folder, "start"], capture_output=True, text=True, check=False)
        assert started.returncode == 0, started.stderr
        end = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)

    def stop(self) -> None:
        subprocess.run([_program(), "-c", self.folder, "stop"], capture_output=True, check=False)

    def again(self) -> None:
        """Tries all it has at once: it lets a mail rest for minutes that it was about to close when its queue was looked through."""
        subprocess.run([_program(), "-c", self.folder, "flush"], capture_output=True, check=True)

    def waiting(self) -> int:
        """Mails in its queue."""
        return sum(
            1
            for name in ("incoming", "active", "deferred")
            for path in (self.folder / "queue" / name).rglob("*")
            if path.is_file()
        )

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8") if (self.folder / "log").exists() else ""

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _config(self) -> str:
        return f"""
compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
maillog_file_prefixes = {self.folder}
maillog_file = {self.folder}/log
myhostname = mx.minato.example
mydestination =
local_transport = error:there is no local mail
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = minato.example
virtual_transport = lmtp:inet:127.0.0.1:{self._lmtp_port}
alias_maps =
message_size_limit = 0
virtual_mailbox_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
"""


def _program() -> str:
    found = shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin")
    assert found, "Postfix is not installed: as root, apt-get install postfix"
    assert os.getuid() == 0, "Postfix has to be started by root"
    return found


@contextlib.contextmanager
def running_postfix(lmtp_port: int) -> Iterator[Postfix]:
    folder = Path(tempfile.mkdtemp(prefix="mdgp"))
    folder.chmod(0o755)
    server = Postfix(folder, lmtp_port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

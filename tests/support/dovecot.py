"""Dovecot, Debian's mail server, as a peer we did not write: one user, one mailbox, on loopback."""

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_port

USER, PASSWORD = "support@minato.example", "secret password"


class Dovecot:
    def __init__(self, folder: Path, introspection: str = "") -> None:
        """`introspection`: where the server asks whether an access token is good."""
        self.folder = folder
        self.port = free_port()
        self.pop3_port = free_port()
        self._introspection = introspection
        # Dovecot opens no mailbox of root's.
        nobody = pwd.getpwnam("nobody")
        self._owner = (os.getuid(), os.getgid()) if os.getuid() else (nobody.pw_uid, nobody.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.folder / "dovecot.conf").write_text(self._config(), encoding="utf-8")
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        self._process = subprocess.Popen([_program(), "-F", "-c", self.folder / "dovecot.conf"])
        end = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "log").read_text("utf-8")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)

    def deliver(self, *mails: bytes, start: int = 1) -> None:
        """As a delivery agent does: written aside, then moved into `new`."""
        for number, raw in enumerate(mails, start):
            aside = self.folder / "mail" / "tmp" / f"{number:06}.eml"
            aside.write_bytes(raw)
            os.chown(aside, *self._owner)
            aside.rename(self.folder / "mail" / "new" / f"{1_700_000_000 + number}.M{number:06}.host")

    def unseen(self) -> int:
        """Mails that nobody has marked as read, as another program sees them."""
        import imaplib

        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(USER, PASSWORD)
            client.select("INBOX", readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    def set_password(self, password: str) -> None:
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{password}\n", encoding="utf-8")

    def renumber(self) -> None:
        """The mailbox gets a new UIDVALIDITY, as after a restored backup."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.folder / "mail" / name).unlink(missing_ok=True)
        for path in self.folder.glob("mail/dovecot-uidvalidity*"):
            path.unlink()

    def _token_check(self) -> str:
        if not self._introspection:
            return ""
        (self.folder / "oauth2.conf").write_text(
            f"introspection_url = {self._introspection}\nintrospection_mode = post\nusername_attribute = username\n"
            "active_attribute = active\nactive_value = true\n",
            encoding="utf-8",
        )
        return (
            "auth_mechanisms = plain login xoauth2 oauthbearer\n"
            f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {self.folder}/oauth2.conf\n}}\n"
        )

    def left(self) -> int:
        """Mails in the mailbox."""
        return sum(1 for name in ("new", "cur") for _ in (self.folder / "mail" / name).iterdir())

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _config(self) -> str:
        me = getpass.getuser()
        group = grp.getgrgid(os.getgid()).gr_name
        nobody = me if os.getuid() else pwd.getpwnam("nobody").pw_name
        for name in ("cur", "new", "tmp"):
            (self.folder / "mail" / name).mkdir(parents=True, exist_ok=True)
        for path in (self.folder / "mail", *(self.folder / "mail").iterdir()):
            os.chown(path, *self._owner)
        return f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 0
first_valid_gid = 0
default_login_user = {nobody}
default_internal_user = {nobody}
default_internal_group = {group}
mail_location = maildir:{self.folder}/mail
mail_max_userip_connections = 50
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.pop3_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{self._token_check()}
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={self._owner[0]} gid={self._owner[1]} home={self.folder}/mail
}}
"""


def _program() -> str:
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    assert found, "Dovecot is not installed: as root, apt-get install dovecot-imapd"
    return found


@contextlib.contextmanager
def running_dovecot(introspection: str = "") -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="mdgd"))
    folder.chmod(0o755)
    server = Dovecot(folder, introspection)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

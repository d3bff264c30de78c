"""Servers of other people's making that the tests talk to."""

import shutil

from debian import install


def find_or_install_dovecot() -> str | None:
    """None when Dovecot is there, else the reason why not."""
    if shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin"):
        return None
    print("Installing Dovecot for the e-mail tests …", flush=True)
    return install("dovecot-imapd")

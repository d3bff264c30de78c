"""Programs of other people's making that the tests talk to: mail servers, an SMS gateway, a sound and video converter."""

import shutil

from debian import install

# The command that shows it is there, and the package of the distribution that brings it.
_PEERS = {
    "dovecot": "dovecot-imapd",
    "pop3": "dovecot-pop3d",
    "postfix": "postfix",
    "bearerbox": "kannel",
    "ffmpeg": "ffmpeg",
}
# Not a command of its own but a part of Dovecot's.
_ELSEWHERE = {"pop3": "/usr/lib/dovecot/pop3"}


def find_or_install() -> list[str]:
    """Says for each program that is missing afterwards why it is; what needs it will fail and say how to get it."""
    packages = [package for command, package in _PEERS.items() if not _there(command)]
    if not packages:
        return []
    print(f"Installing for the tests: {', '.join(packages)} …", flush=True)
    reason = install(*packages)
    return [f"{package} is missing: {reason or 'the package did not bring it'}" for package in _missing()]


def _missing() -> list[str]:
    return [package for command, package in _PEERS.items() if not _there(command)]


def _there(command: str) -> bool:
    place = _ELSEWHERE.get(command, command)
    return bool(shutil.which(place) or shutil.which(place, path="/usr/sbin"))

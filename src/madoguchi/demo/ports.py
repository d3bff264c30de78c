"""The simulators listen on the port after the console's."""

from urllib.parse import urlsplit


def simulator_of(console_url: str) -> str:
    parts = urlsplit(console_url)
    return f"{parts.scheme}://{parts.hostname}:{(parts.port or 0) + 1}"

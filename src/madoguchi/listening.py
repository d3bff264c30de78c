"""The listening socket: taken before anything else starts, handed down to the web processes."""

import errno
import socket

from madoguchi.core.errors import StartError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Port 0 takes a free one. Raises StartError when the port is taken or not ours to take."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise StartError(f"No network address {host}: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(_explain(error, host, port)) from None
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: end the program that has it, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} may only be used by the system: choose one above 1023 with --port."
    return f"Cannot listen on {host}, port {port}: {error.strerror or error}"

"""A node that serves, reaching the database through something that can be cut, and a worker on another way to it."""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from psycopg.conninfo import conninfo_to_dict

from madoguchi.db.embedded import EmbeddedServer
from tests.faults.storm.faults import Fault
from tests.faults.storm.installation import MAIN, Installation

_SOCKET = ".s.PGSQL.5432"
_CUT_SECONDS = 10


class Wire:
    """Between the node and the database. Cut, it neither refuses nor answers; mended, what hung on it is gone."""

    def __init__(self, folder: Path, beyond: Path) -> None:
        folder.mkdir()
        folder.chmod(0o755)
        self._beyond = str(beyond)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        (folder / _SOCKET).chmod(0o777)
        self._listener.listen(200)
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def _run(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        for each in list(self._open):
            _end(each)
        self._whole.set()

    def close(self) -> None:
        _end(self._listener)
        self.mend()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._run(self._carry, near)

    def _carry(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        ends = {near: far, far: near}
        self._open |= ends.keys()
        try:
            self._whole.wait()
            far.connect(self._beyond)
            self._forward(ends)
        except OSError:
            return
        finally:
            self._open -= ends.keys()
            near.close()
            far.close()

    def _forward(self, ends: dict[socket.socket, socket.socket]) -> None:
        with selectors.DefaultSelector() as selector:
            for end in ends:
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    end = cast("socket.socket", key.fileobj)
                    data = end.recv(65536)
                    self._whole.wait()
                    if not data:
                        return
                    ends[end].sendall(data)


def _end(each: socket.socket) -> None:
    """Whoever reads from it or waits on it goes on, and closes it."""
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


class TwoNodes(Installation):
    def __init__(self, folder: Path, simulator_folder: Path) -> None:
        super().__init__(folder, simulator_folder)
        self._server = EmbeddedServer(folder / "database")
        (folder / "database").mkdir()
        direct = self._server.start()
        sockets = Path(str(conninfo_to_dict(direct)["host"]))
        self.wire = Wire(folder / "wire", sockets / _SOCKET)
        self._direct = f"postgresql://madoguchi@/madoguchi?host={sockets}"
        self._environment |= {
            "MADOGUCHI_DATABASE_URL": f"postgresql://madoguchi@/madoguchi?host={folder / 'wire'}",
            "MADOGUCHI_SECRET_KEY": "a key that both nodes know",
        }

    def start(self) -> None:
        super().start()
        # Later than `serve`, which migrates; it waits for the schema like any node.
        self._start("worker", MAIN, "worker", "--data", str(self.folder / "other"), MADOGUCHI_DATABASE_URL=self._direct)

    def stop_everything(self) -> None:
        super().stop_everything()
        self.wire.close()
        self._server.stop()


def cut_the_network(installation: Installation) -> None:
    """The node that serves sees no database; the other node goes on with what is there."""
    assert isinstance(installation, TwoNodes)
    installation.wire.cut()
    try:
        time.sleep(_CUT_SECONDS)
    finally:
        installation.wire.mend()


ALL = (Fault(f"a node is cut off from the database for {_CUT_SECONDS} s", cut_the_network),)

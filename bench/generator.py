"""Start the load generator, tell it when to go, read its figures."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_LOAD = Path(__file__).with_name("load.py")


class Generator:
    """Prepares its requests at once; `go()` sends them and returns the figures."""

    def __init__(self, port: int, path: str, secret: str, **options: Any) -> None:
        given = {"port": port, "path": path, "secret": secret, "people": 2000, "connections": 32, **options}
        self._process = subprocess.Popen(
            [sys.executable, str(_LOAD), json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._line()

    def start(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def figures(self) -> dict[str, Any]:
        answer = json.loads(self._line())
        self._process.wait(30)
        return dict(answer)

    def go(self) -> dict[str, Any]:
        self.start()
        return self.figures()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

"""Slows down guessing of passwords. Counted in this process: with N web workers a guesser has N times as many."""

import time
from collections import deque

from madoguchi.core.errors import RateLimited

_WINDOW_SECONDS = 300.0
_PER_PERSON = 10  # wrong passwords for one address from one place
_PER_PLACE = 100
_REMEMBERED_MOST = 20_000


class Throttle:
    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], deque[float]] = {}

    def begin(self, email: str, address: str) -> None:
        """Raises RateLimited with the seconds to wait. An attempt counts as failed until it has succeeded: those that
        are made at once must not all be let through while the first is being checked."""
        waits = [
            self._wait((email.lower(), address), _PER_PERSON),
            self._wait(("", address), _PER_PLACE),
        ]
        if seconds := max(waits):
            raise RateLimited("Too many attempts. Try again later.", retry_after=seconds)
        self._count(email, address)

    def _count(self, email: str, address: str) -> None:
        if len(self._failures) > _REMEMBERED_MOST:
            self._failures.clear()
        for key in ((email.lower(), address), ("", address)):
            self._failures.setdefault(key, deque(maxlen=_PER_PLACE)).append(time.monotonic())

    def succeeded(self, email: str, address: str) -> None:
        self.withdraw(email, address)
        self._failures.pop((email.lower(), address), None)

    def withdraw(self, email: str, address: str) -> None:
        """The attempt was not one: nobody looked at the password."""
        for key in ((email.lower(), address), ("", address)):
            if times := self._failures.get(key):
                times.pop()

    def _wait(self, key: tuple[str, str], most: int) -> int:
        """Seconds until one more attempt is allowed; 0 for now."""
        times = self._failures.get(key)
        oldest = time.monotonic() - _WINDOW_SECONDS
        while times and times[0] < oldest:
            times.popleft()
        if not times:
            self._failures.pop(key, None)
            return 0
        return int(times[len(times) - most] - oldest) + 1 if len(times) >= most else 0

"""Slower when the operator says so, and slowly as fast as before."""

import asyncio

_FIRST_GAP = 0.05
_LONGEST_GAP = 2.0
_RECOVERY = 0.9


class Pace:
    """`gap` seconds between two submits: doubled by each "too fast", a tenth less with each message that was taken."""

    def __init__(self) -> None:
        self.gap = 0.0
        self._free_at = 0.0

    async def wait(self) -> None:
        if not self.gap:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at)
        self._free_at = at + self.gap
        await asyncio.sleep(at - now)

    def slower(self) -> None:
        self.gap = min(max(self.gap * 2, _FIRST_GAP), _LONGEST_GAP)

    def faster(self) -> None:
        self.gap = self.gap * _RECOVERY if self.gap > _FIRST_GAP / 10 else 0.0

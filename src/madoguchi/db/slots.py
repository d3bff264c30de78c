"""Which worker works for which inboxes.

An inbox belongs to one of 64 slots; a slot belongs to the connection that holds its session advisory lock. The work is
committed on that same connection, so a worker that lost its connection has lost its slots and can commit nothing.
"""

from collections.abc import Collection

from madoguchi.db.pool import Connection

SLOTS = 64
INBOUND_LOCKS = 7301
OUTBOUND_LOCKS = 7302
LISTENER_LOCKS = 7303
_PRESENCE_OFFSET = 1000  # the second key of a worker's presence lock, beyond all slots


class Slots:
    """The slots one connection holds. Call `balance()` every few seconds."""

    def __init__(self, connection: Connection, lock_class: int) -> None:
        self._connection = connection
        self._class = lock_class
        self.held: set[int] = set()
        """Work may be taken from these."""
        self.leaving: set[int] = set()
        """Somebody else's share, ours until the work that is under way in them is written down."""

    async def join(self) -> None:
        """Make this worker count when the others compute their share."""
        await self._connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (self._class, _PRESENCE_OFFSET))

    async def balance(self, busy: Collection[int] = ()) -> set[int]:
        """Take free slots up to a fair share and give back what is over it; returns the slots just taken.

        From `busy` slots nothing more is taken, but they are given back only when they are not busy any more.
        """
        share = -(-SLOTS // max(1, await self._workers()))
        self._choose(share)
        for slot in self.leaving - set(busy):
            await self._connection.execute("SELECT pg_advisory_unlock(%s, %s)", (self._class, slot))
            self.leaving.discard(slot)
        taken = await self._take(share - len(self.held))
        self.held |= taken
        return taken

    def _choose(self, share: int) -> None:
        """Which of the locked slots are ours to work from: a worker may have left before we had given all back."""
        locked = sorted(self.held) + sorted(self.leaving)
        self.held, self.leaving = set(locked[:share]), set(locked[share:])

    async def _workers(self) -> int:
        cursor = await self._connection.execute(
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (self._class, _PRESENCE_OFFSET),
        )
        row = await cursor.fetchone()
        return int(row["n"]) if row else 1

    async def _take(self, wanted: int) -> set[int]:
        taken: set[int] = set()
        for slot in range(SLOTS):
            if len(taken) >= wanted:
                break
            if slot not in self.held | self.leaving and await self._try_lock(slot):
                taken.add(slot)
        return taken

    async def _try_lock(self, slot: int) -> bool:
        cursor = await self._connection.execute("SELECT pg_try_advisory_lock(%s, %s) AS locked", (self._class, slot))
        row = await cursor.fetchone()
        return bool(row and row["locked"])

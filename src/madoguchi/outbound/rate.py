"""How fast an inbox may send, and how often to one person: token buckets in the worker that owns the inbox."""

from msgspec import Struct


class Bucket(Struct):
    """`rate` tokens a second, at most `burst` saved up; starts full."""

    rate: float
    burst: float
    level: float
    filled_at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "Bucket":
        return cls(rate, burst, burst, now)

    def available(self, now: float) -> int:
        self._fill(now)
        return int(self.level)

    def take(self, count: int, now: float) -> None:
        self._fill(now)
        self.level -= count

    def seconds_until_next(self, now: float) -> float:
        self._fill(now)
        return max(0.0, (1 - self.level) / self.rate)

    def _fill(self, now: float) -> None:
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now


class Buckets:
    """Buckets by key; those that are full again are forgotten, so that memory follows the traffic."""

    def __init__(self) -> None:
        self._buckets: dict[object, Bucket] = {}

    def get(self, key: object, rate: float, burst: float, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[key] = Bucket.full(rate, burst, now)
        return bucket

    def existing(self, key: object) -> Bucket:
        return self._buckets[key]

    def forget_full(self, now: float) -> None:
        for key in [key for key, b in self._buckets.items() if b.available(now) >= b.burst]:
            del self._buckets[key]

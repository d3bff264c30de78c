"""Meta's two rate limits: per number and second, and per pair of number and customer."""

from dataclasses import dataclass

from madoguchi.simulator.state import Number, Thread

PAIR_SECONDS = 6.0
PAIR_BURST = 45


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Throughput:
    """Messages in and out share one bucket per number, one second deep."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def take(self, number: Number, now: float, *, force: bool = False) -> bool:
        """Whether the message fits; `force` counts it in any case, as for what customers send."""
        rate = number.throughput
        if not rate:
            return True
        bucket = self._buckets.setdefault(number.id, _Bucket(rate, now))
        bucket.tokens = min(rate, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1 and not force:
            return False
        bucket.tokens = max(0.0, bucket.tokens - 1)
        return True


def pair_allows(thread: Thread, now: float) -> bool:
    """One message in six seconds, of which up to 45 may be borrowed. Books the message if it fits."""
    repaid = max(0.0, now - thread.pair_at) / PAIR_SECONDS
    debt = max(0.0, thread.pair_debt - repaid)
    if debt > PAIR_BURST - 1:
        return False
    thread.pair_debt, thread.pair_at = debt + 1, now
    return True

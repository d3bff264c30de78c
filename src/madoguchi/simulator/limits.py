"""Meta's limits: per number and second, per pair of number and customer, per portfolio and day."""

from dataclasses import dataclass

from madoguchi.simulator.state import DAY, Number, Portfolio, Thread

PAIR_SECONDS = 6.0
PAIR_BURST = 45
# Customers a day; what is not here is unlimited.
MOST = {"TIER_250": 250, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}


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


class NewConversations:
    """Whom a portfolio wrote to by template outside the window within a day: Meta's messaging limit."""

    def __init__(self) -> None:
        self._written: dict[str, dict[str, float]] = {}

    def take(self, portfolio: Portfolio, customer_id: str, now: float) -> bool:
        """Whether one more customer fits; who was written to within the day always does. Books the customer."""
        written = {who: at for who, at in self._written.get(portfolio.id, {}).items() if 0 <= now - at < DAY}
        self._written[portfolio.id] = written
        if customer_id in written:
            return True
        most = MOST.get(portfolio.messaging_limit)
        if most is not None and len(written) >= most:
            return False
        written[customer_id] = now
        return True

    def fill(self, portfolio: Portfolio, now: float) -> None:
        """As many others were written to as the limit allows."""
        others = MOST.get(portfolio.messaging_limit) or 0
        self._written[portfolio.id] = {f"other-{place}": now for place in range(others)}

    def clear(self) -> None:
        self._written.clear()

    def empty(self, portfolio: Portfolio) -> None:
        self._written.pop(portfolio.id, None)

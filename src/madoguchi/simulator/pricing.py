"""What a delivered message would cost by Meta's rules, which changed on 2026-10-01."""

from datetime import UTC, datetime

from madoguchi.simulator.clock import from_rfc3339
from madoguchi.simulator.settings import Rules
from madoguchi.simulator.state import Json, Number, Thread


def block(rules: Rules, number: Number, thread: Thread, category: str, now: float) -> Json:
    """The `pricing` of a status. Counts a service message against the number's monthly allowance."""
    kind, category = _kind(rules, number, thread, category, now)
    return {
        "billable": kind == "regular",
        "pricing_model": "PMP",
        "type": kind,
        "category": category,
    }


def entry_point_open(thread: Thread, now: float) -> bool:
    return now < thread.entry_point_until


def _kind(
    rules: Rules,
    number: Number,
    thread: Thread,
    category: str,
    now: float,
) -> tuple[str, str]:
    if entry_point_open(thread, now):
        return "free_entry_point", "referral_conversion"
    changed = now >= from_rfc3339(rules.price_change_at)
    if category == "service":
        within = not changed or _count_service(number, now) <= rules.service_messages_free
        return "free_customer_service" if within else "regular", category
    if category == "utility" and not changed and thread.window_open(now):
        return "free_customer_service", category
    return "regular", category


def _count_service(number: Number, now: float) -> int:
    month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    count = number.service_messages.get(month, 0) + 1
    number.service_messages[month] = count
    return count

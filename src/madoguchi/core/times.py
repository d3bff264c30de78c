"""Times as the API writes them: RFC 3339, UTC, milliseconds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, overload

from msgspec import Meta

Timestamp = Annotated[str, Meta(examples=["2026-11-22T09:30:00.000Z"], extra_json_schema={"format": "date-time"})]


@overload
def rfc3339(moment: datetime) -> str: ...
@overload
def rfc3339(moment: None) -> None: ...
def rfc3339(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def stamped(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its times as the API writes them."""
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in row.items()}

"""What was merged into another conversation changes no more by itself: whoever tries is led to the one that stays."""

from collections.abc import Mapping
from typing import Any

from madoguchi.core.errors import Conflict


def check_unmerged(row: Mapping[str, Any]) -> None:
    """`row` has `survivor_id`. Raises Conflict, which names the `survivor`."""
    if row["survivor_id"] is not None:
        raise Conflict("This conversation was merged into another one. Go on there.", survivor=row["survivor_id"])

"""What those who look after the workspace hear of when a template changes its state."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.db.pool import Connection
from madoguchi.events.service import Change
from madoguchi.notices.models import Level
from madoguchi.notices.service import News, do_notify, do_settle

_TROUBLE: dict[str, Level] = {"rejected": "attention", "paused": "attention", "disabled": "trouble"}


async def tell_changes(
    tx: Connection, workspace_id: UUID, inbox_id: UUID, before: Iterable[DictRow], after: Iterable[DictRow]
) -> list[Change]:
    """`before` and `after` are rows of the same templates; one that was not there before is no news."""
    known = {row["id"]: row for row in before}
    pairs = [(known[row["id"]], row) for row in after if row["id"] in known]
    news = [each for old, new in pairs for each in _news(inbox_id, old, new)]
    settled = [each for old, new in pairs for each in _settled(old, new)]
    return [*await do_settle(tx, workspace_id, settled), *await do_notify(tx, workspace_id, news)]


async def tell_announced(
    tx: Connection, workspace_id: UUID, inbox_id: UUID, rows: Iterable[DictRow], category: str | None
) -> list[Change]:
    """A category that a template will have from tomorrow."""
    if not category:
        return []
    return await do_notify(
        tx,
        workspace_id,
        [
            News(
                "template_category_will_change",
                str(row["id"]),
                "attention",
                inbox_id,
                {**_about(row), "previous": row["category"].lower(), "category": category},
            )
            for row in rows
        ],
    )


def _about(row: DictRow) -> dict[str, str]:
    return {"template_id": str(row["id"]), "name": row["name"], "language": row["language"]}


def _news(inbox_id: UUID, old: DictRow, new: DictRow) -> Iterator[News]:
    status, category = new["status"].lower(), new["category"].lower()
    about = _about(new)
    if status in _TROUBLE and status != old["status"].lower():
        data = {**about, "reason": new["reason"] or ""}
        yield News(f"template_{status}", str(new["id"]), _TROUBLE[status], inbox_id, data)
    if category != old["category"].lower():
        data = {**about, "previous": old["category"].lower(), "category": category}
        yield News("template_category_changed", str(new["id"]), "attention", inbox_id, data)


def _settled(old: DictRow, new: DictRow) -> Sequence[tuple[str, str]]:
    """A template in another state: what was said of the former one is over."""
    status, over = new["status"].lower(), []
    if status != old["status"].lower():
        over += [f"template_{each}" for each in _TROUBLE if each != status]
    if new["category"].lower() != old["category"].lower():
        over.append("template_category_will_change")
    return [(kind, str(new["id"])) for kind in over]

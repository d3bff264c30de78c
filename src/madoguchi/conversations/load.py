"""Whole conversations and messages by id: a constant number of statements, whatever the number of ids."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.conversations.models import (
    Attachment,
    Author,
    ConversationOut,
    InboxRef,
    LastMessage,
    MessageOut,
    Named,
    Needs,
    Quoted,
    Reaction,
    Schedule,
    failure_of,
)
from madoguchi.conversations.window import window_of
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

T = TypeVar("T")


async def load_messages(
    tx: Connection, workspace_id: UUID, ids: Iterable[UUID], *, pages: bool = False
) -> list[MessageOut]:
    """In the order of `ids`; those that are not there are left out. Three statements. `pages`: with the HTML of letters, which
    may be a hundred times the rest."""
    distinct = list(dict.fromkeys(ids))
    if not distinct:
        return []
    wanted = {"workspace_id": workspace_id, "ids": distinct}
    rows = {row["id"]: row for row in await _all(tx, Q.messages, {**wanted, "pages": pages})}
    files = await _grouped(tx, Q.attachments, wanted, _attachment)
    reactions = await _grouped(tx, Q.reactions, wanted, _reaction)
    return [_message(rows[i], files.get(i, []), reactions.get(i, [])) for i in distinct if i in rows]


async def load_conversations(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[ConversationOut]:
    """In the order of `ids`; those that are not there are left out. One statement."""
    distinct = list(dict.fromkeys(ids))
    if not distinct:
        return []
    rows = {row["id"]: row for row in await _all(tx, Q.conversations, {"workspace_id": workspace_id, "ids": distinct})}
    return [_conversation(rows[i]) for i in distinct if i in rows]


async def _all(tx: Connection, query: Any, parameters: dict[str, Any]) -> list[DictRow]:
    return await (await tx.execute(query, parameters)).fetchall()


async def _grouped(
    tx: Connection, query: Any, parameters: dict[str, Any], make: Callable[[DictRow], T]
) -> dict[UUID, list[T]]:
    grouped: dict[UUID, list[T]] = defaultdict(list)
    for row in await _all(tx, query, parameters):
        grouped[row["message_id"]].append(make(row))
    return grouped


def _message(row: DictRow, files: list[Attachment], reactions: list[Reaction]) -> MessageOut:
    return MessageOut(
        id=row["id"],
        conversation_id=row["conversation_id"],
        direction=row["direction"],
        type=row["type"],
        text=row["text"],
        attachments=files,
        reactions=reactions,
        status=row["status"],
        error=failure_of(row["error"]),
        author=_author(row),
        reply_to=_quoted(row),
        provider_id=row["provider_id"],
        data=row["data"],
        created_at=rfc3339(row["created_at"]),
        sent_at=rfc3339(row["sent_at"]),
        delivered_at=rfc3339(row["delivered_at"]),
        read_at=rfc3339(row["read_at"]),
        failed_at=rfc3339(row["failed_at"]),
        schedule=_schedule(row),
        merged_from=Named(row["from_id"], row["from_subject"]) if row["from_id"] else None,
    )


def _schedule(row: DictRow) -> Schedule | None:
    if row["waits_scheduled"] is None:
        return None
    asks: dict[str, Any] | None = row["waits_asks"]
    at = datetime.fromisoformat(asks["at"]) if asks else row["waits_until"]
    needs = Needs(asks["code"], asks["title"], asks["detail"], asks["allowed"]) if asks else None
    return Schedule("scheduled" if row["waits_scheduled"] else "hold", rfc3339(at), needs)


def _conversation(row: DictRow) -> ConversationOut:
    return ConversationOut(
        id=row["id"],
        inbox_id=row["inbox_id"],
        inbox=InboxRef(row["inbox_id"], row["inbox_name"], row["channel"]),
        channel=row["channel"],
        contact=Named(row["contact_id"], row["contact_name"]),
        subject=row["subject"],
        status=row["status"],
        snoozed_until=rfc3339(row["snoozed_until"]),
        close_reason=row["close_reason"],
        assignee=Named(row["assignee_id"], row["assignee_name"]) if row["assignee_id"] else None,
        team=Named(row["team_id"], row["team_name"]) if row["team_id"] else None,
        claim=row["claim"],
        labels=row["labels"],
        unread=row["unread"],
        failed=row["failed"],
        asks=row["asks"],
        waiting_since=rfc3339(row["waiting_since"]) if row["status"] == "open" else None,
        last_message=_last_message(row),
        last_activity_id=row["last_activity_id"],
        window=window_of(row["channel"], row["window_closes_at"], clock.now(), row["free_until"]),
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
        merged_into=row["survivor_id"],
        merged=[Named(UUID(each["id"]), each["name"]) for each in row["merged"] or []],
    )


def _last_message(row: DictRow) -> LastMessage | None:
    if row["last_id"] is None:
        return None
    return LastMessage(
        id=row["last_id"],
        direction=row["last_direction"],
        type=row["last_type"],
        text=row["last_text"],
        status=row["last_status"],
        author=_author(row, "last_"),
        created_at=rfc3339(row["last_created_at"]),
        data=row["last_data"] or {},
    )


def _quoted(row: DictRow) -> Quoted | None:
    if row["quoted_id"] is None:
        return None
    return Quoted(row["quoted_id"], row["quoted_type"], row["quoted_text"], _author(row, "quoted_"))


def _author(row: DictRow, prefix: str = "") -> Author:
    return Author(row[f"{prefix}author_kind"], row[f"{prefix}author_id"], row[f"{prefix}author_name"] or "")


def _attachment(row: DictRow) -> Attachment:
    return Attachment(
        id=row["id"],
        name=row["name"],
        content_type=row["content_type"],
        size=row["size"],
        url=f"/api/v1/media/{row['id']}" if row["state"] == "stored" else None,
        state=row["state"],
        width=row["width"],
        height=row["height"],
    )


def _reaction(row: DictRow) -> Reaction:
    return Reaction(row["emoji"], _author(row))

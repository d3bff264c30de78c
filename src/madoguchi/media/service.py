"""Files: taken in, handed out, fetched once more."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.jobs import defer
from madoguchi.media.intake import Taken, take
from madoguchi.media.jobs import fetch
from madoguchi.media.models import MediaOut
from madoguchi.media.names import clean_name, name_or_default
from madoguchi.media.sniff import canonical, content_type_of, matches
from madoguchi.media.storage import Storage
from madoguchi.media.upload import Incoming

Q = load_queries(__file__)

_UNKNOWN = {"", "application/octet-stream"}


async def do_take(storage: Storage, workspace_id: UUID, incoming: Incoming) -> tuple[UUID, Taken]:
    """Store an upload's bytes. Raises Invalid (the content is not what was said, or nothing), TooLarge."""
    media_id = new_id()

    def judge(head: bytes) -> str:
        check_content(head, incoming.content_type)
        return content_type_of(head, incoming.content_type)

    return media_id, await take(storage, storage_key(workspace_id, media_id), incoming.chunks, judge)


def check_content(head: bytes, said: str) -> None:
    if not head:
        raise _refusal("The file is empty.")
    if canonical(said) not in _UNKNOWN and not matches(head, said):
        raise _refusal(f"The content of the file is not {canonical(said)}.")


async def do_insert(tx: Connection, principal: Principal, media_id: UUID, name: str, taken: Taken) -> MediaOut:
    values = {
        "workspace_id": principal.workspace_id,
        "id": media_id,
        "name": name_or_default(clean_name(name), taken.content_type, str(media_id)),
        "content_type": taken.content_type,
        "size": taken.size,
        "sha256": taken.sha256,
        "width": taken.width,
        "height": taken.height,
        "storage_key": storage_key(principal.workspace_id, media_id),
        "created_by": principal.agent_id,
        "now": clock.now(),
    }
    await tx.execute(Q.insert, values)
    return media_out({**values, "state": "stored", "created_at": values["now"]})


async def do_copy(tx: Connection, storage: Storage, principal: Principal, media_id: UUID) -> MediaOut:
    """A fresh upload of the same bytes, since a file goes with one message. Raises NotFound, Conflict."""
    row = await get_stored(tx, principal.workspace_id, media_id)
    copy_id = new_id()
    key = storage_key(principal.workspace_id, copy_id)
    measured = {name: row[name] for name in Taken.__struct_fields__}
    try:
        await storage.write(key, storage.read(row["storage_key"]))
        return await do_insert(tx, principal, copy_id, row["name"], Taken(**measured))
    except FileNotFoundError:
        raise NotFound("The file is missing from the storage.", state="lost") from None
    except BaseException:
        await storage.delete(key)
        raise


async def get_unsent(tx: Connection, workspace_id: UUID, media_ids: Sequence[UUID]) -> list[MediaOut]:
    """Uploads that went with no message, in this order. Raises Invalid naming `media_ids`."""
    rows = await (await tx.execute(Q.unsent, {"workspace_id": workspace_id, "ids": list(media_ids)})).fetchall()
    found = {row["id"]: media_out(row) for row in rows}
    errors = [
        FieldError("media_ids", f"There is no unused upload with the id {i}.") for i in media_ids if i not in found
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return [found[each] for each in media_ids]


async def get_stored(tx: Connection, workspace_id: UUID, media_id: UUID) -> DictRow:
    """Raises NotFound (no such file, or it is gone at the provider) and Conflict (not here yet, or not fetched)."""
    row = await (await tx.execute(Q.by_id, {"workspace_id": workspace_id, "id": media_id})).fetchone()
    if row is None:
        raise NotFound("There is no such file.")
    if row["state"] == "expired":
        raise NotFound("The provider no longer had this file when it was asked for it.", state="expired")
    if row["state"] != "stored":
        raise Conflict(_WHY[row["state"]], state=row["state"], reason=row["detail"])
    return row


async def do_retry(tx: Connection, principal: Principal, media_id: UUID) -> MediaOut:
    """Fetch a failed file once more. Raises NotFound, Conflict (it did not fail)."""
    values = {"workspace_id": principal.workspace_id, "id": media_id}
    row = await (await tx.execute(Q.by_id, values)).fetchone()
    if row is None:
        raise NotFound("There is no such file.")
    tried = await (await tx.execute(Q.try_again, values)).fetchone()
    if tried is None:
        raise Conflict("Only a file that could not be fetched can be fetched again.", state=row["state"])
    await defer(tx, fetch, workspace_id=str(principal.workspace_id), media_id=str(media_id))
    await record_events(tx, principal.workspace_id, [Change("message.updated", tried["message_id"])])
    return media_out({**row, "state": "pending"})


def storage_key(workspace_id: UUID, media_id: UUID) -> str:
    return f"{workspace_id}/{media_id}"


def media_out(row: Mapping[str, Any]) -> MediaOut:
    return MediaOut(
        id=row["id"],
        name=row["name"],
        content_type=row["content_type"],
        size=row["size"],
        state=row["state"],
        width=row["width"],
        height=row["height"],
        url=f"/api/v1/media/{row['id']}",
        created_at=rfc3339(row["created_at"]),
    )


def _refusal(message: str) -> Invalid:
    return Invalid(message, errors=[FieldError("file", message)])


_WHY = {
    "pending": "The file is still being fetched.",
    "failed": "The file could not be fetched from the provider.",
}

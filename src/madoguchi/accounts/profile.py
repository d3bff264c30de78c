"""The business profile: checked by the manifest, written to the provider, its picture shown."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from madoguchi.accounts.desk import Desk, asking, note_now
from madoguchi.accounts.models import ProfileOut, ProfilePatch
from madoguchi.channels import registry
from madoguchi.channels.account import Picture
from madoguchi.channels.profile import ProfileField
from madoguchi.core.errors import FieldError, Invalid, NotFound
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

_PICTURE_LIMIT = 10 * 1024 * 1024


async def get_profile(desk: Desk) -> ProfileOut:
    with asking(desk):
        found = await desk.account.read_profile()
    return ProfileOut(found.values, found.picture is not None)


async def get_picture(desk: Desk) -> tuple[str, bytes]:
    """Content type and bytes. Raises NotFound."""
    with asking(desk):
        found = await desk.account.read_profile()
        if found.picture is None:
            raise NotFound("The profile has no picture.")
        return await desk.account.fetch_file(found.picture)


async def do_change_profile(desk: Desk, patch: ProfilePatch) -> ProfileOut:
    """Raises Invalid naming the field and its limit."""
    fields = {each.key: each for each in registry.channel(desk.inbox.channel).manifest.profile}
    if errors := list(profile_errors(fields, patch.values)):
        raise Invalid("The profile is not valid.", errors=errors)
    picture = await _picture(desk, patch.picture_media_id) if patch.picture_media_id else None
    with asking(desk):
        await desk.account.write_profile(patch.values, picture)
    await note_now(desk, "account.profile", fields=sorted(patch.values), picture=picture is not None)
    return await get_profile(desk)


def profile_errors(fields: dict[str, ProfileField], values: dict[str, Any]) -> Iterator[FieldError]:
    for key, value in values.items():
        field, name = fields.get(key), f"values.{key}"
        if field is None:
            yield FieldError(name, "The profile has no such field.")
        elif field.max_items > 1:
            yield from _list_errors(field, name, value)
        elif message := _wrong(field, value):
            yield FieldError(name, message)


def _list_errors(field: ProfileField, name: str, value: Any) -> Iterator[FieldError]:
    if not isinstance(value, list) or len(value) > field.max_items:
        yield FieldError(name, f"A list of at most {field.max_items} is expected.")
        return
    for index, each in enumerate(value):
        if message := _wrong(field, each):
            yield FieldError(f"{name}.{index}", message)


def _wrong(field: ProfileField, value: Any) -> str | None:
    if not isinstance(value, str):
        return "Text is expected."
    if field.max_length and len(value) > field.max_length:
        return f"At most {field.max_length} characters; it has {len(value)}."
    if len(value.strip()) < field.min_length:
        return f"At least {field.min_length} character is needed."
    return _wrong_kind(field, value)


def _wrong_kind(field: ProfileField, value: str) -> str | None:
    if field.type == "choice" and value not in {each.value for each in field.choices}:
        return f"One of these is expected: {', '.join(each.value for each in field.choices)}."
    if field.type == "url" and not value.startswith(("https://", "http://")):
        return "An address that begins with https:// or http:// is expected."
    if field.type == "email" and value and (" " in value or not 0 < value.find("@") < value.rfind(".")):
        return "An e-mail address is expected."
    return None


async def _picture(desk: Desk, media_id: UUID) -> Picture:
    values = {"workspace_id": desk.principal.workspace_id, "id": media_id}
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        row = await (await tx.execute(Q.media, values)).fetchone()
    if row is None or row["size"] > _PICTURE_LIMIT:
        message = "There is no upload of this id that could be a profile picture."
        raise Invalid(message, errors=[FieldError("picture_media_id", message)])
    data = b"".join([chunk async for chunk in desk.context.storage.read(row["storage_key"])])
    return Picture(row["name"], row["content_type"], data)

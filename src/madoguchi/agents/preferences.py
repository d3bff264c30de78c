"""What agents choose for themselves, the same on every screen: only what differs from the product's choice is kept."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg.types.json import Jsonb

from madoguchi.core import clock
from madoguchi.core.errors import Forbidden
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

SendKey = Annotated[Literal["enter", "ctrl_enter"], Meta(description="What sends; the other one begins a new line.")]

UndoSend = Annotated[bool, Meta(description="Whether a sent message waits five seconds, to be taken back.")]

Signature = Annotated[
    str, Meta(max_length=2000, description="Stands below one's own letters (e-mail), as the inbox has it.")
]


class Preferences(Struct, frozen=True, kw_only=True, omit_defaults=True):
    send_key: SendKey = "enter"
    undo_send: UndoSend = True
    signature: Signature = ""


class PreferencesPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is absent stays."""

    send_key: SendKey | UnsetType = UNSET
    undo_send: UndoSend | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET


class PreferencesOut(Struct, frozen=True, kw_only=True):
    send_key: SendKey
    undo_send: UndoSend
    signature: Signature


async def get_preferences(tx: Connection, principal: Principal) -> PreferencesOut:
    values = {"workspace_id": principal.workspace_id, "id": principal.agent_id}
    row = await (await tx.execute(Q.preferences, values)).fetchone()
    return out(row["preferences"] if row else {})


async def do_change(tx: Connection, principal: Principal, patch: PreferencesPatch) -> PreferencesOut:
    """Raises Forbidden: only agents have preferences."""
    if principal.agent_id is None:
        raise Forbidden("Only an agent has preferences.")
    given = {name: getattr(patch, name) for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET}
    values = {"workspace_id": principal.workspace_id, "id": principal.agent_id, "given": Jsonb(given)}
    await tx.execute(Q.change_preferences, {**values, "now": clock.now()})
    return await get_preferences(tx, principal)


def out(stored: dict[str, Any]) -> PreferencesOut:
    """What a later or an earlier version stored and this one does not know is left alone."""
    try:
        known = msgspec.convert(stored, Preferences)
    except msgspec.ValidationError:
        known = Preferences()
    return PreferencesOut(**{name: getattr(known, name) for name in known.__struct_fields__})

"""Settings and devices of the agent who asks."""

from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.notifications import vapid
from madoguchi.notifications.models import NewSubscription, NotificationSettings, NotificationsOut, PushSubscriptionOut
from madoguchi.notifications.push import check_endpoint

Q = load_queries(__file__)

MOST_DEVICES = 20


async def get_notifications(tx: Connection, principal: Principal, secrets: SecretBox) -> NotificationsOut:
    row = await (await tx.execute(Q.settings, _who(principal))).fetchone()
    key = await vapid.get_key(tx, secrets)
    return NotificationsOut(read_settings(row["settings"] if row else None), vapid.public_key(key))


def read_settings(stored: object) -> NotificationSettings:
    """What an older version stored gets today's defaults."""
    return msgspec.convert(stored, NotificationSettings) if stored else NotificationSettings()


async def do_put(
    tx: Connection, principal: Principal, secrets: SecretBox, settings: NotificationSettings
) -> NotificationsOut:
    """Raises Invalid (a time zone or an inbox that does not exist)."""
    await _check(tx, principal, settings)
    stored = msgspec.json.encode(settings).decode()
    await tx.execute(Q.put_settings, {**_who(principal), "settings": stored, "now": clock.now()})
    return await get_notifications(tx, principal, secrets)


async def _check(tx: Connection, principal: Principal, settings: NotificationSettings) -> None:
    errors: list[FieldError] = []
    try:
        ZoneInfo(settings.time_zone or "UTC")
    except (KeyError, ValueError, OSError):
        errors.append(FieldError("time_zone", f"There is no time zone {settings.time_zone}."))
    values = {"workspace_id": principal.workspace_id, "ids": settings.inbox_ids}
    unknown = await (await tx.execute(Q.unknown_inboxes, values)).fetchall()
    errors.extend(FieldError("inbox_ids", f"There is no inbox {row['id']}.") for row in unknown)
    if errors:
        raise Invalid("These settings cannot be kept.", errors=errors)


async def get_subscriptions(tx: Connection, principal: Principal) -> list[PushSubscriptionOut]:
    rows = await (await tx.execute(Q.subscriptions, _who(principal))).fetchall()
    return [_out(row) for row in rows]


async def do_subscribe(
    tx: Connection, principal: Principal, new: NewSubscription, public_url: str
) -> PushSubscriptionOut:
    """The same address again changes its entry. Raises Invalid when it is no address of a push service."""
    check_endpoint(new.endpoint, public_url)
    now = clock.now()
    values = {"endpoint": new.endpoint, "p256dh": new.keys.p256dh, "auth": new.keys.auth, "device": new.device}
    values |= {"name": new.name.strip(), "locale": new.locale}
    row = await (await tx.execute(Q.subscribe, {**_who(principal), **values, "id": new_id(), "now": now})).fetchone()
    if row is None:
        raise NotFound("The device could not be kept.")
    await tx.execute(Q.trim, {**_who(principal), "most": MOST_DEVICES})
    await tx.execute(Q.start_cursor, {"workspace_id": principal.workspace_id})
    return _out(row)


async def do_unsubscribe(tx: Connection, principal: Principal, subscription_id: UUID) -> None:
    """Raises NotFound."""
    gone = await tx.execute(Q.unsubscribe, {**_who(principal), "id": subscription_id})
    if gone.rowcount == 0:
        raise NotFound("There is no such device.")


async def do_attend(tx: Connection, principal: Principal, conversation_id: UUID | None) -> None:
    await tx.execute(Q.attend, {**_who(principal), "conversation_id": conversation_id, "now": clock.now()})


def _who(principal: Principal) -> dict[str, object]:
    if principal.agent_id is None:
        raise Forbidden("Only an agent can be notified.")
    return {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id}


def _out(row: DictRow) -> PushSubscriptionOut:
    return PushSubscriptionOut(
        id=row["id"],
        device=row["device"],
        name=row["name"],
        host=urlsplit(row["endpoint"]).hostname or "",
        created_at=rfc3339(row["created_at"]),
        pushed_at=rfc3339(row["pushed_at"]) if row["pushed_at"] else None,
    )

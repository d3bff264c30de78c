"""How an account is: asked of the provider, kept with the inbox, and acted upon."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, Refusal
from madoguchi.channels.health import Health, Trouble
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.channels.manifest import Manifest
from madoguchi.core import clock
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.config import load_config
from madoguchi.inboxes.hold import Reason, do_hold, do_resume
from madoguchi.inboxes.renewal import renewed
from madoguchi.notices.models import Level
from madoguchi.notices.service import News, do_notify, do_settle

Q = load_queries(__file__)

TROUBLE = "inbox_trouble"


async def check(db: Database, http: Http, secrets: SecretBox, workspace_id: UUID, inbox_id: UUID) -> None:
    """Ask the provider, outside any transaction, and keep what it says. Raises NotFound."""
    async with db.workspace(workspace_id) as tx:
        config = await load_config(tx, secrets, workspace_id, inbox_id)
        asked_with = await (
            await tx.execute(Q.credentials_at, {"workspace_id": workspace_id, "id": inbox_id})
        ).fetchone()
    health = await _ask(db, secrets, config, http)
    async with db.workspace(workspace_id) as tx:
        now_with = await (await tx.execute(Q.credentials_at, {"workspace_id": workspace_id, "id": inbox_id})).fetchone()
        # What was said of credentials that were changed meanwhile says nothing about these.
        if asked_with == now_with:
            await record_events(tx, workspace_id, await do_set_health(tx, config, health))


async def do_set_health(tx: Connection, inbox: InboxConfig, health: Health) -> list[Change]:
    """Returns the changes for the caller to record as its transaction's last statement."""
    values = {"workspace_id": inbox.workspace_id, "id": inbox.id, "health": health.state, "detail": health.detail}
    await tx.execute(Q.set_health, {**values, "facts": Jsonb(_facts(health)), "now": clock.now()})
    changes = [Change("inbox.updated", inbox.id)]
    if health.holds is not None:
        error = health.holds
        changes += await do_hold(tx, inbox.workspace_id, inbox.id, Reason(error.code, error.title, error.detail))
    elif health.answered and health.state != "down":
        changes += await do_resume(tx, inbox.workspace_id, inbox.id)
    # Who could not be asked says nothing of what was wrong before.
    asked = health.answered or bool(health.troubles)
    return [*dict.fromkeys(changes), *await tell_troubles(tx, inbox, health.troubles, everything=asked)]


async def tell_troubles(
    tx: Connection,
    inbox: InboxConfig,
    troubles: Sequence[Trouble],
    *,
    over: Sequence[str] = (),
    everything: bool = False,
) -> list[Change]:
    """Notices for what a person has to do. With `everything`, known troubles that are not named are over."""
    manifest = registry.channel(inbox.channel).manifest
    named = {each.code for each in troubles}
    gone = [code for code in (manifest.probed if everything else over) if code not in named]
    settled = [(TROUBLE, _key(inbox, code)) for code in gone]
    news = [_news(inbox, manifest, each) for each in troubles if each.level != "news"]
    return [*await do_settle(tx, inbox.workspace_id, settled), *await do_notify(tx, inbox.workspace_id, news)]


def _news(inbox: InboxConfig, manifest: Manifest, trouble: Trouble) -> News:
    words = {"title": manifest.words(trouble.code), "advice": manifest.advice.get(trouble.code, {})}
    data = {"code": trouble.code, "reason": trouble.detail, **words}
    level: Level = "trouble" if trouble.level == "trouble" else "attention"
    return News(TROUBLE, _key(inbox, trouble.code), level, inbox.id, data)


def _key(inbox: InboxConfig, code: str) -> str:
    return f"{inbox.id}:{code}"


def _facts(health: Health) -> dict[str, object]:
    return {**health.facts, "troubles": msgspec.to_builtins(health.troubles)}


async def _ask(db: Database, secrets: SecretBox, config: InboxConfig, http: Http) -> Health:
    try:
        ready = await renewed(db, secrets, http, config)
        return await registry.channel(config.channel).probe(ready, http)
    except Refusal as refusal:
        error = refusal.failed.error
        return Health("attention", error.title, {"detail": error.detail}, holds=error, answered=False)
    except HttpFailure as failure:
        return Health("attention", "The provider cannot be reached.", {"detail": str(failure)}, answered=False)

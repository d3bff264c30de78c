"""The first run's content: the company, its people, its number. A second run, or one after a kill in the middle, finds
what is there and adds what is missing."""

import asyncio
from contextlib import suppress
from uuid import UUID

from madoguchi.agents.models import NewAgent, NewToken
from madoguchi.agents.service import do_create, get_agents
from madoguchi.agents.tokens import do_insert_token
from madoguchi.contacts.models import NewConsent, NewContact, NewIdentity
from madoguchi.contacts.service import do_add_consent
from madoguchi.contacts.service import do_create as do_create_contact
from madoguchi.core.errors import Conflict, StartError
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Connection, Database
from madoguchi.demo.company import AGREED, CHANNEL, CREDENTIALS, GRAPH_VERSION, PASSWORD, PEOPLE, TIME_ZONE, WORKSPACE
from madoguchi.demo.ports import simulator_of
from madoguchi.demo.state import DemoState, read_state, write_state
from madoguchi.demo.strings import language, text
from madoguchi.inboxes.models import InboxOut, InboxPatch, NewInbox
from madoguchi.inboxes.service import Desk, do_update, get_inboxes
from madoguchi.inboxes.service import do_create as do_create_inbox
from madoguchi.settings import Settings, secret_key_of
from madoguchi.workspaces.service import NewWorkspace, create_first

_FIRST = UUID(int=0)


def seed_once(settings: Settings, console_url: str) -> None:
    """Raises StartError when the data folder holds something that is not the demo."""
    state = asyncio.run(_seed(settings, console_url, read_state(settings.data_dir)))
    write_state(settings.data_dir, state)


async def _seed(settings: Settings, console_url: str, before: DemoState | None) -> DemoState:
    desk = Desk(SecretBox(secret_key_of(settings)), console_url)
    async with Database(settings.database_url or "", size=1) as db:
        owner = await _owner(db)
        async with db.workspace(owner.workspace_id) as tx:
            await _people(tx, owner)
            await _customers(tx, owner)
            inbox = await _inbox(tx, owner, desk, simulator_of(console_url))
            token = before.api_token if before else await _api_token(tx, owner)
    return DemoState(
        workspace_id=str(owner.workspace_id),
        inbox_id=str(inbox.id),
        webhook_url=inbox.webhook_url or "",
        api_token=token,
        language=before.language if before else language(),
        introduced=before.introduced if before else False,
    )


async def _owner(db: Database) -> Principal:
    person = PEOPLE[0]
    name, spoken = person.name[language()], language()
    # There on a later run, or on one after a kill.
    with suppress(Conflict):
        company = NewWorkspace(WORKSPACE[spoken], person.email, PASSWORD, name, spoken, TIME_ZONE)
        await create_first(db, company, walk=False)
    async with db.system() as tx:
        found = await tx.execute("SELECT workspace_id, id, name FROM agents WHERE email = %s", (person.email,))
        row = await found.fetchone()
    if row is None:
        raise StartError(
            "This data folder belongs to an installation that is not the demo: choose another with --data."
        )
    return Principal(row["workspace_id"], "system", row["id"], "owner", row["name"])


async def _people(tx: Connection, owner: Principal) -> None:
    there = {agent.email for agent in await get_agents(tx, owner, status=None, after=_FIRST, limit=100)}
    for person in PEOPLE:
        if person.email not in there:
            await do_create(tx, owner, NewAgent(person.name[language()], person.email, person.role, password=PASSWORD))


async def _customers(tx: Connection, owner: Principal) -> None:
    """Whoever agreed to marketing is known with that before they write; the others come by writing."""
    for customer in AGREED:
        with suppress(Conflict):  # there on a later run
            async with tx.transaction():
                keys = [NewIdentity(CHANNEL, "phone", customer.phone)]
                contact_id = await do_create_contact(tx, owner, NewContact(customer.name, identities=keys))
                given = NewConsent(CHANNEL, "marketing", "granted", text("agreed_where"))
                await do_add_consent(tx, owner, contact_id, given)


async def _inbox(tx: Connection, owner: Principal, desk: Desk, simulator_url: str) -> InboxOut:
    settings = {"graph_url": f"{simulator_url}/graph", "graph_version": GRAPH_VERSION}
    there = await get_inboxes(tx, owner, desk, archived=False, after=_FIRST, limit=100)
    ours = next((inbox for inbox in there if inbox.account == CREDENTIALS["phone_number_id"]), None)
    if ours is None:
        return await do_create_inbox(tx, owner, desk, NewInbox(CHANNEL, WORKSPACE[language()], CREDENTIALS, settings))
    if ours.settings.get("graph_url") == settings["graph_url"]:
        return ours
    # This time the demo runs on another port.
    return await do_update(tx, owner, desk, ours.id, InboxPatch(settings=settings))


async def _api_token(tx: Connection, owner: Principal) -> str:
    return (await do_insert_token(tx, owner.workspace_id, owner.agent_id or _FIRST, NewToken("demo"))).token

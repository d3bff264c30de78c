"""A workspace with people and an inbox, made with plain SQL: tests of one part need no other part to set them up."""

import zlib
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal, Role
from madoguchi.core.secrets import SecretBox
from madoguchi.core.tokens import new_token
from madoguchi.db.pool import Connection, Database

SECRET_KEY = "a-secret-key-for-tests-only"
WHATSAPP = {
    "phone_number_id": "100000000000001",
    "business_account_id": "200000000000001",
    "access_token": "EAAtest-token",
    "app_secret": "test_app_secret",
    "verify_token": "test-verify-token",
}


class Person(Struct, frozen=True):
    id: UUID
    name: str
    email: str
    role: Role
    workspace_id: UUID
    token: str
    """An API token of theirs, with every right they have."""

    @property
    def principal(self) -> Principal:
        return Principal(self.workspace_id, "agent", self.id, self.role, self.name)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Workspace(Struct, frozen=True):
    id: UUID
    owner: Person
    supervisor: Person
    agent: Person
    agent2: Person


async def make_workspace(database: Database, name: str = "Minato Coffee") -> Workspace:
    workspace_id = new_id()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO workspaces (workspace_id, name, created_at) VALUES (%s, %s, %s)",
            (workspace_id, name, clock.now()),
        )
        await tx.execute("INSERT INTO event_counters (workspace_id) VALUES (%s)", (workspace_id,))
        people = [
            await make_person(tx, workspace_id, who, role)
            for who, role in (("Aoi", "owner"), ("Ken", "supervisor"), ("Emma", "agent"), ("Ravi", "agent"))
        ]
    return Workspace(workspace_id, *people)


async def make_person(tx: Connection, workspace_id: UUID, name: str, role: Any) -> Person:
    token = new_token(workspace_id, "mdg_")
    person = Person(
        new_id(), name, f"{name.lower()}-{token.digest.hex()[:8]}@example.com", role, workspace_id, token.text
    )
    now = clock.now()
    await tx.execute(
        "INSERT INTO agents (workspace_id, id, name, email, role, created_at, updated_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (workspace_id, person.id, name, person.email, role, now, now),
    )
    await tx.execute(
        "INSERT INTO api_tokens (workspace_id, id, agent_id, name, digest, created_at) VALUES (%s, %s, %s, %s, %s, %s)",
        (workspace_id, new_id(), person.id, "test", token.digest, now),
    )
    return person


async def make_mailbox(
    database: Database,
    workspace_id: UUID,
    *,
    address: str = "support@minato.example",
    settings: dict[str, Any] | None = None,
    credentials: dict[str, str] | None = None,
) -> InboxConfig:
    """An e-mail inbox; the `webhook_key` is in its settings, for tests only."""
    return await _insert_inbox(
        database, workspace_id, "email", None, credentials or {}, {"address": address, **(settings or {})}
    )


async def make_sms(
    database: Database,
    workspace_id: UUID,
    *,
    settings: dict[str, Any] | None = None,
    credentials: dict[str, str] | None = None,
) -> InboxConfig:
    """An inbox for short messages, at Twilio unless the settings say otherwise."""
    secrets = {"account_sid": "AC0001", "auth_token": "token", **(credentials or {})}
    kept = {"provider": "twilio", "sender": "+815012345678", "twilio_url": "http://127.0.0.1:9", **(settings or {})}
    return await _insert_inbox(database, workspace_id, "sms", None, secrets, kept)


async def make_inbox(
    database: Database,
    workspace_id: UUID,
    *,
    graph_url: str = "http://127.0.0.1:9/graph",
    settings: dict[str, Any] | None = None,
    credentials: dict[str, str] | None = None,
) -> InboxConfig:
    """A WhatsApp inbox; the `webhook_key` is in its settings, for tests only."""
    secrets = {**WHATSAPP, **(credentials or {})}
    kept = {"graph_url": graph_url, "graph_version": "v26.0", **(settings or {})}
    return await _insert_inbox(database, workspace_id, "whatsapp", secrets["phone_number_id"], secrets, kept)


async def _insert_inbox(
    database: Database,
    workspace_id: UUID,
    channel: str,
    account: str | None,
    secrets: dict[str, str],
    kept: dict[str, Any],
) -> InboxConfig:
    inbox_id = new_id()
    key = new_token(workspace_id).text
    now = clock.now()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO inboxes (workspace_id, id, channel, name, account, credentials, settings, webhook_key, slot,"
            " created_at, updated_at) VALUES (%s, %s, %s, 'Shop', %s, %s, %s, %s, %s, %s, %s)",
            (
                workspace_id,
                inbox_id,
                channel,
                account,
                SecretBox(SECRET_KEY).seal(secrets, inbox_id.bytes),
                Jsonb(kept),
                key,
                zlib.crc32(inbox_id.bytes) % 64,
                now,
                now,
            ),
        )
    return InboxConfig(inbox_id, workspace_id, channel, "Shop", secrets, {**kept, "webhook_key": key})

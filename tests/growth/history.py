"""A workspace with so much behind it: conversations, messages, and everything that is kept of each message."""

from typing import LiteralString
from uuid import UUID

import psycopg

from bench.fill import Big

_OF_EACH_MESSAGE: tuple[LiteralString, ...] = (
    (
        "INSERT INTO message_statuses (workspace_id, message_id, status, provider_at, received_at)"
        " SELECT m.workspace_id, m.id, s.status, now(), now() FROM messages m, unnest('{sent,delivered,read}'::text[]) s (status)"
        " WHERE m.workspace_id = %(w)s AND m.direction = 'out'"
    ),
    (
        "INSERT INTO message_costs (workspace_id, message_id, provider_id, inbox_id, at, category, billable)"
        " SELECT workspace_id, id, id::text, inbox_id, created_at, 'service', false FROM messages"
        " WHERE workspace_id = %(w)s AND direction = 'out'"
    ),
    "UPDATE messages SET provider_id = 'wamid.' || id WHERE workspace_id = %(w)s AND provider_id IS NULL",
    (
        "INSERT INTO ingest_log (workspace_id, id, inbox_id, received_at, headers, body)"
        " SELECT workspace_id, id, inbox_id, created_at, '{}', convert_to(text, 'UTF8') FROM messages WHERE workspace_id = %(w)s"
    ),
    (
        "INSERT INTO events (workspace_id, seq, type, subject_id, created_at)"
        " SELECT workspace_id, row_number() OVER (ORDER BY id), 'message.created', id, created_at FROM messages"
        " WHERE workspace_id = %(w)s"
    ),
    "UPDATE event_counters SET seq = (SELECT max(seq) FROM events WHERE workspace_id = %(w)s) WHERE workspace_id = %(w)s",
    "UPDATE search_state SET seq = (SELECT seq FROM event_counters WHERE workspace_id = %(w)s) WHERE workspace_id = %(w)s",
    (
        "INSERT INTO audit_entries (workspace_id, id, actor_kind, action, target_kind, target_id, created_at)"
        " SELECT workspace_id, id, 'system', 'conversation.closed', 'conversation', conversation_id, created_at FROM messages"
        " WHERE workspace_id = %(w)s"
    ),
    (
        "INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, reason, detail, created_at, resolved_at)"
        " SELECT workspace_id, id, inbox_id, id, 'failed', 'DataError', created_at, created_at FROM messages"
        " WHERE workspace_id = %(w)s AND direction = 'in'"
    ),
    (
        "INSERT INTO notices (workspace_id, id, kind, key, level, inbox_id, data, created_at, dismissed_at)"
        " SELECT workspace_id, id, 'old', id::text, 'attention', inbox_id, '{}', created_at, created_at FROM messages"
        " WHERE workspace_id = %(w)s AND direction = 'out'"
    ),
)


def make_history(dsn: str, workspace_id: UUID, conversations: int, messages: int) -> None:
    Big(dsn, workspace_id, conversations, messages, lambda _: None).make()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        for statement in _OF_EACH_MESSAGE:
            connection.execute(statement, {"w": workspace_id})
        connection.execute("VACUUM ANALYZE")

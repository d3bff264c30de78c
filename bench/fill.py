# ruff: noqa: S608 - the statements are put together from this file only
"""A big database in minutes: contacts, conversations and messages by generate_series, the search index by its own code."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from madoguchi.conversations.counts import do_fold, do_recount
from madoguchi.db.pool import Database
from madoguchi.search.index import Doc, Q, chunks_of, mark, terms_by_block
from madoguchi.search.postings import BLOCK, pack

Say = Callable[[str], None]

# Coprime to every round number of conversations: each run of as many messages gives every conversation one.
_STRIDE = 7919
_OLDEST_MS = 1_700_000_000_000

_ENGLISH = (
    "When will my order arrive?|I would like a refund for the broken cup.|Is the shop open on Sunday?|Thank you so much!|"
    "Could you change the delivery address?|The invoice is missing from the parcel.|Do you have this in blue?|"
    "Please cancel my booking for tomorrow.|My tracking number does not work.|How do I reset the password?|"
    "The coffee tastes wonderful.|Can I pay by credit card?|I have been waiting for an hour.|See you next week."
)
_JAPANESE = (
    "注文した商品がまだ届きません。|返金をお願いできますか?|営業時間を教えてください。|ありがとうございます。|"
    "配送先の住所を変更したいです。|領収書を送っていただけますか?|在庫はありますか?|明日の予約をキャンセルします。|"
    "追跡番号が使えません。|パスワードを忘れました。|とても美味しかったです。|クレジットカードは使えますか?|"
    "一時間も待っています。|iPhoneのアプリが開きません。|サイズを交換してもらえますか?|よろしくお願いいたします。|写真を送ります。"
)


def _id(salt: str, milliseconds: str, number: str) -> str:
    """A UUIDv7 of its own for each number, in the order of time."""
    digest = f"md5('{salt}' || {number})"
    return f"(lpad(to_hex({milliseconds}), 12, '0') || '7' || substr({digest}, 1, 3) || '8' || substr({digest}, 4, 15))::uuid"


def _message(number: str) -> str:
    return _id("m", f"{_OLDEST_MS} + {number}::bigint * 1000", number)


def _thread(number: str) -> str:
    return _id("v", f"1600000000000 + {number}", number)


_CONTACT = _id("c", "1600000000000 + g", "g")


class Big:
    """What was made: `conversations`, each with `messages / conversations` messages."""

    def __init__(self, dsn: str, workspace_id: UUID, conversations: int, messages: int, say: Say) -> None:
        self.dsn = dsn
        self.conversations = conversations
        self.messages = messages
        self._values: dict[str, Any] = {
            "w": workspace_id,
            "n": conversations,
            "m": messages,
            "stride": _STRIDE,
            "en": _ENGLISH.split("|"),
            "ja": _JAPANESE.split("|"),
        }
        self._say = say

    def make(self) -> dict[str, float]:
        """Seconds that each part took."""
        took = {}
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT set_config('madoguchi.workspace', '*', false), set_config('statement_timeout', '0', false)"
            )
            self._find_people(connection)
            parts: dict[str, Callable[[psycopg.Connection], None]] = {
                "contacts": self._contacts,
                "messages": self._messages,
                "conversations": self._conversations,
                "search index": self._search,
            }
            for name, part in parts.items():
                self._say(f"{name} …")
                started = time.monotonic()
                part(connection)
                took[name] = time.monotonic() - started
            connection.execute("VACUUM ANALYZE")
        asyncio.run(self._counts())
        return took

    def _find_people(self, connection: psycopg.Connection) -> None:
        rows = connection.execute(
            "SELECT id FROM inboxes WHERE workspace_id = %(w)s ORDER BY id", self._values
        ).fetchall()
        self._values["inboxes"] = [row[0] for row in rows]
        rows = connection.execute(
            "SELECT id FROM agents WHERE workspace_id = %(w)s ORDER BY id", self._values
        ).fetchall()
        self._values["agents"] = [row[0] for row in rows]

    def _contacts(self, connection: psycopg.Connection) -> None:
        self._run(
            connection,
            "INSERT INTO contacts (workspace_id, id, name, attributes, created_at, updated_at)"
            f" SELECT %(w)s, {_CONTACT}, CASE g %% 3 WHEN 0 THEN 'Person ' || g WHEN 1 THEN '佐藤 花子 ' || g ELSE 'Müller ' || g END,"
            " CASE WHEN g %% 1000 = 0 THEN '{\"plan\": \"gold\"}'::jsonb ELSE '{}' END, now(), now()"
            " FROM generate_series(0, %(n)s - 1) g",
            "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, created_at)"
            f" SELECT %(w)s, {_CONTACT}, {_CONTACT}, 'whatsapp', 'phone', '8190' || lpad(g::text, 8, '0'), now()"
            " FROM generate_series(0, %(n)s - 1) g",
        )

    def _messages(self, connection: psycopg.Connection) -> None:
        """Ids in the order of time; the words of every message from a few sentences and its number."""
        of_thread = _thread("((s.g * %(stride)s::bigint) %% %(n)s)")
        text = (
            "(%(ja)s::text[])[g %% cardinality(%(ja)s::text[]) + 1] || ' ' || (%(en)s::text[])[g %% cardinality(%(en)s::text[]) + 1]"
            " || ' #' || g"
        )
        connection.execute("DROP INDEX messages_conversation")
        self._run(
            connection,
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status, author_kind,"
            " author_id, created_at)"
            f" SELECT %(w)s, {_message('g')}, {of_thread},"
            " (%(inboxes)s::uuid[])[((s.g * %(stride)s::bigint) %% %(n)s)::int %% cardinality(%(inboxes)s::uuid[]) + 1],"
            f" CASE WHEN g %% 3 = 0 THEN 'out' ELSE 'in' END, 'text', {text},"
            " CASE WHEN g %% 3 = 0 THEN 'read' ELSE 'received' END, CASE WHEN g %% 3 = 0 THEN 'agent' ELSE 'contact' END,"
            " CASE WHEN g %% 3 = 0 THEN (%(agents)s::uuid[])[g %% cardinality(%(agents)s::uuid[]) + 1] END,"
            f" to_timestamp(({_OLDEST_MS} + g * 1000) / 1000.0)"
            " FROM generate_series(0, %(m)s - 1) s (g)",
            "CREATE INDEX messages_conversation ON messages (workspace_id, conversation_id, id DESC)",
        )

    def _conversations(self, connection: psycopg.Connection) -> None:
        """Every conversation by its last message; the triggers count them, a slice at a time."""
        last = _message("x.last")
        for first in range(0, self.conversations, 100_000):
            self._values |= {"first": first, "end": min(first + 100_000, self.conversations)}
            self._run(
                connection,
                "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, status, assignee_id, labels, unread,"
                " last_message_id, last_activity_id, waiting_since, window_closes_at, failed_at, created_at, updated_at)"
                f" SELECT %(w)s, {_thread('g')}, (%(inboxes)s::uuid[])[g %% cardinality(%(inboxes)s::uuid[]) + 1], {_CONTACT},"
                " CASE WHEN g %% 10 < 7 THEN 'open' WHEN g %% 10 = 7 THEN 'snoozed' ELSE 'closed' END,"
                " CASE WHEN g %% 2 = 0 THEN (%(agents)s::uuid[])[g / 2 %% cardinality(%(agents)s::uuid[]) + 1] END,"
                " CASE WHEN g %% 50 = 0 THEN '{vip}'::text[] WHEN g %% 20000 = 7 THEN '{rare}' ELSE '{}' END,"
                f" CASE WHEN g %% 5 = 0 THEN 2 ELSE 0 END, {last}, {last},"
                " CASE WHEN g %% 4 = 1 THEN now() - g * interval '1 second' END, now() + (g %% 86400 - 40000) * interval '1 second',"
                " CASE WHEN g %% 5000 = 3 THEN now() END, now() - interval '9 days', now()"
                " FROM (SELECT ((l * %(stride)s::bigint) %% %(n)s)::int AS g, l AS last"
                "         FROM generate_series(%(m)s - %(n)s + %(first)s, %(m)s - %(n)s + %(end)s - 1) l) x",
            )

    def _search(self, connection: psycopg.Connection) -> None:
        with psycopg.connect(self.dsn) as reader:
            reader.execute(
                "SELECT set_config('madoguchi.workspace', '*', false), set_config('statement_timeout', '0', false)"
            )
            with reader.cursor("docs") as cursor:
                cursor.itersize = BLOCK
                cursor.execute(
                    "SELECT id, text, inbox_id, direction, author_id FROM messages WHERE workspace_id = %(w)s ORDER BY id",
                    self._values,
                )
                for block, rows in enumerate(_blocks(cursor)):
                    self._add_block(connection, block, [_doc(row) for row in rows])
        counts = Jsonb({"message": self.messages})
        connection.execute(
            "INSERT INTO search_state (workspace_id, seq, docs) SELECT %(w)s, seq, %(counts)s FROM event_counters"
            " WHERE workspace_id = %(w)s ON CONFLICT (workspace_id) DO UPDATE SET docs = excluded.docs, filling = NULL",
            self._values | {"counts": counts},
        )

    def _add_block(self, connection: psycopg.Connection, block: int, docs: list[Doc]) -> None:
        """By the product's own statements, a whole block at a time."""
        terms = terms_by_block(docs, block * BLOCK)[block]
        values = {"workspace_id": self._values["w"], "kind": "message", "block": block}
        ordered = sorted(terms)
        with connection.transaction():
            connection.execute(Q.put_chunks, values | chunks_of(docs, block * BLOCK))
            packed = [pack(terms[term]) for term in ordered]
            connection.execute(Q.put_terms, values | {"terms": ordered, "docs": packed})

    async def _counts(self) -> None:
        async with Database(self.dsn) as database:
            await do_fold(database)
            await do_recount(database)

    def _run(self, connection: psycopg.Connection, *statements: LiteralString) -> None:
        for statement in statements:
            connection.execute(statement, self._values)


def _blocks(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(BLOCK):
        yield rows


def _doc(row: tuple[Any, ...]) -> Doc:
    message_id, text, inbox_id, direction, author_id = row
    marks = [mark("inbox", inbox_id), mark("way", direction)]
    return Doc("message", message_id, text, tuple(marks + ([mark("author", author_id)] if author_id else [])))

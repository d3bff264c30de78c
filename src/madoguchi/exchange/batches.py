"""What an import does with its rows: some hundred in one transaction, together with how far it has come.

A batch is done once or not at all, so an import that was cut off goes on where it stood.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.contacts.service import clean_labels
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database
from madoguchi.events.service import Change, record
from madoguchi.exchange import consents
from madoguchi.exchange.people import MOST_LABELS, Fault, Identity, Person, Reader
from madoguchi.exchange.reading import Record, shown
from madoguchi.exchange.service import Q

ROWS = 500
_TRIES = 5


class TakenMeanwhile(Exception):  # noqa: N818 - a reason to look again, not a fault
    """Somebody else has just got one of these numbers or addresses."""


class Row(Struct):
    """One record of the file; `number` counts from 1 below the header."""

    number: int
    record: Record
    person: Person | Fault


async def do_batch(db: Database, row: DictRow, reader: Reader, records: Sequence[tuple[int, Record]]) -> bool:
    """False when the import is no longer where `row` says it is: stopped, or somebody else goes on with it."""
    rows = [Row(number, each, reader.read(each)) for number, each in records]
    for part in _without_doubles(rows):
        for attempt in range(_TRIES):
            try:
                if not await _one_part(db, row, reader, part):
                    return False
                break
            except TakenMeanwhile:
                if attempt == _TRIES - 1:
                    raise
    return True


async def _one_part(db: Database, row: DictRow, reader: Reader, rows: Sequence[Row]) -> bool:
    keys = {"workspace_id": row["workspace_id"], "id": row["id"]}
    async with db.workspace(row["workspace_id"]) as tx:
        now = await (await tx.execute(Q.lock, keys)).fetchone()
        if now is None or now["state"] != "running" or now["done"] != rows[0].number - 1:
            return False
        batch = Batch(tx, row, reader)
        await batch.apply(rows)
        counts = {name: batch.counts[name] for name in ("created", "updated", "skipped", "rejected")}
        await tx.execute(Q.advance, {**keys, **counts, "done": len(rows), "now": clock.now()})
        await record(tx, row["workspace_id"], [Change("contact.updated", each) for each in batch.touched])
    return True


def _without_doubles(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Parts in which no number or address stands twice: the second row must find what the first one made."""
    part, seen = list[Row](), set[Identity]()
    for row in rows:
        identities = set(row.person.identities) if isinstance(row.person, Person) else set[Identity]()
        if identities & seen:
            yield part
            part, seen = [], set()
        part.append(row)
        seen |= identities
    if part:
        yield part


class Batch:
    """One transaction's work; `counts` by outcome, `touched` contacts."""

    def __init__(self, tx: Connection, row: DictRow, reader: Reader) -> None:
        self._tx = tx
        self._workspace_id: UUID = row["workspace_id"]
        self._import_id: UUID = row["id"]
        self._known: str = row["known"]
        self._reader = reader
        self._now = clock.now()
        self._kept: list[dict[str, Any]] = []
        self._new: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._identities: list[dict[str, Any]] = []
        self._consents: list[dict[str, Any]] = []
        self._ledger: consents.Ledger = {}
        self._addresses: dict[tuple[UUID, str], list[UUID]] = {}
        self._companies: dict[str, UUID] = {}
        self.counts: Counter[str] = Counter()
        self.touched: list[UUID] = []

    async def apply(self, rows: Sequence[Row]) -> None:
        people = [row for row in rows if isinstance(row.person, Person)]
        holders = await self._holders(people)
        there = await self._lock({contact_id for held in holders.values() for contact_id in held.values()})
        await self._find_companies(people)
        await self._find_consents(people, list(there))
        for row in rows:
            self._decide(row, holders.get(row.number, {}), there)
        await self._write()

    def _decide(self, row: Row, held: dict[Identity, UUID], there: dict[UUID, DictRow]) -> None:
        if isinstance(row.person, Fault):
            self._reject(row, row.person)
        elif len(set(held.values())) > 1:
            self._reject(row, Fault("two_contacts", "Its numbers and addresses belong to different contacts."))
        elif not held:
            self._add(row, row.person)
        elif self._known == "skip":
            self.counts["skipped"] += 1
        else:
            self._change(row, row.person, there[next(iter(held.values()))], held)

    def _add(self, row: Row, person: Person) -> None:
        lacking = self._reader.lacking(person.attributes)
        if lacking is not None:
            self._reject(row, lacking)
            return
        contact_id = new_id()
        self._new.append(
            {
                "id": contact_id,
                "name": person.name,
                "locale": person.locale,
                "attributes": person.attributes,
                "labels": person.labels,
                "company_id": self._companies.get(person.company),
            }
        )
        self._add_identities(contact_id, person.identities)
        self._consents += [consents.entry(contact_id, said) for said in person.consents]
        self._keep(row, "created", contact_id)

    def _change(self, row: Row, person: Person, contact: DictRow, held: dict[Identity, UUID]) -> None:
        wanted = self._wanted(person, contact)
        before, after = _difference(contact, wanted)
        fresh = [each for each in person.identities if each not in held]
        news = self._news(person, contact["id"])
        if not after and not fresh and not news:
            self.counts["skipped"] += 1
            return
        if len(wanted["labels"]) > MOST_LABELS:
            self._reject(row, Fault("labels", f"At most {MOST_LABELS} labels.", values={"limit": MOST_LABELS}))
            return
        if after:
            self._changed.append({"id": contact["id"], **wanted})
        added = {"identities": self._add_identities(contact["id"], fresh), "consents": [each["id"] for each in news]}
        self._consents += news
        after |= {key: ids for key, ids in added.items() if ids}
        self._keep(row, "updated", contact["id"], before=before, after=after)

    def _news(self, person: Person, contact_id: UUID) -> list[dict[str, Any]]:
        """A person's word holds for each of their addresses on the channel."""
        return [
            consents.entry(each, said)
            for said in person.consents
            for each in self._addresses.get((contact_id, said.channel), [contact_id])
            if consents.is_news(said, self._ledger.get((each, said.channel, said.purpose)))
        ]

    def _wanted(self, person: Person, contact: DictRow) -> dict[str, Any]:
        given = {
            "name": person.name,
            "locale": person.locale,
            "company_id": self._companies.get(person.company),
        }
        if self._known == "fill":
            plain = {key: contact[key] or value for key, value in given.items()}
            attributes = {**person.attributes, **contact["attributes"]}
        else:
            plain = {key: value or contact[key] for key, value in given.items()}
            attributes = {**contact["attributes"], **person.attributes}
        return {**plain, "attributes": attributes, "labels": clean_labels([*contact["labels"], *person.labels])}

    def _reject(self, row: Row, fault: Fault) -> None:
        self._keep(row, "rejected", fault=fault, cells=[shown(cell) for cell in row.record.cells])

    def _keep(
        self,
        row: Row,
        outcome: str,
        contact_id: UUID | None = None,
        *,
        before: Any = None,
        after: Any = None,
        fault: Fault | None = None,
        cells: Sequence[str] = (),
    ) -> None:
        self.counts[outcome] += 1
        if contact_id:
            self.touched.append(contact_id)
        told = {**msgspec.structs.asdict(fault), "cells": list(cells)} if fault else None
        self._kept.append(
            {
                "number": row.number,
                "outcome": outcome,
                "line": row.record.line,
                "contact_id": contact_id,
                "before": before,
                "after": after,
                "fault": told,
            }
        )

    def _add_identities(self, contact_id: UUID, identities: Sequence[Identity]) -> list[UUID]:
        ids = [new_id() for _ in identities]
        self._identities += [
            {"id": id_, "contact_id": contact_id, "channel": channel, "kind": kind, "value": value}
            for id_, (channel, kind, value) in zip(ids, identities, strict=True)
        ]
        return ids

    async def _holders(self, rows: Sequence[Row]) -> dict[int, dict[Identity, UUID]]:
        """For each row the identities that somebody has, and who."""
        wanted = {each for row in rows if isinstance(row.person, Person) for each in row.person.identities}
        given = [{"channel": channel, "kind": kind, "value": value} for channel, kind, value in wanted]
        values = {"workspace_id": self._workspace_id, "rows": _document(given)}
        found = await (await self._tx.execute(Q.known_people, values)).fetchall()
        holder = {(each["channel"], each["kind"], each["value"]): each["contact_id"] for each in found}
        return {
            row.number: {each: holder[each] for each in row.person.identities if each in holder}
            for row in rows
            if isinstance(row.person, Person)
        }

    async def _lock(self, ids: set[UUID]) -> dict[UUID, DictRow]:
        values = {"workspace_id": self._workspace_id, "ids": list(ids)}
        found = await (await self._tx.execute(Q.lock_people, values)).fetchall()
        if len(found) < len(ids):
            raise TakenMeanwhile
        return {row["id"]: row for row in found}

    async def _find_companies(self, rows: Sequence[Row]) -> None:
        names = sorted({row.person.company for row in rows if isinstance(row.person, Person) and row.person.company})
        if names:
            values = {"workspace_id": self._workspace_id, "names": names, "ids": [new_id() for _ in names]}
            found = await (await self._tx.execute(Q.companies, values | {"now": self._now})).fetchall()
            self._companies = {row["name"]: row["id"] for row in found}

    async def _find_consents(self, rows: Sequence[Row], there: list[UUID]) -> None:
        if there and any(row.person.consents for row in rows if isinstance(row.person, Person)):
            self._ledger = await consents.get_ledger(self._tx, self._workspace_id, there)
            self._addresses = await consents.get_addresses(self._tx, self._workspace_id, there)

    async def _write(self) -> None:
        scope = {"workspace_id": self._workspace_id, "now": self._now}
        await self._tx.execute(Q.add_people, scope | {"rows": _document(self._new)})
        await self._tx.execute(Q.change_people, scope | {"rows": _document(self._changed)})
        added = await self._tx.execute(Q.add_identities, scope | {"rows": _document(self._identities)})
        if added.rowcount < len(self._identities):
            raise TakenMeanwhile
        if self._consents:
            values = scope | {"rows": _document(self._consents), "source": consents.SOURCE}
            await self._tx.execute(consents.Q.add, values)
        await self._tx.execute(Q.keep_rows, scope | {"id": self._import_id, "rows": _document(self._kept)})


def _difference(contact: DictRow, wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changes, as it was and as it will be; an attribute is `attributes.KEY`, absent ones are null."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key in ("name", "locale", "company_id", "labels"):
        if contact[key] != wanted[key]:
            before[key], after[key] = contact[key], wanted[key]
    for key, value in wanted["attributes"].items():
        if contact["attributes"].get(key) != value:
            before[f"attributes.{key}"], after[f"attributes.{key}"] = contact["attributes"].get(key), value
    return before, after


def _document(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()

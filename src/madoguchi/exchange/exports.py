"""Contacts as a CSV file, page by page, in the order of the list."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from madoguchi.attributes.models import AttributeOut
from madoguchi.contacts.load import Wanted, get_page
from madoguchi.contacts.models import ContactOut
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.db.pool import Database
from madoguchi.exchange import consents
from madoguchi.exchange.mapping import ATTRIBUTE, IDENTITY, targets

ENCODINGS = {"utf-8": "utf-8-sig", "shift_jis": "cp932"}
_PAGE = 1000
_BETWEEN = "; "
# A spreadsheet would reckon with them; numbers, also telephone numbers, are what they look like.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBERS = re.compile(r"[+-]?\d+(\.\d+)?(; \+\d+)*")


_PLAIN: dict[str, Callable[[ContactOut], str]] = {
    "name": lambda contact: contact.name,
    "company": lambda contact: (contact.company.name or "") if contact.company else "",
    "labels": lambda contact: _BETWEEN.join(contact.labels),
    "locale": lambda contact: contact.locale or "",
    "created_at": lambda contact: str(contact.created_at),
}


def check_columns(columns: Sequence[str], definitions: Sequence[AttributeOut]) -> list[str]:
    """All but consents when none is named. Raises Invalid naming `columns`."""
    known = get_columns(definitions)
    if unknown := [each for each in columns if each not in known and consents.column_of(each) is None]:
        message = f"There is no column {unknown[0]!r}."
        raise Invalid(message, errors=[FieldError("columns", message)])
    return list(dict.fromkeys(columns)) or [each for each in known if consents.column_of(each) is None]


def get_columns(definitions: Sequence[AttributeOut]) -> list[str]:
    """Everything a file may show of a contact."""
    return [*targets(definitions), "created_at"]


async def rows_of(
    db: Database, workspace_id: UUID, wanted: Wanted, columns: Sequence[str], header: Sequence[str], encoding: str
) -> AsyncIterator[bytes]:
    """The file in pieces: each page is read in a short transaction of its own."""
    write = _writer(ENCODINGS[encoding])
    yield write([[_safe(word) for word in header]])
    before: UUID | None = None
    while True:
        async with db.workspace(workspace_id) as tx:
            page, before = await get_page(tx, workspace_id, wanted, before=before, limit=_PAGE)
            asked = page and any(consents.column_of(column) for column in columns)
            ledger = await consents.get_ledger(tx, workspace_id, [each.id for each in page]) if asked else {}
        if page:
            yield write([[_safe(_cell(contact, column, ledger)) for column in columns] for contact in page])
        if before is None:
            return


def _writer(encoding: str) -> Callable[[list[list[str]]], bytes]:
    """The byte order mark stands before the first piece only."""
    began = False

    def write(rows: list[list[str]]) -> bytes:
        nonlocal began
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        chosen = encoding.removesuffix("-sig") if began else encoding
        began = True
        return text.getvalue().encode(chosen, errors="replace")

    return write


def _cell(contact: ContactOut, column: str, ledger: consents.Ledger) -> str:
    if consent := consents.column_of(column):
        return consents.cell(_kept(contact, consent, ledger), consent.part)
    if column.startswith(ATTRIBUTE):
        value = contact.attributes.get(column.removeprefix(ATTRIBUTE))
        return "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)
    if column.startswith(IDENTITY):
        channel, _, kind = column.removeprefix(IDENTITY).partition(":")
        values = [each.value for each in contact.identities if (each.channel, each.kind) == (channel, kind)]
        return _BETWEEN.join(f"+{value}" if kind == "phone" else value for value in values)
    return _PLAIN[column](contact)


def _kept(contact: ContactOut, column: consents.Column, ledger: consents.Ledger) -> consents.Kept | None:
    """Of several addresses that were merged: a withdrawal before an agreement."""
    ids = [contact.id, *(each.id for each in contact.merged)]
    kept = [found for each in ids if (found := ledger.get((each, column.channel, column.purpose)))]
    return max(kept, key=lambda each: (each.state == "withdrawn", each.at), default=None)


def _safe(cell: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBERS.fullmatch(cell) else cell

"""One record of a file as a person, or why it cannot be one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from madoguchi.attributes.models import AttributeOut
from madoguchi.attributes.values import Unfit, missing, read_value
from madoguchi.contacts.identities import normal_value
from madoguchi.core.phone import international
from madoguchi.exchange import consents
from madoguchi.exchange.consents import Said
from madoguchi.exchange.mapping import ATTRIBUTE, IDENTITY
from madoguchi.exchange.reading import Record

_LONGEST_NAME = 200
_LONGEST_LABEL = 60
MOST_LABELS = 30
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ADDRESS = re.compile(r"[^@\s]{1,200}@[^@\s]+\.[^@\s]+")
# What no text of ours holds: control characters but tab and line breaks.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_GUARDED = re.compile(r"'[=+\-@]")
_BETWEEN_LABELS = re.compile("[,;\n\N{IDEOGRAPHIC COMMA}\N{FULLWIDTH COMMA}\N{FULLWIDTH SEMICOLON}]")

Identity = tuple[str, str, str]  # channel, kind, value


class Fault(Struct, frozen=True):
    """`code` is for clients' own words, `message` ours; `column` is empty where the whole line is meant."""

    code: str
    message: str
    column: str = ""
    values: dict[str, Any] = {}


class Person(Struct):
    name: str = ""
    locale: str | None = None
    company: str = ""
    labels: list[str] = []
    attributes: dict[str, Any] = {}
    identities: list[Identity] = []
    consents: list[Said] = []


class Reader:
    """What the columns of one file mean in one workspace."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Sequence[str | None],
        definitions: Sequence[AttributeOut],
        region: str | None,
    ) -> None:
        self._header = header
        self._mapping = mapping
        self._definitions: Mapping[str, AttributeOut] = {each.key: each for each in definitions}
        self._region = region

    def read(self, record: Record) -> Person | Fault:
        if fault := self._broken(record):
            return fault
        person = Person()
        said: dict[tuple[str, str], dict[str, Any]] = {}
        for index, target in enumerate(self._mapping):
            text = plain(record.cells[index]) if index < len(record.cells) else ""
            if not target or not text:
                continue
            column = consents.column_of(target)
            fault = _consent(said, column, text) if column else self._take(person, target, text)
            if fault is not None:
                return Fault(fault.code, fault.message, self._header[index], fault.values)
        if not person.name and not person.identities:
            return Fault("nobody", "There is neither a name nor a way to reach anybody.")
        # A time or a source without a word says nothing.
        person.consents = [Said(*place, **given) for place, given in said.items() if "state" in given]
        return person

    def lacking(self, attributes: dict[str, Any]) -> Fault | None:
        """What a new contact must have and has not."""
        for each in missing(self._definitions.values(), attributes):
            return Fault("required", f"{each.label} is required.", each.label)
        return None

    def _broken(self, record: Record) -> Fault | None:
        if record.fault == "quotes":
            return Fault("quotes", "A quotation mark is not closed, or stands where none may stand.")
        if record.fault == "undecoded":
            return Fault("undecoded", "There are bytes that this encoding does not know.")
        if any(_CONTROL.search(cell) for cell in record.cells):
            return Fault("control", "There are control characters in it.")
        if any(cell.strip() for cell in record.cells[len(self._mapping) :]):
            values = {"given": len(record.cells), "columns": len(self._mapping)}
            return Fault("columns", f"{len(record.cells)} cells for {len(self._mapping)} columns.", "", values)
        return None

    def _take(self, person: Person, target: str, text: str) -> Fault | None:
        if target.startswith(ATTRIBUTE):
            return self._attribute(person, target.removeprefix(ATTRIBUTE), text)
        if target.startswith(IDENTITY):
            channel, _, kind = target.removeprefix(IDENTITY).partition(":")
            return self._identity(person, channel, kind, text)
        return _PLAIN[target](person, text)

    def _attribute(self, person: Person, key: str, text: str) -> Fault | None:
        definition = self._definitions.get(key)
        if definition is None:  # taken away since the import began
            return Fault("gone", f"There is no attribute {key} any more.")
        try:
            value = read_value(definition, text, self._region)
        except Unfit as unfit:
            return Fault("attribute", str(unfit), values={"type": definition.type})
        person.attributes = {**person.attributes, key: value}
        return None

    def _identity(self, person: Person, channel: str, kind: str, text: str) -> Fault | None:
        """One, or several between semicolons."""
        for part in filter(None, map(str.strip, text.split(";"))):
            value: str | None = part
            if kind == "phone":
                value = international(part, self._region)
                if value is None:
                    return Fault("phone", "Not a telephone number with its country code, nor one of your country.")
            elif not _ADDRESS.fullmatch(part):
                return Fault("address", "This is not an e-mail address.")
            identity = (channel, kind, normal_value(kind, value or ""))
            if identity not in person.identities:
                person.identities = [*person.identities, identity]
        return None


def _consent(said: dict[tuple[str, str], dict[str, Any]], column: consents.Column, text: str) -> Fault | None:
    try:
        said.setdefault((column.channel, column.purpose), {}).update(consents.read_cell(column, text))
    except consents.Unclear as unclear:
        return Fault(
            unclear.code, str(unclear), values={"limit": consents.LONGEST_SOURCE} if unclear.code == "long" else {}
        )
    return None


def plain(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from reckoning, as our own exports write it."""
    text = cell.strip()
    return text[1:] if _GUARDED.match(text) else text


def _name(person: Person, text: str) -> Fault | None:
    if len(text) > _LONGEST_NAME:
        return Fault("long", f"At most {_LONGEST_NAME} characters.", values={"limit": _LONGEST_NAME})
    person.name = text
    return None


def _locale(person: Person, text: str) -> Fault | None:
    if not _LOCALE.fullmatch(text):
        return Fault("locale", "A language is written as ja or pt-BR.")
    person.locale = text
    return None


def _company(person: Person, text: str) -> Fault | None:
    if len(text) > _LONGEST_NAME:
        return Fault("long", f"At most {_LONGEST_NAME} characters.", values={"limit": _LONGEST_NAME})
    person.company = text
    return None


def _labels(person: Person, text: str) -> Fault | None:
    labels = list(dict.fromkeys(word for part in _BETWEEN_LABELS.split(text) if (word := part.strip())))
    if len(labels) > MOST_LABELS:
        return Fault("labels", f"At most {MOST_LABELS} labels.", values={"limit": MOST_LABELS})
    if any(len(label) > _LONGEST_LABEL for label in labels):
        return Fault("long", f"At most {_LONGEST_LABEL} characters.", values={"limit": _LONGEST_LABEL})
    person.labels = labels
    return None


_PLAIN = {"name": _name, "locale": _locale, "company": _company, "labels": _labels}

"""Imports as the API shows them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from madoguchi.core.times import Timestamp

Known = Literal["skip", "fill", "overwrite"]
State = Literal["draft", "running", "done", "cancelled", "failed", "undoing", "undone"]
Encoding = Literal["utf-8", "utf-16", "shift_jis", "euc-jp", "iso-2022-jp", "windows-1252", "gb18030", "big5", "euc-kr"]
Delimiter = Literal[",", ";", "\t", "|"]
Mapping = Annotated[
    list[str | None],
    Meta(max_length=200, examples=[["name", "identity:whatsapp:phone", None, "attribute:member_since"]]),
]


class ImportOut(Struct, frozen=True, kw_only=True):
    """`total` and `done` count rows of the file below its header. `taken_back` and `not_taken_back` count contacts while and
    after an import is undone."""

    id: UUID
    filename: str
    state: State
    encoding: str
    delimiter: str
    mapping: list[str | None]
    known: Known
    total: int
    done: int
    created: int
    updated: int
    skipped: int
    rejected: int
    taken_back: int
    not_taken_back: int
    created_at: Timestamp
    updated_at: Timestamp


class ImportPreview(Struct, frozen=True, kw_only=True):
    """The header and the first rows as this encoding and delimiter read them; `mapping` is a guess by the columns' names,
    `targets` what a column may be mapped to."""

    encoding: str
    delimiter: str
    total: int
    header: list[str]
    rows: list[list[str]]
    mapping: list[str | None]
    targets: list[str]


class StartImport(Struct, frozen=True, forbid_unknown_fields=True):
    """`mapping` has a target or null for each column. `known`: what a contact gets that has one of a row's numbers or
    addresses already: nothing, what it lacks, or everything that the row says."""

    encoding: Encoding
    delimiter: Delimiter
    mapping: Mapping
    known: Known = "fill"


class RejectedRow(Struct, frozen=True, kw_only=True):
    """`line` is the line of the file, its header being 1. `code` is stable, `message` in English, `column` the header of the
    cell that is meant, empty for the whole line."""

    number: int
    line: int
    code: str
    message: str
    column: str
    values: dict[str, Any]
    cells: list[str]

"""Templates as the API shows them."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from madoguchi.channels.base import TemplateVariable
from madoguchi.core.times import Timestamp


class TemplateOut(Struct):
    """A text of the provider. `variables` are its blanks in reading order; a send fills them by `key`."""

    id: UUID
    inbox_id: UUID
    name: str
    language: str
    category: str
    status: str
    quality: str | None
    reason: str | None
    parameter_format: str
    components: list[dict[str, Any]]
    variables: list[TemplateVariable]
    synced_at: Timestamp


class SyncResult(Struct):
    """How many templates the provider has, and how many of ours changed."""

    found: int
    changed: int

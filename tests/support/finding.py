"""What search finds, without HTTP."""

from typing import Any
from uuid import UUID

from madoguchi.db.pool import Database
from madoguchi.search.find import Question, find
from madoguchi.search.models import Kind
from madoguchi.search.terms import words_of


async def found_texts(
    database: Database, workspace_id: UUID, q: str, kind: Kind = "message", **narrowed: Any
) -> list[str]:
    """The snippets, without marks, the newest first."""
    async with database.workspace(workspace_id) as tx:
        hits, _ = await find(tx, workspace_id, kind, Question(words=words_of(q), **narrowed), before=None, limit=20)
    return ["".join(piece.text for piece in hit.snippet) for hit in hits]

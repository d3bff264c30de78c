"""Search over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import Cursor, decode_cursor, encode_cursor
from madoguchi.conversations.models import Direction
from madoguchi.search.find import Q, Question, find, words_for
from madoguchi.search.models import KINDS, Found, Group, Kind

_IN_A_GROUP = 5

Text = Annotated[
    str,
    Parameter(
        min_length=1,
        max_length=200,
        description="Words that all have to stand in the text, whatever their width and case. Two characters at least, or one"
        " ideograph.",
    ),
]


@get("/api/v1/search", tags=["search"], summary="Search contacts, messages, notes and the names of attachments")
async def search(  # noqa: PLR0913 - one parameter per filter
    tx: Tx,
    principal: Who,
    *,
    q: Text,
    kind: Annotated[Kind | None, Parameter(description="One kind, page by page; without it the first of each.")] = None,
    inbox_id: UUID | None = None,
    agent_id: Annotated[UUID | None, Parameter(description="Written by this agent.")] = None,
    direction: Annotated[Direction | None, Parameter(description="`in`: by the customer, `out`: by us.")] = None,
    has_attachment: bool = False,
    from_at: Annotated[datetime | None, Parameter(query="from")] = None,
    to_at: Annotated[datetime | None, Parameter(query="to")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Parameter(ge=1, le=50)] = 20,
) -> Found:
    """The newest first. Filters leave contacts out. New messages are found a few seconds after they came."""
    before = decode_cursor(cursor, tuple[int]) if kind else None
    groups = []
    for each in [kind] if kind else KINDS:
        question = Question(
            words=words_for(each, q),
            inbox_id=inbox_id,
            agent_id=agent_id,
            direction=direction,
            has_attachment=has_attachment,
            from_at=from_at,
            to_at=to_at,
        )
        most = limit if kind else min(limit, _IN_A_GROUP)
        hits, last = await find(
            tx, principal.workspace_id, each, question, before=before[0] if before else None, limit=most
        )
        groups.append(Group(each, hits, encode_cursor(last) if last is not None else None))
    row = await (await tx.execute(Q.state, {"workspace_id": principal.workspace_id})).fetchone()
    return Found(
        groups=groups,
        behind=row["behind"] if row else 0,
        filling=row["filling"] if row else True,
        too_short=not words_for(kind or "contact", q),
    )

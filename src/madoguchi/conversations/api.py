"""Conversations over HTTP: lists, who has them, what is done to them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, patch, post, put
from litestar.params import Parameter
from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from madoguchi.conversations import assignment, changes, jobs, lists, teams
from madoguchi.conversations.models import ConversationOut, ConversationStatus, Counts, MessageOut

Search = Annotated[
    str | None,
    Parameter(max_length=200, description="Part of the contact's name, number or address; the newest first."),
]


class ConversationPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays."""

    status: ConversationStatus | UnsetType = UNSET
    labels: Annotated[list[str], Meta(examples=[["vip", "refund"]])] | UnsetType = UNSET
    snooze_until: (
        Annotated[datetime, Meta(description="With the status `snoozed`; without it: until the customer writes.")]
        | None
    ) = None
    reason: Annotated[str, Meta(max_length=200, description="With the status `closed`, for the thread.")] = ""


class Assignee(Struct, forbid_unknown_fields=True):
    """`agent_id` null releases. `take_over` must be said to take a conversation from another agent."""

    agent_id: UUID | None
    take_over: bool = False


class TeamChoice(Struct, forbid_unknown_fields=True):
    """`team_id` null: no team."""

    team_id: UUID | None


class ReadUpTo(Struct, forbid_unknown_fields=True):
    """Without `up_to`: everything."""

    up_to: UUID | None = None


class ConversationController(Controller):
    path = "/api/v1/conversations"
    tags = ("conversations",)

    @get("", summary="List conversations, newest activity first")
    async def list_conversations(  # noqa: PLR0913 - one parameter per filter
        self,
        tx: Tx,
        principal: Who,
        *,
        view: Literal["mine", "unassigned", "all"] = "all",
        status: ConversationStatus | None = None,
        inbox_id: UUID | None = None,
        label: str | None = None,
        contact_id: UUID | None = None,
        q: Search = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[ConversationOut]:
        wanted = lists.Wanted(view=view, status=status, inbox_id=inbox_id, label=label, contact_id=contact_id, q=q)
        before = decode_cursor(cursor, tuple[UUID])
        items, last = await lists.get_page(tx, principal, wanted, before=before[0] if before else None, limit=limit)
        return Page(items, encode_cursor(last) if last else None)

    @get("/counts", summary="Count open and unread conversations per view, up to 1,000")
    async def count_conversations(self, tx: Tx, principal: Who) -> Counts:
        return await lists.get_counts(tx, principal)

    @get("/{conversation_id:uuid}", summary="Read one conversation")
    async def read_conversation(self, tx: Tx, principal: Who, conversation_id: UUID) -> ConversationOut:
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @patch("/{conversation_id:uuid}", summary="Change status or labels")
    async def change_conversation(
        self, tx: Tx, principal: Who, conversation_id: UUID, data: ConversationPatch
    ) -> ConversationOut:
        status = None if data.status is UNSET else data.status
        labels = None if data.labels is UNSET else data.labels
        await changes.do_change(
            tx,
            principal,
            conversation_id,
            status=status,
            labels=labels,
            snooze_until=data.snooze_until,
            reason=data.reason,
        )
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @post("/{conversation_id:uuid}/claim", status_code=200, summary="Take a conversation that nobody has")
    async def claim_conversation(self, tx: Tx, principal: Who, conversation_id: UUID) -> ConversationOut:
        await assignment.do_claim(tx, principal, conversation_id)
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @put("/{conversation_id:uuid}/assignee", summary="Hand over, release or take over a conversation")
    async def assign_conversation(
        self, tx: Tx, principal: Who, conversation_id: UUID, data: Assignee
    ) -> ConversationOut:
        await assignment.do_assign(tx, principal, conversation_id, data.agent_id, take_over=data.take_over)
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @put("/{conversation_id:uuid}/team", summary="Give a conversation to a team, or to none")
    async def give_to_team(self, tx: Tx, principal: Who, conversation_id: UUID, data: TeamChoice) -> ConversationOut:
        await teams.do_set_team(tx, principal, conversation_id, data.team_id)
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @post("/{conversation_id:uuid}/ask", status_code=201, summary="Ask the assignee to hand over")
    async def ask_for_conversation(self, tx: Tx, principal: Who, conversation_id: UUID) -> MessageOut:
        message_id = await changes.do_ask(tx, principal, conversation_id)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @post("/{conversation_id:uuid}/read", status_code=204, summary="Mark as read, and tell the customer")
    async def read_messages(self, tx: Tx, principal: Who, conversation_id: UUID, data: ReadUpTo | None = None) -> None:
        up_to = data.up_to if data else None
        message_id = await changes.do_read(tx, principal, conversation_id, up_to)
        if message_id is not None:
            await jobs.defer_mark_read(tx, principal.workspace_id, conversation_id, message_id)

    @post("/{conversation_id:uuid}/typing", status_code=204, summary="Show the customer that somebody is typing")
    async def show_typing(self, tx: Tx, principal: Who, conversation_id: UUID) -> None:
        message_id = await changes.get_typing_target(tx, principal, conversation_id)
        if message_id is not None:
            await jobs.defer_mark_read(tx, principal.workspace_id, conversation_id, message_id, typing=True)

"""Conversations over HTTP: lists, who has them, what is done to them."""

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import Parameter
from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_place
from madoguchi.api.unit import KEPT_PLANS
from madoguchi.conversations import assignment, changes, counts, jobs, lists, teams, views
from madoguchi.conversations.bulk import Bulk, BulkOut, do_bulk
from madoguchi.conversations.filters import Sort, View, attributes_of, checked
from madoguchi.conversations.merge import Merge, do_merge, do_unmerge
from madoguchi.conversations.models import ConversationOut, Counts, MessageOut, WantedStatus
from madoguchi.conversations.pages import Place
from madoguchi.conversations.split import do_split

Search = Annotated[
    str | None,
    Parameter(max_length=200, description="Part of the contact's name, number or address."),
]
T = TypeVar("T")
Several = Annotated[list[T] | None, Parameter(description="Any of these; repeat for several.")]
SORTS = (
    "`newest` activity first; `waiting`: who has waited longest for an answer first; `closing`: whose window closes next"
    " first; those that do not wait or close follow, the newest first."
)


class ConversationPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays."""

    status: WantedStatus | UnsetType = UNSET
    labels: Annotated[list[str], Meta(examples=[["vip", "refund"]])] | UnsetType = UNSET
    snooze_until: (
        Annotated[datetime, Meta(description="With the status `snoozed`; without it: until the customer writes.")]
        | None
    ) = None
    reason: Annotated[
        str, Meta(max_length=200, description="With the status `closed`; one of `/close-reasons`, or own words.")
    ] = ""


class Assignee(Struct, forbid_unknown_fields=True):
    """`agent_id` null releases. `take_over` must be said to take a conversation from another agent."""

    agent_id: UUID | None
    take_over: bool = False
    note: Annotated[str, Meta(max_length=1000, description="Why, for whoever has it next; stands in the thread.")] = ""


class TeamChoice(Struct, forbid_unknown_fields=True):
    """`team_id` null: no team."""

    team_id: UUID | None


class SplitFrom(Struct, forbid_unknown_fields=True):
    """The first letter of the new conversation."""

    message_id: UUID


class ReadUpTo(Struct, forbid_unknown_fields=True):
    """Without `up_to`: everything."""

    up_to: UUID | None = None


class ConversationController(Controller):
    path = "/api/v1/conversations"
    tags = ("conversations",)

    @get("", summary="List conversations")
    async def list_conversations(  # noqa: PLR0913 - one parameter per filter
        self,
        tx: Tx,
        principal: Who,
        *,
        view: View | None = None,
        status: WantedStatus | None = None,
        inbox_id: Several[UUID] = None,
        channel: Annotated[str | None, Parameter(max_length=40)] = None,
        team_id: UUID | None = None,
        assignee_id: UUID | None = None,
        contact_id: UUID | None = None,
        label: Annotated[list[str] | None, Parameter(description="Any of these; repeat for several.")] = None,
        label_all: Annotated[list[str] | None, Parameter(description="All of these.")] = None,
        label_none: Annotated[list[str] | None, Parameter(description="None of these.")] = None,
        close_reason: Annotated[str | None, Parameter(max_length=200, description="Closed with this reason.")] = None,
        unread: bool = False,
        failed: Annotated[bool, Parameter(description="A message of ours failed and nothing was sent since.")] = False,
        draft: Annotated[bool, Parameter(description="The caller has a draft in it.")] = False,
        closing_within: Annotated[int | None, Parameter(description="Minutes.")] = None,
        waiting_over: Annotated[int | None, Parameter(description="Minutes.")] = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        updated_from: datetime | None = None,
        updated_to: datetime | None = None,
        attribute: Annotated[
            list[str] | None, Parameter(description="`name:value`: the contact has this attribute with this value.")
        ] = None,
        language: Annotated[
            str | None, Parameter(description="The contact's, such as `ja`, whatever the region.")
        ] = None,
        q: Search = None,
        view_id: Annotated[UUID | None, Parameter(description="A saved view; what else is given narrows it.")] = None,
        sort: Annotated[Sort | None, Parameter(description=SORTS)] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[ConversationOut]:
        """A page may be short, and even empty, while `next_cursor` goes on: a filter that leaves little is looked for a
        bounded way per page."""
        given = {
            "view": view,
            "status": status,
            "inbox_ids": inbox_id,
            "channel": channel,
            "team_id": team_id,
            "assignee_id": assignee_id,
            "contact_id": contact_id,
            "labels_any": label,
            "labels_all": label_all,
            "labels_none": label_none,
            "close_reason": close_reason,
            "unread": unread,
            "failed": failed,
            "draft": draft,
            "closing_within": closing_within,
            "waiting_over": waiting_over,
            "created_from": created_from,
            "created_to": created_to,
            "updated_from": updated_from,
            "updated_to": updated_to,
            "attributes": attributes_of(attribute),
            "language": language,
            "q": q,
        }
        saved = await views.get_view(tx, principal, view_id) if view_id else None
        wanted = checked(given, saved.filter if saved else None)
        after = decode_cursor(cursor, Place)
        order = sort or (saved.sort if saved else "newest")
        items, last = await lists.get_page(tx, principal, wanted, order, after=after, limit=limit)
        return Page(items, encode_place(last) if last else None)

    @get("/counts", summary="How many conversations there are per view, inbox, team and label")
    async def count_conversations(self, tx: Tx, principal: Who) -> Counts:
        return await counts.get_counts(tx, principal)

    @post("/bulk", status_code=200, summary="One action on up to 200 conversations")
    async def change_many(self, tx: Tx, principal: Who, data: Bulk) -> BulkOut:
        """One transaction; each conversation has its own result, by the same rules as the action on it alone."""
        return await do_bulk(tx, principal, data)

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
        await assignment.do_assign(
            tx, principal, conversation_id, data.agent_id, take_over=data.take_over, note=data.note
        )
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @put("/{conversation_id:uuid}/team", summary="Give a conversation to a team, or to none")
    async def give_to_team(self, tx: Tx, principal: Who, conversation_id: UUID, data: TeamChoice) -> ConversationOut:
        await teams.do_set_team(tx, principal, conversation_id, data.team_id)
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @post("/{conversation_id:uuid}/split", status_code=201, summary="Give another topic a conversation of its own")
    async def split_conversation(
        self, tx: Tx, principal: Who, conversation_id: UUID, data: SplitFrom
    ) -> ConversationOut:
        """The letter named and everything after it move; the answer is the new conversation. 409 `conflict` where nothing
        would stay behind or the channel has no threads, 409 `not_assignee` where somebody else has it."""
        made = await do_split(tx, principal, conversation_id, data.message_id)
        return await lists.get_conversation(tx, principal.workspace_id, made)

    @post("/{conversation_id:uuid}/merge", status_code=200, summary="Show a conversation as part of another one")
    async def merge_conversation(self, tx: Tx, principal: Who, conversation_id: UUID, data: Merge) -> ConversationOut:
        """A pointer, and nothing is rewritten: the conversation leaves the lists, its messages stand in the other one's
        thread, and what answers it arrives there. The answer is the conversation that stays. 422 for one of another contact
        or inbox, 409 `not_assignee` where somebody else has one of the two, 409 `conflict` where it is merged already, has
        messages that wait for their time, or the channel has no threads."""
        survivor = await do_merge(tx, principal, conversation_id, data.into)
        return await lists.get_conversation(tx, principal.workspace_id, survivor)

    @delete("/{conversation_id:uuid}/merge", status_code=200, summary="Take two conversations apart again")
    async def unmerge_conversation(self, tx: Tx, principal: Who, conversation_id: UUID) -> ConversationOut:
        """The conversation is as it was; what came meanwhile stays with the other one. 409 `conflict` where it is not
        merged."""
        await do_unmerge(tx, principal, conversation_id)
        return await lists.get_conversation(tx, principal.workspace_id, conversation_id)

    @post("/{conversation_id:uuid}/ask", status_code=201, summary="Ask the assignee to hand over")
    async def ask_for_conversation(self, tx: Tx, principal: Who, conversation_id: UUID) -> MessageOut:
        message_id = await changes.do_ask(tx, principal, conversation_id)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @post(
        "/{conversation_id:uuid}/read",
        status_code=204,
        summary="Mark as read, and tell the customer",
        opt={KEPT_PLANS: True},
    )
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

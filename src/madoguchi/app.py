"""The web application, put together: webhooks in front, the API and the console behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from madoguchi.accounts.api import (
    AccountController,
    ArchiveController,
    ContactBlockController,
    FormController,
    SecurityController,
    SignUpController,
)
from madoguchi.agents.api import AgentController, SessionController
from madoguchi.agents.invitations_api import InvitationController
from madoguchi.agents.second_factor_api import SecondFactorController
from madoguchi.api import health, metrics, problem, static
from madoguchi.api.auth import Authentication, Authenticator
from madoguchi.api.deps import dependencies
from madoguchi.api.edge import App, Edge, Receive, Scope, Send
from madoguchi.api.openapi import openapi_handler
from madoguchi.api.throttle import Throttle
from madoguchi.api.unit import UnitOfWork
from madoguchi.attributes.api import AttributeController
from madoguchi.audit.api import AuditController
from madoguchi.companies.api import CompanyController
from madoguchi.contacts.api import ContactController
from madoguchi.contacts.notes_api import ContactNoteController
from madoguchi.context import Context
from madoguchi.conversations.api import ConversationController
from madoguchi.conversations.closing_api import CloseReasonController
from madoguchi.conversations.drafts_api import DraftController
from madoguchi.conversations.giving_api import AssignmentRuleController
from madoguchi.conversations.messages_api import MessageController
from madoguchi.conversations.schedule_api import ScheduleController
from madoguchi.conversations.timeline_api import read_timeline
from madoguchi.conversations.views_api import ViewController
from madoguchi.conversations.ways_api import WayController
from madoguchi.costs.api import read_costs
from madoguchi.db.listen import Listener
from madoguchi.demo.connect import connect_simulator
from madoguchi.events.api import list_events
from madoguchi.exchange.api import ImportController, export_contacts, list_columns
from madoguchi.forms.exchange import FormExchange
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import PREFIX, Receiver
from madoguchi.inboxes.api import ChannelController, InboxController, SetAsideController
from madoguchi.inboxes.archive_api import request_archive
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.inboxes.limits_api import read_limits
from madoguchi.labels.api import LabelController
from madoguchi.media.api import MediaController
from madoguchi.notices.api import NoticeController
from madoguchi.notifications.api import NotificationController
from madoguchi.quick_replies.api import QuickReplyController
from madoguchi.realtime.hub import Hub
from madoguchi.realtime.socket import live
from madoguchi.search.api import search
from madoguchi.teams.api import TeamController
from madoguchi.templates.api import InboxTemplateController, TemplateController
from madoguchi.workspaces.api import WorkspaceController
from madoguchi.workspaces.first_api import FirstController
from madoguchi.workspaces.logo_api import LogoController

JSON_LIMIT = 1_000_000

API: list[ControllerRouterHandler] = [
    SessionController,
    AgentController,
    InvitationController,
    SecondFactorController,
    WorkspaceController,
    LogoController,
    FirstController,
    connect_simulator,
    AuditController,
    ChannelController,
    InboxController,
    SetAsideController,
    TemplateController,
    InboxTemplateController,
    MediaController,
    AssignmentRuleController,
    ContactController,
    ImportController,
    export_contacts,
    list_columns,
    ContactNoteController,
    WayController,
    AttributeController,
    CloseReasonController,
    CompanyController,
    ConversationController,
    MessageController,
    ScheduleController,
    DraftController,
    LabelController,
    QuickReplyController,
    NoticeController,
    NotificationController,
    AccountController,
    SecurityController,
    ArchiveController,
    FormController,
    SignUpController,
    ContactBlockController,
    TeamController,
    ViewController,
    read_timeline,
    search,
    read_costs,
    request_archive,
    read_limits,
    list_events,
]
PAGES: list[ControllerRouterHandler] = [
    health.healthz,
    health.readyz,
    metrics.metrics,
    static.console,
    static.docs,
    static.console_path,
]


class Application:
    """The whole product's web side as one ASGI application: webhooks are the hottest path and need nothing of the framework."""

    def __init__(self, receiver: Receiver, edge: App) -> None:
        self.receiver = receiver
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        webhook = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self.receiver if webhook else self._edge)(scope, receive, send)


def create_app(context: Context) -> Application:
    directory = InboxDirectory(context.db, context.secrets, context.public_url)
    commit, hub = GroupCommit(context.db.dsn), Hub(context.db)
    receiver = Receiver(directory, commit, forms=FormExchange(context.db, context.secrets))
    authenticator = Authenticator(context)
    litestar = Litestar(
        [*API, live, openapi_handler(API), *PAGES],
        state=State({"context": context, "authenticator": authenticator, "throttle": Throttle(), "hub": hub}),
        dependencies=dependencies(),
        middleware=[Authentication(context, authenticator), UnitOfWork(context.db)],
        exception_handlers={Exception: problem.handle},
        lifespan=[lambda _app: _running(context, directory, commit, hub)],
        request_max_body_size=JSON_LIMIT,
        openapi_config=None,
        logging_config=None,
    )
    return Application(receiver, Edge(cast("App", litestar), secure=context.public_url.startswith("https://")))


@asynccontextmanager
async def _running(context: Context, directory: InboxDirectory, commit: GroupCommit, hub: Hub) -> AsyncIterator[None]:
    listener = Listener(context.db.dsn, {"madoguchi_inboxes": directory.forget})
    task = asyncio.create_task(listener.run(), name="inbox directory")
    commit.start()
    hub.start()
    try:
        yield
    finally:
        await hub.stop()
        await commit.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

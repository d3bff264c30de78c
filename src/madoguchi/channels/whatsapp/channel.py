"""WhatsApp Business Platform (Cloud API on Meta's Graph API)."""

from collections.abc import Mapping, Sequence
from typing import Any

from madoguchi.channels import base
from madoguchi.channels.account import Account
from madoguchi.channels.base import (
    Draft,
    FetchedMedia,
    Handshake,
    InboxConfig,
    MediaSource,
    OutboundMedia,
    Part,
    RawRequest,
    Refused,
    RenderedTemplate,
    RuleBroken,
    SendResult,
    Template,
    TemplateDraft,
    TemplateVariable,
    Verified,
)
from madoguchi.channels.events import AccountNotice, Event, Identity
from madoguchi.channels.forms import FormAnswer, FormRefused, FormRequest
from madoguchi.channels.health import AccountChange, Health
from madoguchi.channels.http import Http
from madoguchi.channels.signup import SignedUp, SignUp
from madoguchi.channels.whatsapp import account, flow_exchange, template_parts, template_submit
from madoguchi.channels.whatsapp.account_news import account_change
from madoguchi.channels.whatsapp.check import check
from madoguchi.channels.whatsapp.desk import Desk
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.channels.whatsapp.identity import identity_of
from madoguchi.channels.whatsapp.media import fetch
from madoguchi.channels.whatsapp.parse import parse
from madoguchi.channels.whatsapp.probe import probe
from madoguchi.channels.whatsapp.rate import rate_of
from madoguchi.channels.whatsapp.send import send
from madoguchi.channels.whatsapp.signup import sign_up
from madoguchi.channels.whatsapp.template_rules import check_definition
from madoguchi.channels.whatsapp.verify import app_secrets, verify
from madoguchi.core.errors import FieldError


class Channel(base.Channel):
    def verify(self, request: RawRequest, inbox: InboxConfig) -> Verified | Handshake | Refused:
        return verify(request, inbox)

    def parse(self, request: RawRequest) -> Sequence[Event]:
        return parse(request)

    async def send(self, part: Part, inbox: InboxConfig, http: Http, media: MediaSource) -> SendResult:
        return await send(part, self._graph(inbox, http), media)

    def check(self, draft: Draft) -> list[FieldError]:
        return check(draft, self.manifest.capabilities)

    def identity_of(self, address: str) -> Identity | None:
        return identity_of(address)

    def template_variables(self, template: Template) -> list[TemplateVariable]:
        return template_parts.template_variables(template)

    def render_template(self, template: Template, variables: Mapping[str, str]) -> RenderedTemplate:
        return template_parts.render_template(template, variables)

    def check_template(self, draft: TemplateDraft) -> list[RuleBroken]:
        return check_definition(draft)

    def template_samples(self, draft: TemplateDraft) -> list[str]:
        return template_submit.samples_of(draft.components)

    async def create_template(
        self,
        draft: TemplateDraft,
        inbox: InboxConfig,
        http: Http,
        *,
        files: Sequence[OutboundMedia] = (),
        source: MediaSource | None = None,
    ) -> Template:
        return await template_submit.create(draft, self._graph(inbox, http), files, source)

    async def edit_template(
        self,
        present: Template,
        draft: TemplateDraft,
        inbox: InboxConfig,
        http: Http,
        *,
        files: Sequence[OutboundMedia] = (),
        source: MediaSource | None = None,
    ) -> None:
        await template_submit.edit(present, draft, self._graph(inbox, http), files, source)

    async def delete_template(self, name: str, provider_id: str | None, inbox: InboxConfig, http: Http) -> None:
        await template_submit.delete(name, provider_id, self._graph(inbox, http))

    async def mark_read(self, provider_id: str, inbox: InboxConfig, http: Http, *, typing: bool = False) -> None:
        await account.mark_read(provider_id, self._graph(inbox, http), typing=typing)

    async def fetch_media(self, reference: dict[str, Any], inbox: InboxConfig, http: Http) -> FetchedMedia:
        return await fetch(reference, self._graph(inbox, http))

    async def fetch_templates(self, inbox: InboxConfig, http: Http) -> list[Template]:
        return await account.fetch_templates(self._graph(inbox, http))

    def rate(self, inbox: InboxConfig, facts: Mapping[str, Any]) -> float:
        return rate_of(super().rate(inbox, facts), self.manifest.capabilities.messages_per_second, facts)

    async def request_archive(self, inbox: InboxConfig, http: Http) -> None:
        await account.request_archive(self._graph(inbox, http))

    async def probe(self, inbox: InboxConfig, http: Http) -> Health:
        return await probe(self._graph(inbox, http), app_secrets(inbox))

    def account(self, inbox: InboxConfig, http: Http) -> Account:
        secret = inbox.credentials.get("app_secret", "").partition(",")[0].strip()
        return Desk(self._graph(inbox, http), secret, inbox.credentials.get("verify_token", ""))

    async def sign_up(self, given: SignUp, settings: Mapping[str, Any], http: Http) -> SignedUp:
        return await sign_up(given, settings, self.manifest, http)

    def open_form(self, request: RawRequest, inbox: InboxConfig, private_key: str) -> FormRequest | FormRefused:
        return flow_exchange.open_form(request, inbox, private_key)

    def seal_form(self, request: FormRequest, answer: FormAnswer | None) -> tuple[int, bytes]:
        if answer is None:
            return 200, flow_exchange.seal_ping(request.sealing, error=request.action == "error")
        return flow_exchange.seal_answer(request.sealing, answer)

    def account_change(self, notice: AccountNotice) -> AccountChange:
        return account_change(notice)

    def _graph(self, inbox: InboxConfig, http: Http) -> Graph:
        return Graph(self.manifest, inbox, http)

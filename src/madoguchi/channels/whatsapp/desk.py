"""The account of a WhatsApp number: profile, links, block list, first words, username."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from madoguchi.channels.account import (
    Account,
    BlockedPeople,
    Command,
    Link,
    Links,
    Picture,
    Profile,
    Prompts,
    Shop,
    Subscription,
    Username,
)
from madoguchi.channels.base import RawRequest, Refusal
from madoguchi.channels.events import Identity
from madoguchi.channels.forms import Form
from madoguchi.channels.http import HttpFailure
from madoguchi.channels.whatsapp import desk_check, flow_admin, registration
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.channels.whatsapp.uploads import upload
from madoguchi.channels.whatsapp.verify import signed
from madoguchi.core.errors import Invalid

_PROFILE = "about,address,description,email,profile_picture_url,websites,vertical"
_PAGE = "100"
_FILE_LIMIT = 5 * 1024 * 1024


class Desk(Account):
    def __init__(self, graph: Graph, secret: str, verify_token: str) -> None:
        self._graph = graph
        self._secret = secret
        self._verify_token = verify_token

    # --- profile -----------------------------------------------------------------------------------

    async def read_profile(self) -> Profile:
        found = await self._get("whatsapp_business_profile", {"fields": _PROFILE})
        rows = found.get("data")
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        websites = row.get("websites")
        sites = [site for site in websites if isinstance(site, str)] if isinstance(websites, list) else []
        keys = ("about", "address", "description", "email", "vertical")
        values: dict[str, Any] = {key: string(row, key) or "" for key in keys}
        return Profile({**values, "websites": sites}, string(row, "profile_picture_url"))

    async def write_profile(self, values: Mapping[str, Any], picture: Picture | None) -> None:
        body = {"messaging_product": "whatsapp", **values}
        if picture is not None:
            desk_check.check_picture(picture)
            body["profile_picture_handle"] = await upload(self._graph, picture.name, picture.content_type, picture.data)
        await self._post("whatsapp_business_profile", body)

    async def fetch_file(self, url: str) -> tuple[str, bytes]:
        """Without the token: these addresses are public, and lead anywhere."""
        if urlsplit(url).scheme != "https" and not self._graph.may_have_token(url):
            raise HttpFailure("the picture's address is not a safe one", left=False)
        answer = await self._graph.http.request("GET", url)
        if answer.status != 200 or len(answer.body) > _FILE_LIMIT:
            raise HttpFailure(f"the picture was answered with {answer.status}", left=True)
        return answer.headers.get("content-type", "application/octet-stream"), answer.body

    # --- links --------------------------------------------------------------------------------------

    async def links(self, after: str | None) -> Links:
        params = {"fields": "code,prefilled_message,deep_link_url", "limit": _PAGE}
        found = await self._get("message_qrdls", params | ({"after": after} if after else {}))
        return Links([_link(each) for each in _rows(found)], _after(found))

    async def write_link(self, text: str, code: str | None) -> Link:
        desk_check.check_link(text)
        body = {"prefilled_message": text} | ({"code": code} if code else {"generate_qr_image": "SVG"})
        return _link(await self._post("message_qrdls", body))

    async def delete_link(self, code: str) -> None:
        await self._graph.delete(self._graph.number, "message_qrdls", code)

    async def link_image(self, code: str, form: Literal["svg", "png"]) -> tuple[str, bytes]:
        params = {"fields": f"code,qr_image_url.format({form.upper()})"}
        found = clean(await self._graph.get(self._graph.number, "message_qrdls", code, params=params))
        row = next(iter(_rows(found)), found)
        url = string(row, "qr_image_url")
        if url is None:
            raise HttpFailure("there is no picture of this link", left=True)
        return await self.fetch_file(url)

    # --- block list ---------------------------------------------------------------------------------

    async def blocked(self, after: str | None) -> BlockedPeople:
        found = await self._get("block_users", {"limit": _PAGE} | ({"after": after} if after else {}))
        people = [each for row in _rows(found) if (each := _person(row)) is not None]
        return BlockedPeople(people, _after(found))

    async def set_blocked(self, people: Sequence[Identity], *, blocked: bool) -> list[Identity]:
        known = [person for person in people if person.kind in {"phone", "bsuid"}][:1]
        if not known:
            raise Invalid("WhatsApp knows this person by no number or id that can be blocked.")
        users = [{"user_id": p.value} if p.kind == "bsuid" else {"user": p.value} for p in known]
        body = {"messaging_product": "whatsapp", "block_users": users}
        await self._send("POST" if blocked else "DELETE", "block_users", body)
        return known

    # --- first words --------------------------------------------------------------------------------

    async def prompts(self) -> Prompts:
        found = clean(await self._graph.get(self._graph.number, params={"fields": "conversational_automation"}))
        given = found.get("conversational_automation")
        given = given if isinstance(given, dict) else {}
        commands = given.get("commands")
        starters = given.get("prompts")
        return Prompts(
            given.get("enable_welcome_message") is True,
            tuple(each for each in starters if isinstance(each, str)) if isinstance(starters, list) else (),
            tuple(_commands(commands)) if isinstance(commands, list) else (),
        )

    async def write_prompts(self, prompts: Prompts) -> None:
        desk_check.check_prompts(prompts)
        commands = [{"command_name": each.name, "command_description": each.description} for each in prompts.commands]
        body = {"enable_welcome_message": prompts.welcome, "prompts": list(prompts.starters), "commands": commands}
        await self._post("conversational_automation", body)

    # --- username -----------------------------------------------------------------------------------

    async def username(self) -> Username:
        try:
            found = await self._get("username", {})
        except Refusal as refusal:
            if refusal.failed.kind != "stop":
                raise
            found = {}
        suggested = [] if found.get("username") else await self._suggestions()
        return Username(string(found, "username"), string(found, "status"), tuple(suggested))

    async def _suggestions(self) -> list[str]:
        try:
            rows = _rows(await self._get("username_suggestions", {}))
        except Refusal:
            return []
        names = rows[0].get("username_suggestions") if rows else None
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    async def set_username(self, name: str | None, *, transfer: bool) -> None:
        if name is None:
            await self._graph.delete(self._graph.number, "username")
            return
        desk_check.check_username(name)
        body = {"username": name, "transfer_action": "force_transfer" if transfer else "none"}
        await self._post("username", body)

    # --- name and shop ------------------------------------------------------------------------------

    async def rename(self, name: str) -> None:
        desk_check.check_display_name(name)
        await self._graph.ask("POST", self._graph.number, body={"new_display_name": name})

    async def shop(self) -> Shop:
        row = next(iter(_rows(await self._get("whatsapp_commerce_settings", {}))), {})
        # Meta's own defaults, where it says nothing.
        return Shop(row.get("is_catalog_visible") is True, row.get("is_cart_enabled") is not False)

    async def write_shop(self, shop: Shop) -> None:
        body = {"is_catalog_visible": shop.catalog_visible, "is_cart_enabled": shop.cart_enabled}
        await self._post("whatsapp_commerce_settings", body)

    # --- registration -------------------------------------------------------------------------------

    async def register(self, pin: str) -> None:
        await registration.register(self._graph, pin)

    async def deregister(self) -> None:
        await self._post("deregister", {})

    async def set_pin(self, pin: str) -> None:
        await registration.set_pin(self._graph, pin)

    async def request_code(self, method: Literal["sms", "voice"], language: str) -> None:
        await self._post("request_code", {"code_method": method.upper(), "language": language})

    async def verify_code(self, code: str) -> None:
        await registration.verify_code(self._graph, code)

    # --- webhook ------------------------------------------------------------------------------------

    async def subscriptions(self) -> list[Subscription]:
        found = clean(await self._graph.get(self._graph.account, "subscribed_apps"))
        return [_subscription(each) for each in _rows(found)]

    async def subscribe(self, url: str | None) -> None:
        body = {"override_callback_uri": url, "verify_token": self._verify_token} if url else {}
        await self._graph.ask("POST", self._graph.account, "subscribed_apps", body=body)

    async def unsubscribe(self) -> None:
        await self._graph.delete(self._graph.account, "subscribed_apps")

    def test_request(self, nonce: str) -> RawRequest:
        text = '{"object":"whatsapp_business_account","entry":[{"id":"%s","changes":[{"field":"test","value":{"nonce":"%s"}}]}]}'
        body = (text % (re.sub(r"\D", "", self._graph.account), nonce)).encode()
        return RawRequest("POST", {}, {"content-type": "application/json", **signed(body, self._secret)}, body)

    async def forms(self) -> list[Form]:
        return await flow_admin.forms(self._graph)

    async def upload_key(self, public_key: str) -> None:
        await flow_admin.upload_key(self._graph, public_key)

    async def publish_form(self, name: str, endpoint: str) -> Form:
        return await flow_admin.publish_form(self._graph, name, endpoint)

    async def synchronise(self, kind: Literal["contacts", "history"]) -> None:
        sync = "smb_app_state_sync" if kind == "contacts" else "history"
        await self._post("smb_app_data", {"messaging_product": "whatsapp", "sync_type": sync})

    # --- calls --------------------------------------------------------------------------------------

    async def _get(self, edge: str, params: Mapping[str, str]) -> Any:
        return clean(await self._graph.get(self._graph.number, edge, params=params))

    async def _post(self, edge: str, body: Any) -> Any:
        return await self._send("POST", edge, body)

    async def _send(self, method: str, edge: str, body: Any) -> Any:
        return clean(await self._graph.ask(method, self._graph.number, edge, body=body))


def _rows(found: Any) -> list[dict[str, Any]]:
    rows = found.get("data") if isinstance(found, dict) else None
    return [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


def _after(found: dict[str, Any]) -> str | None:
    paging = found.get("paging")
    return string(paging.get("cursors"), "after") if isinstance(paging, dict) and paging.get("next") else None


def _link(row: dict[str, Any]) -> Link:
    code = string(row, "code") or ""
    return Link(code, string(row, "prefilled_message") or "", string(row, "deep_link_url") or "")


def _person(row: dict[str, Any]) -> Identity | None:
    if (user_id := string(row, "user_id")) is not None:
        return Identity("bsuid", user_id)
    phone = string(row, "wa_id")
    return Identity("phone", phone) if phone else None


def _commands(rows: list[Any]) -> list[Command]:
    return [Command(string(r, "command_name") or "", string(r, "command_description") or "") for r in rows]


def _subscription(row: dict[str, Any]) -> Subscription:
    app = row.get("whatsapp_business_api_data")
    return Subscription(string(app, "id") or "", string(app, "name") or "", string(row, "override_callback_uri"))

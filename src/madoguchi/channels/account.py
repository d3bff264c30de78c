"""What a channel may offer about the account itself: its profile, links, block list, registration and webhook.

`Capabilities.account` names the parts a channel has; the rest of the product asks for a part by that name only.
Every method asks the provider once and raises HttpFailure (Refusal where it said no) or Invalid naming the field.
"""

# ruff: noqa: ARG002 - what a channel does not offer ignores what it is given

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import Identity
from madoguchi.channels.forms import Form


class Profile(Struct, frozen=True):
    """`values` by the manifest's keys; `picture` is the provider's address of it."""

    values: dict[str, Any]
    picture: str | None = None


class Picture(Struct, frozen=True):
    name: str
    content_type: str
    data: bytes


class Link(Struct, frozen=True):
    """A short link that opens a chat with `text` written already."""

    code: str
    text: str
    url: str


class Links(Struct, frozen=True):
    items: list[Link]
    after: str | None = None


class BlockedPeople(Struct, frozen=True):
    items: list[Identity]
    after: str | None = None


class Command(Struct, frozen=True):
    name: str
    description: str


class Prompts(Struct, frozen=True):
    """What a customer can tap on before anything was written."""

    welcome: bool = False
    starters: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


class Username(Struct, frozen=True):
    name: str | None = None
    status: str | None = None
    suggestions: tuple[str, ...] = ()


class Subscription(Struct, frozen=True):
    """An app that hears of the account; `url` where it is told to send elsewhere than the app's own address."""

    app_id: str
    name: str
    url: str | None = None


class Shop(Struct, frozen=True):
    """What of the catalogue customers see in the chat."""

    catalog_visible: bool = False
    cart_enabled: bool = True


class Account:
    """What is not overridden is not in `Capabilities.account`, and never asked for."""

    async def read_profile(self) -> Profile:
        return Profile({})

    async def write_profile(self, values: Mapping[str, Any], picture: Picture | None) -> None:
        return

    async def fetch_file(self, url: str) -> tuple[str, bytes]:
        """A picture at the provider's address: content type and bytes."""
        return "application/octet-stream", b""

    async def links(self, after: str | None) -> Links:
        return Links([])

    async def write_link(self, text: str, code: str | None) -> Link:
        """A new one, or another text for the one named."""
        return Link("", text, "")

    async def delete_link(self, code: str) -> None:
        return

    async def link_image(self, code: str, form: Literal["svg", "png"]) -> tuple[str, bytes]:
        return "image/svg+xml", b""

    async def blocked(self, after: str | None) -> BlockedPeople:
        return BlockedPeople([])

    async def set_blocked(self, people: Sequence[Identity], *, blocked: bool) -> list[Identity]:
        """Those of `people` by which the provider knows them now blocked (or free)."""
        return []

    async def prompts(self) -> Prompts:
        return Prompts()

    async def write_prompts(self, prompts: Prompts) -> None:
        return

    async def username(self) -> Username:
        return Username()

    async def rename(self, name: str) -> None:
        """Ask for another name to be shown to customers; the provider reviews it."""
        return

    async def shop(self) -> Shop:
        return Shop()

    async def write_shop(self, shop: Shop) -> None:
        return

    async def set_username(self, name: str | None, *, transfer: bool) -> None:
        """None gives it up."""

    async def register(self, pin: str) -> None:
        """Two-step verification: the PIN is set, or has to be the one that is set."""

    async def deregister(self) -> None:
        return

    async def set_pin(self, pin: str) -> None:
        return

    async def request_code(self, method: Literal["sms", "voice"], language: str) -> None:
        return

    async def verify_code(self, code: str) -> None:
        return

    async def subscriptions(self) -> list[Subscription]:
        return []

    async def subscribe(self, url: str | None) -> None:
        """With an address: the provider asks there at once whether it is ours, and refuses when nobody answers."""

    async def unsubscribe(self) -> None:
        return

    def test_request(self, nonce: str) -> RawRequest:
        """A signed request as the provider would send it, which means nothing and is kept."""
        return RawRequest("POST", {}, {}, nonce.encode())

    async def forms(self) -> list[Form]:
        return []

    async def upload_key(self, public_key: str) -> None:
        """The public half (PEM) of the key that forms' answers are encrypted for."""

    async def publish_form(self, name: str, endpoint: str) -> Form:
        """Makes the form of this name once, with the address that answers it, and publishes it."""
        return Form("", name, "")

    async def synchronise(self, kind: Literal["contacts", "history"]) -> None:
        """Ask once for what was there before the account was connected."""

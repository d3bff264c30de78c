"""The account of an inbox over HTTP: each call asks the provider once, outside any transaction."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import Parameter

from madoguchi.accounts import archive, blocking, forms, overview, profile, security, signup, webhook
from madoguchi.accounts.desk import asking, note_now, open_desk
from madoguchi.accounts.models import (
    BlockBody,
    BlockedOut,
    BlockOut,
    CodeBody,
    CodeRequest,
    FormBody,
    LinkBody,
    LinkOut,
    NameBody,
    OverviewOut,
    PinBody,
    ProfileOut,
    ProfilePatch,
    ShopBody,
    SignUpBody,
    SignUpOut,
    SubscribeBody,
    SynchroniseBody,
    TestOut,
    UsernameBody,
    WebhookOut,
)
from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import Page
from madoguchi.channels.account import Link, Prompts, Shop, Username
from madoguchi.channels.forms import Form

After = Annotated[str | None, Parameter(query="cursor", max_length=2000)]
# A provider's picture is shown, never run.
_PICTURE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "private",
}


class AccountController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/account"
    tags = ("account",)

    @get("", summary="Look at the account of an inbox")
    async def get_overview(self, principal: Who, context: Ctx, tx: Tx, inbox_id: UUID) -> OverviewOut:
        """As of the last check (`POST /inboxes/{id}/check` makes one). Owners and supervisors."""
        return await overview.get_overview(tx, principal, context.secrets, inbox_id)

    @get("/profile", summary="Get the business profile")
    async def get_profile(self, principal: Who, context: Ctx, inbox_id: UUID) -> ProfileOut:
        return await profile.get_profile(await open_desk(context, principal, inbox_id, "profile", role="supervisor"))

    @patch("/profile", summary="Change the business profile")
    async def change_profile(self, principal: Who, context: Ctx, inbox_id: UUID, data: ProfilePatch) -> ProfileOut:
        """422 names each field and its limit; the fields are those of the channel's manifest."""
        desk = await open_desk(context, principal, inbox_id, "profile", role="supervisor")
        return await profile.do_change_profile(desk, data)

    @get("/profile/picture", summary="Get the profile's picture", media_type="image/*")
    async def get_picture(self, principal: Who, context: Ctx, inbox_id: UUID) -> Response[bytes]:
        desk = await open_desk(context, principal, inbox_id, "profile", role="supervisor")
        return _picture(*await profile.get_picture(desk))

    @get("/links", summary="List short links")
    async def list_links(self, principal: Who, context: Ctx, inbox_id: UUID, after: After = None) -> Page[LinkOut]:
        """The newest first. Each has a picture to print: `…/links/{code}/image?form=svg`."""
        desk = await open_desk(context, principal, inbox_id, "links", role="supervisor")
        with asking(desk):
            found = await desk.account.links(after)
        return Page([_link(each) for each in found.items], found.after)

    @post("/links", summary="Make a short link")
    async def create_link(self, principal: Who, context: Ctx, inbox_id: UUID, data: LinkBody) -> LinkOut:
        desk = await open_desk(context, principal, inbox_id, "links", role="supervisor")
        with asking(desk):
            link = await desk.account.write_link(data.text, None)
        await note_now(desk, "account.link_created", code=link.code)
        return _link(link)

    @patch("/links/{code:str}", summary="Change a short link's text")
    async def change_link(self, principal: Who, context: Ctx, inbox_id: UUID, code: str, data: LinkBody) -> LinkOut:
        """What is printed already then opens with the new text."""
        desk = await open_desk(context, principal, inbox_id, "links", role="supervisor")
        with asking(desk):
            link = await desk.account.write_link(data.text, code)
        await note_now(desk, "account.link_changed", code=code)
        return _link(link)

    @delete("/links/{code:str}", summary="Delete a short link")
    async def delete_link(self, principal: Who, context: Ctx, inbox_id: UUID, code: str) -> None:
        desk = await open_desk(context, principal, inbox_id, "links", role="supervisor")
        with asking(desk):
            await desk.account.delete_link(code)
        await note_now(desk, "account.link_deleted", code=code)

    @get("/links/{code:str}/image", summary="Get a short link's QR code", media_type="image/*")
    async def get_link_image(
        self, principal: Who, context: Ctx, inbox_id: UUID, code: str, form: Literal["svg", "png"] = "svg"
    ) -> Response[bytes]:
        desk = await open_desk(context, principal, inbox_id, "links", role="supervisor")
        with asking(desk):
            return _picture(*await desk.account.link_image(code, form))

    @get("/blocked", summary="List who is blocked")
    async def list_blocked(self, principal: Who, context: Ctx, inbox_id: UUID, after: After = None) -> Page[BlockedOut]:
        desk = await open_desk(context, principal, inbox_id, "blocking", role="supervisor")
        return Page(*await blocking.get_blocked(desk, after))

    @post("/blocked", status_code=204, summary="Block a contact")
    async def block(self, principal: Who, context: Ctx, inbox_id: UUID, data: BlockBody) -> None:
        """They can neither write nor be written to in this inbox (409 `blocked`)."""
        desk = await open_desk(context, principal, inbox_id, "blocking", role="agent")
        await blocking.do_set_blocked(desk, data.contact_id, blocked=True)

    @delete("/blocked/{contact_id:uuid}", summary="Unblock a contact")
    async def unblock(self, principal: Who, context: Ctx, inbox_id: UUID, contact_id: UUID) -> None:
        desk = await open_desk(context, principal, inbox_id, "blocking", role="agent")
        await blocking.do_set_blocked(desk, contact_id, blocked=False)

    @get("/prompts", summary="Get what customers can tap on first")
    async def get_prompts(self, principal: Who, context: Ctx, inbox_id: UUID) -> Prompts:
        """`starters` (ice breakers) and `commands`, which customers find by typing a slash."""
        desk = await open_desk(context, principal, inbox_id, "prompts", role="supervisor")
        with asking(desk):
            return await desk.account.prompts()

    @put("/prompts", summary="Set what customers can tap on first")
    async def set_prompts(self, principal: Who, context: Ctx, inbox_id: UUID, data: Prompts) -> Prompts:
        desk = await open_desk(context, principal, inbox_id, "prompts", role="supervisor")
        with asking(desk):
            await desk.account.write_prompts(data)
            await note_now(desk, "account.prompts", starters=len(data.starters), commands=len(data.commands))
            return await desk.account.prompts()

    @get("/username", summary="Get the business's username")
    async def get_username(self, principal: Who, context: Ctx, inbox_id: UUID) -> Username:
        """With the provider's suggestions while there is none."""
        desk = await open_desk(context, principal, inbox_id, "username", role="supervisor")
        with asking(desk):
            return await desk.account.username()

    @put("/username", summary="Claim a username")
    async def set_username(self, principal: Who, context: Ctx, inbox_id: UUID, data: UsernameBody) -> Username:
        desk = await open_desk(context, principal, inbox_id, "username", role="owner")
        with asking(desk):
            await desk.account.set_username(data.name, transfer=data.transfer)
            await note_now(desk, "account.username", name=data.name)
            return await desk.account.username()

    @delete("/username", summary="Give the username up")
    async def delete_username(self, principal: Who, context: Ctx, inbox_id: UUID) -> None:
        desk = await open_desk(context, principal, inbox_id, "username", role="owner")
        with asking(desk):
            await desk.account.set_username(None, transfer=False)
        await note_now(desk, "account.username", name=None)

    @put("/display-name", status_code=202, summary="Ask for another display name")
    async def ask_for_name(self, principal: Who, context: Ctx, inbox_id: UUID, data: NameBody) -> None:
        """The provider reviews it; the next check (`POST /inboxes/{id}/check`) tells how far that is. Once approved it is
        shown after the number is registered again. Owners."""
        desk = await open_desk(context, principal, inbox_id, "name", role="owner")
        with asking(desk):
            await desk.account.rename(data.name.strip())
        await note_now(desk, "account.name_requested", name=data.name.strip())

    @get("/shop", summary="Get what customers see of the catalogue")
    async def get_shop(self, principal: Who, context: Ctx, inbox_id: UUID) -> Shop:
        desk = await open_desk(context, principal, inbox_id, "shop", role="supervisor")
        with asking(desk):
            return await desk.account.shop()

    @put("/shop", summary="Set what customers see of the catalogue")
    async def set_shop(self, principal: Who, context: Ctx, inbox_id: UUID, data: ShopBody) -> Shop:
        desk = await open_desk(context, principal, inbox_id, "shop", role="supervisor")
        with asking(desk):
            await desk.account.write_shop(Shop(data.catalog_visible, data.cart_enabled))
            await note_now(
                desk, "account.shop_changed", catalog_visible=data.catalog_visible, cart_enabled=data.cart_enabled
            )
            return await desk.account.shop()


class SecurityController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/account"
    tags = ("account",)

    @post("/register", status_code=204, summary="Register the number")
    async def register(self, principal: Who, context: Ctx, inbox_id: UUID, data: PinBody) -> None:
        """Owners. 422 names a wrong `pin`; 429 with `retry_after` seconds while too many wrong ones lock it."""
        await security.do_register(
            await open_desk(context, principal, inbox_id, "registration", role="owner"), data.pin
        )

    @post("/deregister", status_code=204, summary="Sign the number off")
    async def deregister(self, principal: Who, context: Ctx, inbox_id: UUID) -> None:
        desk = await open_desk(context, principal, inbox_id, "registration", role="owner")
        with asking(desk):
            await desk.account.deregister()
        await note_now(desk, "account.deregistered")

    @put("/pin", status_code=204, summary="Change the two-step PIN")
    async def set_pin(self, principal: Who, context: Ctx, inbox_id: UUID, data: PinBody) -> None:
        await security.do_set_pin(await open_desk(context, principal, inbox_id, "registration", role="owner"), data.pin)

    @post("/request-code", status_code=204, summary="Ask for a verification code")
    async def request_code(self, principal: Who, context: Ctx, inbox_id: UUID, data: CodeRequest) -> None:
        """The provider sends it to the number by SMS or calls it."""
        desk = await open_desk(context, principal, inbox_id, "registration", role="owner")
        with asking(desk):
            await desk.account.request_code(data.method, data.language)

    @post("/verify-code", status_code=204, summary="Verify the number by its code")
    async def verify_code(self, principal: Who, context: Ctx, inbox_id: UUID, data: CodeBody) -> None:
        desk = await open_desk(context, principal, inbox_id, "registration", role="owner")
        with asking(desk):
            await desk.account.verify_code(data.code)
        await note_now(desk, "account.verified")

    @get("/webhook", summary="Look at the webhook's subscription")
    async def get_webhook(self, principal: Who, context: Ctx, inbox_id: UUID) -> WebhookOut:
        return await webhook.get_webhook(await open_desk(context, principal, inbox_id, "webhook", role="supervisor"))

    @post("/webhook", status_code=200, summary="Subscribe to the account's events")
    async def subscribe(self, principal: Who, context: Ctx, inbox_id: UUID, data: SubscribeBody) -> WebhookOut:
        """With `direct` the provider asks at this inbox's address at once whether it is ours, and refuses otherwise."""
        desk = await open_desk(context, principal, inbox_id, "webhook", role="owner")
        return await webhook.do_subscribe(desk, direct=data.direct)

    @delete("/webhook", summary="Hear no more of the account's events")
    async def unsubscribe(self, principal: Who, context: Ctx, inbox_id: UUID) -> None:
        await webhook.do_unsubscribe(await open_desk(context, principal, inbox_id, "webhook", role="owner"))

    @post("/webhook/test", status_code=200, summary="Test the webhook")
    async def test(self, principal: Who, context: Ctx, inbox_id: UUID) -> TestOut:
        """Sends a signed and an unsigned request to the public address; the one has to arrive, the other to be refused."""
        return await webhook.do_test(await open_desk(context, principal, inbox_id, "webhook", role="supervisor"))


class ArchiveController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/account/synchronise"
    tags = ("account",)

    @post("", status_code=202, summary="Ask for what was there before")
    async def synchronise(self, principal: Who, context: Ctx, inbox_id: UUID, data: SynchroniseBody) -> None:
        """Owners, for a number that is also used in the provider's own app. Each kind once, soon after connecting; what
        comes is marked `data.archived`. 422 in the provider's words when it was asked for already or too late."""
        desk = await open_desk(context, principal, inbox_id, "coexistence", role="owner")
        await archive.do_synchronise(desk, data.kind)


class FormController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/account/forms"
    tags = ("account",)

    @get("", summary="List the account's forms")
    async def list_forms(self, principal: Who, context: Ctx, inbox_id: UUID) -> Page[Form]:
        """Send one with `{"type":"interactive","interactive":{"kind":"flow","flow_id",…,"action":"data_exchange"}}`."""
        desk = await open_desk(context, principal, inbox_id, "flows", role="agent")
        with asking(desk):
            return Page(await desk.account.forms())

    @post("", summary="Publish a form")
    async def publish_form(self, principal: Who, context: Ctx, inbox_id: UUID, data: FormBody) -> Form:
        """Made once, with a key pair of the inbox; its answers come to `/webhooks/{key}/flows/{name}`."""
        return await forms.do_publish(await open_desk(context, principal, inbox_id, "flows", role="owner"), data.name)


class SignUpController(Controller):
    path = "/api/v1/channels/{channel:str}/sign-up"
    tags = ("inboxes",)

    @post("", summary="Connect an account signed up at the provider")
    async def sign_up(self, principal: Who, context: Ctx, channel: str, data: SignUpBody) -> SignUpOut:
        """Owners. Exchanges the code, makes the inbox, subscribes and registers; a step that fails is told in `steps`."""
        return await signup.do_sign_up(context, principal, channel, data)


class ContactBlockController(Controller):
    path = "/api/v1/contacts/{contact_id:uuid}/blocks"
    tags = ("contacts",)

    @get("", summary="List where a contact is blocked")
    async def list_blocks(self, principal: Who, tx: Tx, contact_id: UUID) -> Page[BlockOut]:
        return Page(await blocking.get_blocks(tx, principal, contact_id))


def _link(link: Link) -> LinkOut:
    return LinkOut(link.code, link.text, link.url)


def _picture(content_type: str, data: bytes) -> Response[bytes]:
    return Response(data, media_type=content_type, headers=_PICTURE)

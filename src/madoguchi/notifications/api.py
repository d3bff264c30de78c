"""What the agent who asks is told of, and where."""

from uuid import UUID

from litestar import Controller, delete, get, post, put

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import Page
from madoguchi.notifications import service
from madoguchi.notifications.models import (
    Attention,
    NewSubscription,
    NotificationSettings,
    NotificationsOut,
    PushSubscriptionOut,
)


class NotificationController(Controller):
    path = "/api/v1/me"
    tags = ("notifications",)

    @get("/notifications", summary="What I am told of, and the key to subscribe a browser with")
    async def get_notifications(self, tx: Tx, principal: Who, context: Ctx) -> NotificationsOut:
        return await service.get_notifications(tx, principal, context.secrets)

    @put("/notifications", summary="Change what I am told of")
    async def put_notifications(
        self, tx: Tx, principal: Who, context: Ctx, data: NotificationSettings
    ) -> NotificationsOut:
        """All of it; what is left out gets its default. 422 for an unknown time zone or inbox."""
        return await service.do_put(tx, principal, context.secrets, data)

    @get("/push-subscriptions", summary="My devices that get pushes")
    async def list_push_subscriptions(self, tx: Tx, principal: Who) -> Page[PushSubscriptionOut]:
        return Page(await service.get_subscriptions(tx, principal), None)

    @post("/push-subscriptions", summary="Let this device get pushes")
    async def create_push_subscription(
        self, tx: Tx, principal: Who, context: Ctx, data: NewSubscription
    ) -> PushSubscriptionOut:
        """The same endpoint again changes its entry, also from another agent: a browser rings for one person.
        Addresses that the push service no longer knows (404, 410) go by themselves. 422 for an endpoint that is not
        https on a public host."""
        return await service.do_subscribe(tx, principal, data, context.public_url)

    @delete("/push-subscriptions/{subscription_id:uuid}", summary="No more pushes to this device")
    async def delete_push_subscription(self, tx: Tx, principal: Who, subscription_id: UUID) -> None:
        await service.do_unsubscribe(tx, principal, subscription_id)

    @put("/attention", status_code=204, summary="Say what is before my eyes")
    async def put_attention(self, tx: Tx, principal: Who, data: Attention) -> None:
        """Every 20 s or so while somebody is in front of the console. For 30 s nothing is pushed about this
        conversation, and about others only what is still unread a few seconds later."""
        await service.do_attend(tx, principal, data.conversation_id)

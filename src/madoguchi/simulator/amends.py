"""A customer edits or deletes a message already sent."""

from typing import TYPE_CHECKING

from madoguchi.simulator import ids, views
from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.inbound import UnsendableError, tell
from madoguchi.simulator.state import DAY, Customer, Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

EDIT_WITHIN = 900.0
REVOKE_WITHIN = 2 * DAY


def edit(sim: "Simulator", customer: Customer, message: Message, text: str) -> Message:
    """New words for a text or a caption, within 15 minutes. Raises UnsendableError."""
    part = _editable(message)
    _check(sim, customer, message, EDIT_WITHIN)
    if not text:
        raise UnsendableError("an edited message needs words")
    part["body" if message.type == "text" else "caption"] = text
    message.content["edited"] = True
    inner = {"context": {"id": message.id}, "type": message.type, message.type: part}
    _tell(sim, customer, message, "edit", {"original_message_id": message.id, "message": inner})
    return message


def revoke(sim: "Simulator", customer: Customer, message: Message) -> Message:
    """Deleted for everyone, within two days. Raises UnsendableError."""
    _check(sim, customer, message, REVOKE_WITHIN)
    message.content["deleted"] = True
    _tell(sim, customer, message, "revoke", {"original_message_id": message.id})
    return message


def _editable(message: Message) -> Json:
    part: Json | None = message.content.get(message.type)
    if message.type not in {"text", "image", "video", "document"} or not isinstance(part, dict):
        raise UnsendableError("only words can be edited")
    return part


def _check(sim: "Simulator", customer: Customer, message: Message, within: float) -> None:
    if message.direction != "in" or message.customer_id != customer.id:
        raise UnsendableError("only one's own messages can be changed")
    if message.content.get("deleted"):
        raise UnsendableError("the message is deleted")
    if sim.clock.now() - message.at > within:
        raise UnsendableError("it is too late to change this message", "too_late")


def _tell(sim: "Simulator", customer: Customer, message: Message, kind: str, part: Json) -> None:
    """As `edit` or `revoke`; or, by the rules set, as something that cannot be shown, or not at all."""
    sim.store.touch("messages", message.id)
    sim.feed.publish("message", views.message(sim, message))
    number = sim.world.numbers[message.number_id]
    id_ = ids.wamid(customer.wa_id, ids.TO_BUSINESS, hex_digits=ids.INBOUND_HEX[customer.device])
    if _told(sim, number):
        tell(sim, number, customer, {"id": id_, "type": kind, kind: part})
    elif kind == "edit":
        errors = [async_error(131051)]
        tell(
            sim, number, customer, {"id": id_, "type": "unsupported", "unsupported": {"type": "edit"}, "errors": errors}
        )


def _told(sim: "Simulator", number: Number) -> bool:
    rule = sim.settings.rules.edits
    return rule == "told" or (rule == "coexistence" and number.on_biz_app)

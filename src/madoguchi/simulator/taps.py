"""A customer taps a button or chooses a row of a message the business sent."""

from typing import TYPE_CHECKING

from madoguchi.simulator.inbound import Draft, UnsendableError
from madoguchi.simulator.state import Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


def draft(sim: "Simulator", number: Number, message_id: str, choice: str | int) -> Draft:
    """`choice` is the button's or row's id, its title, or its place counted from 0."""
    message = sim.world.messages.get(message_id)
    if not message or message.direction != "out":
        raise UnsendableError("no such message from the business")
    context = {"from": number.digits, "id": message.id}
    if message.type == "template":
        return Draft("button", {"button": _template_button(message, choice)}, context)
    if message.type == "interactive":
        return Draft("interactive", {"interactive": _interactive_reply(message, choice)}, context)
    raise UnsendableError("this message has nothing to tap")


def _interactive_reply(message: Message, choice: str | int) -> Json:
    interactive = message.content["interactive"]
    action = interactive["action"]
    if interactive["type"] == "button":
        replies = [button["reply"] for button in action["buttons"]]
        chosen = _choose(replies, choice)
        return {"type": "button_reply", "button_reply": {"id": chosen["id"], "title": chosen["title"]}}
    if interactive["type"] == "list":
        rows = [row for section in action["sections"] for row in section["rows"]]
        chosen = _choose(rows, choice)
        reply = {key: chosen[key] for key in ("id", "title", "description") if key in chosen}
        return {"type": "list_reply", "list_reply": reply}
    raise UnsendableError("this message has nothing to tap")


def _template_button(message: Message, choice: str | int) -> Json:
    buttons = message.content["rendered"]["buttons"]
    quick = [
        {"id": button.get("payload", button["text"]), "title": button["text"]}
        for button in buttons
        if button["type"] == "QUICK_REPLY"
    ]
    chosen = _choose(quick, choice)
    return {"payload": chosen["id"], "text": chosen["title"]}


def _choose(options: list[Json], choice: str | int) -> Json:
    if isinstance(choice, int) and 0 <= choice < len(options):
        return options[choice]
    for option in options:
        if choice in {option["id"], option["title"]}:
            return option
    raise UnsendableError(f"no such choice; there are {[option['id'] for option in options]}")

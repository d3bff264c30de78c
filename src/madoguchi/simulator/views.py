"""How the control API and the phone page see the world, as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from madoguchi.simulator.clock import rfc3339
from madoguchi.simulator.media import KINDS
from madoguchi.simulator.state import Customer, Json, Message, Number
from madoguchi.simulator.webhooks import payloads

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


def message(sim: "Simulator", item: Message) -> Json:
    return {
        "id": item.id,
        "number": item.number_id,
        "customer": item.customer_id,
        "direction": item.direction,
        "type": item.type,
        "content": item.content,
        "media": _media(sim, item),
        "cards": [_file(sim, header) for header in _card_headers(item)],
        "at": rfc3339(item.at),
        "status": item.status,
        "seen": item.seen,
        "context": item.context,
        "quoted": _quoted(sim, item),
        "reactions": item.reactions,
        "errors": item.errors,
        "pricing": item.pricing,
    }


def customer(sim: "Simulator", item: Customer) -> Json:
    found = asdict(item)
    found.pop("stranger")
    found["user_ids"] = {number.id: payloads.user_id(sim.world, number, item) for number in sim.world.numbers.values()}
    found["unread"] = sum(_unread(sim, number, item) for number in sim.world.numbers.values())
    return found


def chat(sim: "Simulator", number: Number, item: Customer) -> Json:
    messages = visible(sim, number, item)
    thread = sim.world.thread(number.id, item.id)
    return {
        "number": number.id,
        "name": number.name,
        "display": number.display,
        "last": message(sim, messages[-1]) if messages else None,
        "unread": _unread(sim, number, item),
        "typing": thread.typing_until > sim.clock.flow(),
        "window_open": thread.window_open(sim.clock.now()),
        "ice_breakers": number.automation.get("prompts", []),
        "commands": number.automation.get("commands", []),
        "picture": number.profile.get("profile_picture_url", ""),
        "about": number.profile.get("about", ""),
        "username": number.username,
        "official": number.official,
        "blocked": item.blocked,
    }


def visible(sim: "Simulator", number: Number, item: Customer) -> list[Message]:
    """What is on the customer's screen: their own messages and those that reached the phone."""
    arrived = {"delivered", "read", "played"}
    return [
        m
        for m in sim.world.chat(number.id, item.id)
        if m.type != "reaction" and (m.direction == "in" or m.status in arrived)
    ]


def number(sim: "Simulator", item: Number, *, secrets: bool = True) -> Json:
    waba = sim.world.wabas[item.waba_id]
    app = sim.world.apps[next(iter(waba.subscribed), next(iter(sim.world.apps)))]
    token = next((t for t in sim.world.tokens.values() if t.app_id == app.id), None)
    found: Json = {
        "phone_number_id": item.id,
        "waba_id": waba.id,
        "app_id": app.id,
        "display": item.display,
        "digits": item.digits,
        "name": item.name,
        "throughput": item.throughput,
        "pair_limit": item.pair_limit,
        "registered": item.registered,
        "quality": item.quality,
        "restricted": item.restricted,
        "payment_ok": waba.payment_ok,
        "messaging_limit": sim.world.portfolios[waba.portfolio_id].messaging_limit,
        "on_biz_app": item.on_biz_app,
        "username": item.username,
        "automation": item.automation,
        "profile": item.profile,
        "webhook": webhook(sim, item),
    }
    if secrets:
        found["app_secret"] = app.secret
        found["access_token"] = token.value if token else None
    return found


def webhook(sim: "Simulator", item: Number) -> Json | None:
    """The address `messages` go to, by precedence; None when nobody is subscribed."""
    waba = sim.world.wabas[item.waba_id]
    for app_id, override in waba.subscribed.items():
        callback = item.callback or override or sim.world.apps[app_id].callback
        if callback:
            return {"url": callback.url, "verified": callback.verified}
    return None


def _media(sim: "Simulator", item: Message) -> Json | None:
    return _file(sim, _media_part(item))


def _card_headers(item: Message) -> list[Json | None]:
    """The picture or film of each card of a carousel; products have none of their own."""
    if item.type == "template":
        return [card.get("header_media") for card in item.content.get("rendered", {}).get("cards", [])]
    if item.type != "interactive":
        return []
    cards = (item.content["interactive"].get("action") or {}).get("cards") or []
    headers = [card.get("header") or {} for card in cards]
    return [header.get(header.get("type")) for header in headers]


def _file(sim: "Simulator", part: Json | None) -> Json | None:
    found = sim.world.media.get(part.get("id", "")) if part else None
    if not found:
        return None
    return {
        "url": f"/_sim/media/{found.id}",
        "mime": found.mime,
        "filename": (part or {}).get("filename") or found.filename,
        "size": found.size,
    }


def _media_part(item: Message) -> Json | None:
    if item.type in KINDS:
        part: Json | None = item.content.get(item.type)
        return part
    if item.type == "interactive":
        header = item.content["interactive"].get("header") or {}
        found = header.get(header.get("type"))
        return found if isinstance(found, dict) else None
    if item.type == "template":
        media: Json | None = item.content.get("rendered", {}).get("header_media")
        return media
    return None


def _quoted(sim: "Simulator", item: Message) -> Json | None:
    found = sim.world.messages.get(item.context.get("id", ""))
    if not found:
        return None
    return {"id": found.id, "direction": found.direction, "type": found.type, "text": summary(found)}


def summary(item: Message) -> str:
    """The words of a message, as far as it has any."""
    content = item.content
    if item.type == "template":
        return str(content.get("rendered", {}).get("body", ""))
    if item.type == "interactive":
        part = content["interactive"]
        reply = part.get("button_reply") or part.get("list_reply") or part.get("nfm_reply") or {}
        return str(reply.get("title") or reply.get("body") or part.get("body", {}).get("text", ""))
    part = content.get(item.type)
    if isinstance(part, dict):
        return str(part.get("body") or part.get("text") or part.get("caption") or part.get("name") or "")
    return ""


def _unread(sim: "Simulator", item: Number, who: Customer) -> int:
    return sum(
        1
        for m in sim.world.chat(item.id, who.id)
        if m.direction == "out" and m.status == "delivered" and not m.seen and m.type != "reaction"
    )

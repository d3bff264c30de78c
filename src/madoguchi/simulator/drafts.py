"""Messages a customer is about to send, from the JSON of the control API."""

from typing import TYPE_CHECKING, Any

from madoguchi.simulator import media, samples
from madoguchi.simulator.clock import from_rfc3339
from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.inbound import Draft, UnsendableError
from madoguchi.simulator.state import Json, Media, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


def draft(sim: "Simulator", number: Number, request: Json) -> Draft:
    """A draft from the JSON of the control API. Raises UnsendableError naming what does not fit."""
    kind = str(request.get("type", "text"))
    maker = _MAKERS.get(kind)
    if maker is None:
        raise UnsendableError(f"unknown type {kind!r}; known are {', '.join(sorted(_MAKERS))}")
    type_, content = maker(sim, number, request)
    found = Draft(type_, content, context=_context(number, request), extra=_extra(request))
    if type_ == "unsupported":
        found.extra["errors"] = [async_error(int(request.get("code", 131051)))]
    if "at" in request:
        found.at = from_rfc3339(str(request["at"]))
    elif "seconds_ago" in request:
        found.at = sim.clock.now() - float(request["seconds_ago"])
    return found


def _context(number: Number, request: Json) -> Json:
    context: Json = {}
    if request.get("reply_to"):
        context = {"from": number.digits, "id": str(request["reply_to"])}
    if request.get("product"):
        context["referred_product"] = request["product"]
    if request.get("forwarded"):
        context["frequently_forwarded" if request["forwarded"] == "often" else "forwarded"] = True
    return context


def _extra(request: Json) -> Json:
    if not request.get("referral"):
        return {}
    if isinstance(request["referral"], dict):
        return {"referral": request["referral"]}
    return {
        "referral": {
            "source_url": "https://fb.me/minato-autumn",
            "source_id": "120210000000000001",
            "source_type": "ad",
            "headline": "Autumn beans are here",
            "body": "Freshly roasted by the harbour.",
            "media_type": "image",
            "image_url": "https://scontent.example/minato-autumn.jpg",
            "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwFF4XvnO2E4",
        },
    }


def _text(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("text", "")
    body = given.get("body", "") if isinstance(given, dict) else str(given)
    if not body:
        raise UnsendableError("a text needs words")
    return "text", {"text": {"body": body}}


def _media_maker(kind: str, sample: str, *, voice: bool | None = None) -> Any:
    def make(sim: "Simulator", number: Number, request: Json) -> tuple[str, Json]:
        found = _attached(sim, number, request, sample)
        part: Json = {"mime_type": found.mime, "sha256": found.sha256, "id": found.id}
        part["url"] = media.address(sim, found, stale=bool(request.get("stale_address")))
        if kind == "audio":
            part["voice"] = bool(request.get("voice")) if voice is None else voice
        if kind == "document":
            part["filename"] = request.get("filename") or found.filename
        if kind == "sticker":
            part["animated"] = bool(request.get("animated", False))
        if request.get("caption") and kind in {"image", "video", "document"}:
            part = {"caption": str(request["caption"]), **part}
        return kind, {kind: part}

    return make


def _attached(sim: "Simulator", number: Number, request: Json, sample: str) -> Media:
    if request.get("media_id"):
        uploaded = sim.world.media.get(str(request["media_id"]))
        if not uploaded:
            raise UnsendableError("no such media_id")
        return uploaded
    try:
        data, mime, filename = samples.make(str(request.get("sample") or sample))
    except KeyError as error:
        raise UnsendableError(f"no such sample; there are {', '.join(samples.NAMES)}") from error
    name = str(request.get("filename") or filename)
    return media.store(sim, number.id, data, mime, filename=name, life=media.INBOUND_LIFE)


def _location(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("location") or {
        "latitude": 35.4437,
        "longitude": 139.6380,
        "name": "Yokohama Station",
        "address": "2 Chome-16-1 Takashima, Nishi Ward, Yokohama",
    }
    return "location", {"location": given}


def _contacts(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("contacts") or [
        {
            "name": {"formatted_name": "Ken Tanaka", "first_name": "Ken", "last_name": "Tanaka"},
            "phones": [{"phone": "+81 90 1234 0000", "wa_id": "819012340000", "type": "CELL"}],
            "emails": [{"email": "ken@example.com", "type": "WORK"}],
        },
    ]
    return "contacts", {"contacts": given}


def _reaction(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    if not request.get("message_id"):
        raise UnsendableError("a reaction needs message_id")
    body: Json = {"message_id": str(request["message_id"])}
    if request.get("emoji"):
        body["emoji"] = str(request["emoji"])
    return "reaction", {"reaction": body}


def _order(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("order") or {
        "catalog_id": "400000000000001",
        "text": "Could you hold these until Friday?",
        "product_items": [
            {"product_retailer_id": "beans-house-200", "quantity": 2, "item_price": 1200, "currency": "JPY"},
            {"product_retailer_id": "dripper-01", "quantity": 1, "item_price": 2400, "currency": "JPY"},
        ],
    }
    return "order", {"order": given}


def _unsupported(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    return "unsupported", {"unsupported": {"type": str(request.get("unsupported", "poll_creation"))}}


def _button(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("button")
    if not isinstance(given, dict) or "text" not in given:
        raise UnsendableError("button needs text, and payload unless it is the same")
    return "button", {"button": {"payload": given.get("payload", given["text"]), "text": given["text"]}}


def _interactive(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    given = request.get("interactive")
    if not isinstance(given, dict) or given.get("type") not in given:
        raise UnsendableError("interactive needs type and the object named by it")
    return "interactive", {"interactive": given}


def _raw(_sim: "Simulator", _number: Number, request: Json) -> tuple[str, Json]:
    """Any type at all, such as one that does not exist yet."""
    content = request.get("content")
    if not isinstance(content, dict) or not request.get("as"):
        raise UnsendableError("raw needs `as` (the type) and `content` (its keys)")
    return str(request["as"]), content


_MAKERS: dict[str, Any] = {
    "text": _text,
    "image": _media_maker("image", "image"),
    "video": _media_maker("video", "video"),
    "audio": _media_maker("audio", "audio"),
    "voice": _media_maker("audio", "voice", voice=True),
    "document": _media_maker("document", "document"),
    "sticker": _media_maker("sticker", "sticker"),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
    "unsupported": _unsupported,
    "button": _button,
    "interactive": _interactive,
    "raw": _raw,
}

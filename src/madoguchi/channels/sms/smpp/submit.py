"""One message out over the link: its parts in order, slower when the operator asks for it, never twice."""

import asyncio
import ssl
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from madoguchi.channels.base import Accepted, Failed, InboxConfig, Part, SendResult, Uncertain
from madoguchi.channels.events import ProviderError
from madoguchi.channels.http import Http
from madoguchi.channels.sms.numbers import is_name
from madoguchi.channels.sms.result import NOBODY, Meaning, failed, not_reached, number_of
from madoguchi.channels.sms.smpp.link import BindRefused, Link, LinkLost
from madoguchi.channels.sms.smpp.links import Place, links_of
from madoguchi.channels.sms.smpp.pdu import SUBMIT_SM, Address, Pdu, Short, message_id_of, pack_short
from madoguchi.channels.sms.smpp.receipt import answered_id
from madoguchi.channels.sms.smpp.status import ALREADY_BOUND, WAITING, bind_code, meaning_of
from madoguchi.channels.sms.smpp.texts import Piece, pieces_of
from madoguchi.channels.sms.smpp.tls import reason_of

_TRIES = 6  # of one part, while the operator says that it is too fast
_REPORT_BACK = 1


async def send(part: Part, text: str, inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> SendResult:
    number = number_of(part)
    if not number:
        return failed(NOBODY)
    links = links_of(http)
    try:
        link = await links.sending(inbox, settings)
    except BindRefused as refused:
        return bind_failure(refused.status)
    except ssl.SSLError as error:
        return failed(Meaning("certificate_invalid", "channel_down"), detail=reason_of(error))
    except (OSError, LinkLost) as error:
        return not_reached(type(error).__name__)
    reference = zlib.crc32(part.reference.encode())
    pieces = pieces_of(text, settings["smpp_multipart"], reference, str(settings["smpp_alphabet"]))
    frame = _frame(str(settings["sender"] or ""), number)
    shorts = [_short(frame, piece) for piece in pieces]
    place = links.place(inbox.id)
    name = f"{part.reference}/{len(shorts)}"
    begun = part.data.get("begun", {})
    # The ids of the first parts, which an earlier try brought there: this one goes on behind them.
    ids = list(begun.get("ids", ())) if begun.get("name") == name else []
    result = await _submit(link, place, shorts, settings, ids)
    if ids and isinstance(result, Failed) and result.kind != "stop":
        return msgspec.structs.replace(result, begun={"name": name, "ids": ids})
    return result


def bind_failure(status: int) -> Failed:
    code = f"0x{status:02X}"
    if status == ALREADY_BOUND:  # an old session of ours lingers there for a while
        return Failed("retry_after", ProviderError("already_bound", code, "Already bound"), 5.0)
    return failed(Meaning(bind_code(status), "channel_down"), code, "Bind refused")


async def _submit(
    link: Link, place: Place, shorts: Sequence[Short], settings: Mapping[str, Any], ids: list[str]
) -> SendResult:
    """`ids` of the parts that an earlier try brought there; grows by those of this one."""
    for number in range(len(ids), len(shorts)):
        try:
            answer = await _ask(link, place, shorts[number])
        except LinkLost as lost:
            if not lost.left:
                return not_reached("the link was lost before")
            return _unanswered(ids, len(shorts))
        if answer.status != 0:
            return _refused(answer.status, number, len(shorts))
        ids.append(answered_id(message_id_of(answer.body), str(settings["smpp_ids"])))
    if not ids[0]:
        return Uncertain("Taken without an id.")
    return Accepted(ids[0], data={"parts": ids, "segments": len(ids)})


def _unanswered(ids: Sequence[str], total: int) -> Uncertain:
    if total == 1:
        return Uncertain("No answer.")
    known = (*ids, *[""] * (total - len(ids)))
    return Uncertain(f"No answer to part {len(ids) + 1} of {total}.", parts=known)


def _refused(status: int, number: int, total: int) -> Failed:
    meaning = meaning_of(status)
    detail = f"Part {number + 1} of {total} was refused; the parts before it have left." if number else ""
    if number and meaning.kind not in {"retry", "retry_after", "channel_down"}:
        meaning = meaning._replace(kind="stop")
    return failed(meaning, f"0x{status:02X}", detail=detail, retry_in=1.0)


async def _ask(link: Link, place: Place, short: Short) -> Pdu:
    """Asked again only after an answer that says it was not taken."""
    body = pack_short(short)
    for _ in range(_TRIES - 1):
        await place.pace.wait()
        answer = await link.ask(SUBMIT_SM, body)
        if answer.status not in WAITING:
            place.pace.faster()
            return answer
        place.pace.slower()
        await asyncio.sleep(0)
    await place.pace.wait()
    return await link.ask(SUBMIT_SM, body)


def _frame(sender: str, number: str) -> Short:
    return Short(_source(sender), _destination(number), registered=_REPORT_BACK)


def _short(frame: Short, piece: Piece) -> Short:
    return Short(
        frame.source,
        frame.destination,
        piece.text,
        piece.esm_class,
        piece.coding,
        frame.registered,
        tlvs=piece.tlvs,
    )


def _source(sender: str) -> Address:
    if is_name(sender):
        return Address(sender, 5, 0)
    digits = sender.lstrip("+")
    return Address(digits, 3, 0) if len(digits) < 7 else Address(digits)


def _destination(number: str) -> Address:
    return Address(number, 3, 0) if len(number) < 7 else Address(number)

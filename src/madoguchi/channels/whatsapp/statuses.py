"""What became of a message of ours."""

from collections.abc import Sequence
from typing import Any, Protocol

from madoguchi.channels.events import ConsentChanged, Event, Identity, ProviderError, ReceiptReceived, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.clean import clean, identifier, moment, optional_id
from madoguchi.channels.whatsapp.errors import WINDOW_CLOSED, meaning_of, provider_error
from madoguchi.channels.whatsapp.identity import identities
from madoguchi.channels.whatsapp.pricing import neutral_pricing

_MARKETING_STOPPED = 131050
_KNOWN = frozenset({"sent", "delivered", "read", "played", "failed"})


class _People(Protocol):
    def find(self, user_id: str | None, phone: str | None) -> wire.Contact | None: ...


def read_status(account: str, status: wire.Status, people: _People) -> Sequence[Event]:
    if status.recipient_type == "group":
        return (Unknown("statuses.group"),)
    if status.status not in _KNOWN:
        return (Unknown(f"statuses.{status.status[:60]}"),)
    error = status.errors[0] if status.errors else None
    recipient = _recipient(status, people)
    receipt = ReceiptReceived(
        account=account,
        provider_id=identifier(status.id, "id"),
        status=status.status,  # type: ignore[arg-type] # one of the known
        at=moment(status.timestamp),
        reference=optional_id(status.biz_opaque_callback_data),
        error=read_error(error) if error else None,
        closes_window=error is not None and code_of(error) == WINDOW_CLOSED,
        recipient=recipient,
        data=_data(status, recipient),
    )
    if error is None or code_of(error) != _MARKETING_STOPPED or not receipt.recipient:
        return (receipt,)
    return (receipt, _stopped(receipt))


def _stopped(receipt: ReceiptReceived) -> ConsentChanged:
    """The webhook that told of it may have come before this program did."""
    return ConsentChanged(
        account=receipt.account,
        identities=receipt.recipient,
        purpose="marketing",
        state="withdrawn",
        source="refusal",
        at=receipt.at,
        detail=receipt.error.provider_code if receipt.error else "",
    )


def read_error(error: wire.Error) -> ProviderError:
    code = code_of(error)
    details = error.error_data.details if error.error_data else None
    return provider_error(meaning_of(code), code, details or error.message or error.title or "")


def code_of(error: wire.Error) -> int:
    """-1 for none: Meta gives numbers, now and then as text."""
    text = str(error.code)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1


def _recipient(status: wire.Status, people: _People) -> tuple[Identity, ...]:
    contact = people.find(status.recipient_user_id, status.recipient_id)
    if contact is None:
        return identities(status.recipient_user_id, status.recipient_parent_user_id, status.recipient_id)
    return identities(
        status.recipient_user_id or contact.user_id,
        status.recipient_parent_user_id or contact.parent_user_id,
        status.recipient_id or contact.wa_id,
    )


def _data(status: wire.Status, recipient: tuple[Identity, ...]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if status.pricing:
        data["pricing"] = neutral_pricing(status.pricing, recipient)
    if status.conversation:
        data["conversation"] = clean(status.conversation)
    return data

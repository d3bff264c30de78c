"""Mails as the world writes them, and what must be read from each: `channels/email/cases/mails`."""

from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madoguchi.channels import registry
from madoguchi.channels.email.message import read_mail
from madoguchi.channels.events import MessageReceived, ReceiptReceived, Unknown
from tests.support.mail import mail


class Row(NamedTuple):
    name: str
    raw: bytes
    expected: dict[str, Any]


def multipart(*parts: str, kind: str = "mixed", **headers: Any) -> bytes:
    body = "".join(f"--B\n{part}\n" for part in parts) + "--B--\n"
    return mail(body, **{"Content_Type": f"multipart/{kind}; boundary=B", **headers})


class _Case(msgspec.Struct, forbid_unknown_fields=True):
    mail: str
    name: str
    expects: dict[str, Any]


_MAILS = registry.FOLDER / "email" / "cases" / "mails"
_PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"

LARGE = [
    Row(
        "ten thousand links are no letter",
        mail("<a href=https://x.example>x</a> " * 10_000, Content_Type="text/html"),
        {"html": None, "files": 1},
    ),
    Row(
        "a thousand parts",
        multipart(*[f"Content-Type: image/png; name={n}.png\n\nx" for n in range(1000)]),
        {"cut": "parts", "files": 500},
    ),
]


def load_rows() -> list[Row]:
    return [
        Row(case.name, table.with_name(case.mail).read_bytes(), case.expects)
        for table in sorted(_MAILS.glob("*/cases.json"))
        for case in msgspec.json.decode(table.read_bytes(), type=list[_Case])
    ]


_ALL = [*load_rows(), *LARGE]


@pytest.mark.parametrize("row", _ALL, ids=lambda row: row.name)
def test_what_is_read(row: Row) -> None:
    (event,) = read_mail(row.raw)
    assert isinstance(event, MessageReceived)
    seen = _seen(event)
    expected = {**row.expected}
    if "has_subject" in expected:
        assert expected.pop("has_subject") in event.data["subject"]
    assert {key: seen[key] for key in expected} == expected
    msgspec.json.encode(event)


def _seen(event: MessageReceived) -> dict[str, Any]:
    data = event.data
    names = [file.name for file in event.media]
    return {
        **{
            key: data.get(key)
            for key in ("subject", "message_id", "in_reply_to", "references", "date", "html", "text_full")
        },
        "from": [data["from"]["name"], data["from"]["address"]],
        "to": [each["address"] for each in data["to"]],
        "sender": event.sender.identities[0].value,
        "kind": event.sender.identities[0].kind,
        "name_length": len(event.sender.name or ""),
        "text": event.text,
        "is_text": isinstance(event.text, str),
        "names": names,
        "files": len(names),
        "inline": data.get("inline"),
        "cut": data.get("cut"),
        "is_auto": data["is_auto"],
        "auth": data["auth"],
        "aligned": (data["auth"] or {}).get("aligned"),
    }


def test_each_mail_has_its_line_and_each_line_its_name() -> None:
    assert len({row.name for row in _ALL}) == len(_ALL)
    files = sorted(_MAILS.glob("*/*.eml"))
    assert len(files) >= 80
    assert len(files) == len(load_rows())


REPORTS = [
    ("5.1.1", "failed", "address_unknown"),
    ("5.2.2", "failed", "mailbox_full"),
    ("5.7.1", "failed", "refused_by_policy"),
    ("5.3.4", "failed", "too_large"),
    ("5.4.4", "failed", "domain_unknown"),
    ("5.9.9", "failed", "returned"),
]


@pytest.mark.parametrize(("status", "action", "code"), REPORTS)
def test_a_delivery_report(status: str, action: str, code: str) -> None:
    (event,) = read_mail(_report(f"Final-Recipient: rfc822; h@x.jp\nAction: {action}\nStatus: {status}\n"))
    assert isinstance(event, ReceiptReceived)
    assert event.error
    assert (event.status, event.error.code, event.error.provider_code) == ("failed", code, status)


def test_a_report_of_a_delay_fails_nothing() -> None:
    (event,) = read_mail(_report("Final-Recipient: rfc822; h@x.jp\nAction: delayed\nStatus: 4.4.7\n"))
    assert isinstance(event, ReceiptReceived)
    assert (event.status, event.error) == ("sent", None)


def test_dialects() -> None:
    exim = mail(
        "This message was created automatically.\n\n  h@x.jp\n    550 5.1.1 User unknown\n\nMessage-ID: <ours@minato.example>\n",
        From="Mail Delivery System <Mailer-Daemon@mx.example>",
        X_Failed_Recipients="h@x.jp",
    )
    (event,) = read_mail(exim)
    assert isinstance(event, ReceiptReceived)
    assert (event.provider_id, event.data["bounce"]["recipient"]) == ("ours@minato.example", "h@x.jp")
    nothing = exim.replace(b"Message-ID: <ours@minato.example>", b"").replace(
        b"Message-ID: <first@example.jp>\r\n", b""
    )
    assert isinstance(read_mail(nothing)[0], Unknown)


def test_a_complaint_and_a_read_receipt() -> None:
    complaint = multipart(
        f"{_PLAIN}abuse",
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: h@x.jp\n",
        "Content-Type: message/rfc822\n\nMessage-ID: <ours@minato.example>\n\nx",
        kind="report; report-type=feedback-report",
    )
    (event,) = read_mail(complaint)
    assert isinstance(event, ReceiptReceived)
    assert event.data["bounce"]["outcome"] == "complaint"
    seen = multipart(
        f"{_PLAIN}seen",
        "Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <ours@minato.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        kind="report; report-type=disposition-notification",
    )
    (event,) = read_mail(seen)
    assert isinstance(event, ReceiptReceived)
    assert (event.status, event.provider_id) == ("read", "ours@minato.example")


def _report(fields: str) -> bytes:
    return multipart(
        f"{_PLAIN}failed",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{fields}",
        "Content-Type: text/rfc822-headers\n\nMessage-ID: <ours@minato.example>\n",
        kind="report; report-type=delivery-status",
        From="postmaster@mx.example",
    )


_SEEDS = [row.raw for row in _ALL if len(row.raw) < 4000]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_SEEDS), st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), max_size=12))
def test_no_change_of_bytes_makes_it_raise(raw: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, content in changes:
        at = place % (len(raw) + 1)
        raw = raw[:at] + content + raw[at + len(content) :]
    for event in read_mail(raw):
        msgspec.json.encode(event)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=500))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert read_mail(raw)

"""Mails as the world writes them, one row each, and what must be read from them.

All of them were written for this test, by the tables of what mail programs get wrong; none is anybody's letter.
"""

import base64
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def jis(text: bytes) -> str:
    return f"=?ISO-2022-JP?B?{base64.b64encode(text).decode()}?="


_PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
_HTML = "Content-Type: text/html; charset=utf-8\n\n"
_NEC = b"\x1b$B-!-j\x1b(B"  # ①㈱ in NEC's row 13
_KANA = b"\x1b(I169\x1b(B"  # half-width kana

ADDRESSES = [
    Row("a name and an address", mail(From="Hanako Sato <h@x.jp>"), {"from": ("Hanako Sato", "h@x.jp")}),
    Row("an address alone", mail(From="h@x.jp"), {"from": ("", "h@x.jp")}),
    Row("a name with an unquoted comma", mail(From="Doe, John <j@d.example>"), {"from": ("Doe, John", "j@d.example")}),
    Row("an encoded name", mail(From=f"{jis(bytes.fromhex('1b2442303b324a1b2842'))} <h@x.jp>"), {"sender": "h@x.jp"}),
    Row("raw bytes in the name", mail(From="J\udcfcrgen <j@d.example>"), {"from": ("Jürgen", "j@d.example")}),
    Row("semicolons between addresses", mail(To="a@b.example; d@e.example"), {"to": ["a@b.example", "d@e.example"]}),
    Row(
        "a semicolon in a quoted name",
        mail(To='"A; B" <a@b.example>, c@d.example'),
        {"to": ["a@b.example", "c@d.example"]},
    ),
    Row("nobody to read", mail(To="undisclosed-recipients:;"), {"to": []}),
    Row("empty brackets", mail(To="<>"), {"to": []}),
    Row("upper case is one person", mail(From="HANAKO@Example.JP"), {"sender": "hanako@example.jp"}),
    Row("no sender at all", mail(From=None), {"sender": "unknown@invalid"}),
    Row(
        "a form writes for somebody",
        mail(From="noreply@shop.example", Reply_To="Ann <ann@x.example>"),
        {"sender": "ann@x.example"},
    ),
    Row(
        "a person's reply address is not the person", mail(Reply_To="other@x.example"), {"sender": "hanako@example.jp"}
    ),
    Row(
        "a list that rewrites its senders",
        mail(
            From="'Ann' via Team <team@lists.example>",
            X_Original_From="Ann <ann@x.example>",
            List_Id="<team.lists.example>",
        ),
        {"sender": "ann@x.example"},
    ),
    Row("a name of 200 characters", mail(From=f"{'n' * 300} <h@x.jp>"), {"name_length": 200}),
    Row("international address", mail(From="用户@例え.jp"), {"sender": "用户@例え.jp"}),
    Row("a new line in the subject", mail(Subject="one\r\n two"), {"subject": "one two"}),
]

HEADERS = [
    Row("an id in brackets of another kind", mail(Message_ID="<[abc]@def>"), {"message_id": "[abc]@def"}),
    Row("an id with an unclosed literal", mail(Message_ID="<abc@[1.2.3>"), {"message_id": "abc@[1.2.3"}),
    Row("two ids: the first", mail(Message_ID="<a@b> <c@d>"), {"message_id": "a@b"}),
    Row("an id without brackets", mail(Message_ID="a@b.example"), {"message_id": "a@b.example"}),
    Row("the word null is no id", mail(In_Reply_To="<null>"), {"in_reply_to": None}),
    Row("empty brackets are no id", mail(In_Reply_To="<>"), {"in_reply_to": None}),
    Row(
        "references over several lines",
        mail(References="<a@b>\r\n <c@d>\r\n\t<e@f>"),
        {"references": ["a@b", "c@d", "e@f"]},
    ),
    Row("references without spaces", mail(References="<a@b><c@d>"), {"references": ["a@b", "c@d"]}),
    Row("a date without a zone", mail(Date="Sun, 22 Nov 2026 10:00:00 -0000"), {"date": "2026-11-22T10:00:00+00:00"}),
    Row(
        "an absurd date: the server's",
        mail(Date="Mon, 99 Foo 20266 77:00", Received="by x; Sun, 22 Nov 2026 10:00:00 +0000"),
        {"date": "2026-11-22T10:00:00+00:00"},
    ),
    Row(
        "a clock years ahead: the server's",
        mail(Date="Sun, 22 Nov 2036 10:00:00 +0000", Received="by x; Sun, 22 Nov 2026 10:00:00 +0000"),
        {"date": "2026-11-22T10:00:00+00:00"},
    ),
    Row("before there was mail", mail(Date="Thu, 1 Jan 1970 00:00:00 +0000"), {"date": None}),
    Row("no date", mail(Date=None), {"date": None}),
    Row("a NUL in the subject", mail(Subject="a\0b"), {"subject": "ab"}),
    Row("no subject", mail(Subject=None), {"subject": ""}),
    Row(
        "a character cut between two words", mail(Subject="=?utf-8?B?44GC44E=?= =?utf-8?B?hA==?="), {"subject": "あい"}
    ),
    Row("underscores are spaces", mail(Subject="=?iso-8859-1?Q?Sch=F6ne_Gr=FC=DFe?="), {"subject": "Schöne Grüße"}),
    Row("an encoded word in an unknown charset", mail(Subject="=?x-unknown?Q?caf=E9?="), {"subject": "café"}),
    Row("a broken encoded word stays", mail(Subject="=?utf-8?X?abc?="), {"subject": "=?utf-8?X?abc?="}),
    Row("NEC's characters in the subject", mail(Subject=jis(_NEC)), {"subject": "①㈱"}),
    Row("half-width kana in the subject", mail(Subject=jis(_KANA)), {"subject": "ｱｶｹ"}),
    Row("raw UTF-8 in the subject", mail(Subject="予約について"), {"subject": "予約について"}),
    Row(
        "raw Shift_JIS in the subject",
        mail(Subject="予約について、ご相談です".encode("cp932").decode("ascii", "surrogateescape")),
        {"has_subject": "予約"},
    ),
    Row("a very long subject", mail(Subject="s" * 5000), {"subject": "s" * 998}),
]

CHARSETS = [
    Row("utf-8", mail("こんにちは"), {"text": "こんにちは"}),
    Row(
        "iso-2022-jp",
        mail("こんにちは".encode("iso2022_jp"), Content_Type="text/plain; charset=iso-2022-jp"),
        {"text": "こんにちは"},
    ),
    Row("iso-2022-jp with NEC's row", mail(_NEC, Content_Type="text/plain; charset=ISO-2022-JP"), {"text": "①㈱"}),
    Row(
        "iso-2022-jp with half-width kana", mail(_KANA, Content_Type="text/plain; charset=ISO-2022-JP"), {"text": "ｱｶｹ"}
    ),
    Row(
        "seven-bit JIS without a charset",
        mail("資料です".encode("iso2022_jp"), Content_Type="text/plain"),
        {"text": "資料です"},
    ),
    Row("JIS that says it is UTF-8", mail("資料です".encode("iso2022_jp")), {"text": "資料です"}),
    Row(
        "Shift_JIS with Windows' characters",
        mail("①髙﨑".encode("cp932"), Content_Type="text/plain; charset=Shift_JIS"),
        {"text": "①髙﨑"},
    ),
    Row("euc-jp", mail("漢字".encode("euc_jp"), Content_Type="text/plain; charset=euc-jp"), {"text": "漢字"}),
    Row(
        "gb2312 that is gb18030",
        mail("你好朱镕基".encode("gb18030"), Content_Type="text/plain; charset=gb2312"),
        {"text": "你好朱镕基"},
    ),
    Row("big5", mail("您好".encode("big5"), Content_Type="text/plain; charset=big5"), {"text": "您好"}),
    Row(
        "euc-kr with more",
        mail("똠방각하".encode("cp949"), Content_Type="text/plain; charset=ks_c_5601-1987"),
        {"text": "똠방각하"},
    ),
    Row(
        "latin-1 that is Windows'",
        mail(b"\x93quoted\x94 \x80", Content_Type="text/plain; charset=iso-8859-1"),
        {"text": "“quoted” €"},
    ),
    Row("an unknown charset", mail("Grüße".encode(), Content_Type="text/plain; charset=cp-850x"), {"text": "Grüße"}),
    Row("the parameter without a value", mail("Grüße".encode(), Content_Type="text/plain; charset"), {"text": "Grüße"}),
    Row(
        "a charset in quotes and with rubbish",
        mail("Grüße".encode(), Content_Type='text/plain; charset="UTF-8;"'),
        {"text": "Grüße"},
    ),
    Row("a byte order mark", mail("Grüße".encode("utf-8-sig"), Content_Type="text/plain"), {"text": "Grüße"}),
    Row(
        "us-ascii with eight bits",
        mail("Grüße".encode(), Content_Type="text/plain; charset=us-ascii"),
        {"text": "Grüße"},
    ),
    Row("utf8mb4", mail("絵😀", Content_Type="text/plain; charset=utf8mb4"), {"text": "絵😀"}),
    Row("utf-7", mail(b"+AOk-t+AOk-", Content_Type="text/plain; charset=unicode-1-1-utf-7"), {"text": "été"}),
    Row(
        "quoted-printable",
        mail("=E3=81=82=\n=E3=81=84", Content_Transfer_Encoding="quoted-printable"),
        {"text": "あい"},
    ),
    Row("broken base64", mail("@@@not base64@@@", Content_Transfer_Encoding="base64"), {"is_text": True}),
    Row("a NUL in the body", mail(b"a\0b"), {"text": "ab"}),
    Row(
        "flowed lines",
        mail("one \ntwo\nthree", Content_Type="text/plain; charset=utf-8; format=flowed"),
        {"text": "one two\nthree"},
    ),
    Row(
        "the charset is in the HTML",
        multipart("Content-Type: text/html\n\n<meta charset=utf-8><p>あ</p>"),
        {"text": "あ"},
    ),
]

BODIES = [
    Row(
        "plain and HTML",
        multipart(f"{_PLAIN}plain", f"{_HTML}<b>rich</b>", kind="alternative"),
        {"text": "plain", "html": "<b>rich</b>"},
    ),
    Row("HTML alone", mail("<p>one</p><p>two</p>", Content_Type="text/html"), {"text": "one\n\ntwo"}),
    Row(
        "empty HTML beside text",
        multipart(f"{_PLAIN}plain", f"{_HTML}<html></html>", kind="alternative"),
        {"text": "plain", "html": None},
    ),
    Row("two texts one after the other", multipart(f"{_PLAIN}one", f"{_PLAIN}two"), {"text": "one\ntwo"}),
    Row("no boundary", mail("--B\n\nhello", Content_Type="multipart/mixed"), {"is_text": True}),
    Row(
        "the last boundary is missing",
        mail(f"--B\n{_PLAIN}hello\n", Content_Type="multipart/mixed; boundary=B"),
        {"text": "hello"},
    ),
    Row("an empty mail", mail(""), {"text": ""}),
    Row("no content type", mail("hello", Content_Type=None), {"text": "hello"}),
    Row("a content type that is none", mail("hello", Content_Type="text"), {"text": "hello"}),
    Row("a script goes", mail("<p>a</p><script>x()</script>", Content_Type="text/html"), {"html": "<p>a</p>"}),
    Row("a handler goes", mail('<p onclick="x()">a</p>', Content_Type="text/html"), {"html": "<p>a</p>"}),
    Row(
        "a javascript link goes",
        mail('<a href="javascript:x()">a</a>', Content_Type="text/html"),
        {"html": '<a rel="noopener noreferrer nofollow">a</a>'},
    ),
    Row(
        "a remote picture waits",
        mail('<p>a<img src="https://t.example/p.gif"></p>', Content_Type="text/html"),
        {"html": '<p>a<img data-remote="https://t.example/p.gif"></p>'},
    ),
    Row(
        "a picture without a protocol waits too",
        mail('<p>a<img src="//t.example/p.gif"></p>', Content_Type="text/html"),
        {"html": '<p>a<img data-remote="//t.example/p.gif"></p>'},
    ),
    Row(
        "a background that fetches goes",
        mail('<p style="background:url(https://t.example/p)">a</p>', Content_Type="text/html"),
        {"html": '<p style="">a</p>'},
    ),
    Row(
        "a form goes, its words stay",
        mail("<form action=/x><p>a</p></form>", Content_Type="text/html"),
        {"html": "<p>a</p>"},
    ),
    Row("a frame goes", mail("<p>a</p><iframe src=x>b</iframe>", Content_Type="text/html"), {"html": "<p>a</p>"}),
    Row("an SVG goes", mail("<p>a</p><svg><script>x</script></svg>", Content_Type="text/html"), {"html": "<p>a</p>"}),
    Row(
        "a sender's class means nothing",
        mail('<p class="mdg-quoted-not x">a</p>', Content_Type="text/html"),
        {"html": "<p>a</p>"},
    ),
    Row(
        "Gmail's quote is marked",
        mail('<p>a</p><div class="gmail_quote">q</div>', Content_Type="text/html"),
        {"html": '<p>a</p><div class="mdg-quoted">q</div>'},
    ),
    Row(
        "Outlook's quote and all after it",
        mail('<p>a</p><div id="divRplyFwdMsg">h</div><p>q</p>', Content_Type="text/html"),
        {"html": '<p>a</p><div class="mdg-quoted">h</div><p class="mdg-quoted">q</p>'},
    ),
    Row(
        "ten thousand links are no letter",
        mail("<a href=https://x.example>x</a> " * 10_000, Content_Type="text/html"),
        {"html": None, "files": 1},
    ),
]

QUOTES = [
    Row("English", mail("New\n\nOn Mon, Nov 2, 2026 at 10:00 AM A <a@b.c> wrote:\n> old"), {"text": "New"}),
    Row(
        "Japanese Gmail",
        mail("新しい文\n\n2026年11月2日(月) 10:00 みなと <a@b.example>:\n> 古い文"),
        {"text": "新しい文"},
    ),
    Row(
        "Japanese Outlook",
        mail("新しい文\n\n差出人: みなと <a@b.example>\n送信日時: 2026年11月2日\n宛先: 佐藤\n件名: Re: x\n\n古い文"),
        {"text": "新しい文"},
    ),
    Row(
        "Outlook's rule",
        mail("New\n\n-----Original Message-----\nFrom: A\nSent: B\nTo: C\nSubject: D\n\nold"),
        {"text": "New"},
    ),
    Row("German", mail("Neu\n\nAm 02.11.2026 um 10:00 schrieb A <a@b.c>:\n> alt"), {"text": "Neu"}),
    Row("a signature", mail("New\n\n-- \nHanako\nMinato"), {"text": "New"}),
    Row("a telephone's signature", mail("New\n\nSent from my iPhone"), {"text": "New"}),
    Row("a Japanese telephone's signature", mail("新しい文\n\niPhoneから送信"), {"text": "新しい文"}),
    Row("an answer below the quote", mail("> old\n\nNew"), {"text": "New"}),
    Row("nothing but a quote", mail("> old"), {"text": "> old"}),
    Row("all of it is kept", mail("New\n\n> old"), {"text_full": "New\n\n> old"}),
]

FILES = [
    Row(
        "a name in two languages",
        multipart(
            f"{_PLAIN}x",
            "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=UTF-8''%E8%B3%87%E6%96%99.pdf\n\nx",
        ),
        {"names": ["資料.pdf"]},
    ),
    Row(
        "a name as an encoded word",
        multipart(f"{_PLAIN}x", 'Content-Type: application/pdf; name="=?UTF-8?B?6LOH5paZLnBkZg==?="\n\nx'),
        {"names": ["資料.pdf"]},
    ),
    Row(
        "a name with folders",
        multipart(
            f"{_PLAIN}x",
            'Content-Disposition: attachment; filename="C:\\\\secret\\\\a.pdf"\nContent-Type: application/pdf\n\nx',
        ),
        {"names": ["a.pdf"]},
    ),
    Row(
        "an attached mail",
        multipart(f"{_PLAIN}x", "Content-Type: message/rfc822\n\nSubject: Inner\nFrom: a@b.c\n\nhello"),
        {"names": ["Inner.eml"], "text": "x"},
    ),
    Row(
        "a calendar is a file",
        multipart(f"{_PLAIN}x", "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", kind="alternative"),
        {"names": ["part-2.ics"], "text": "x"},
    ),
    Row(
        "TNEF is a file",
        multipart(f"{_PLAIN}x", 'Content-Type: application/ms-tnef; name="winmail.dat"\n\nx'),
        {"names": ["winmail.dat"]},
    ),
    Row(
        "a signature of S/MIME is a file",
        multipart(f"{_PLAIN}x", "Content-Type: application/pkcs7-signature\n\nx", kind="signed"),
        {"names": ["part-2.p7s"]},
    ),
    Row(
        "a picture that the HTML shows",
        multipart(f'{_HTML}<img src="cid:a%40b">', "Content-Type: image/png\nContent-ID: <a@b>\n\nx", kind="related"),
        {"inline": {"a@b": 0}},
    ),
    Row(
        "a picture that nobody shows is a file",
        multipart(
            f"{_HTML}<p>x</p>",
            "Content-Type: image/png\nContent-Disposition: inline\nContent-ID: <a@b>\n\nx",
            kind="related",
        ),
        {"names": ["part-2.png"], "inline": None},
    ),
    Row(
        "a text file is no text",
        multipart(f"{_PLAIN}x", 'Content-Type: text/plain; name="log.txt"\n\nlog'),
        {"names": ["log.txt"], "text": "x"},
    ),
    Row(
        "forty levels",
        mail(
            "".join(f"--B{n}\nContent-Type: multipart/mixed; boundary=B{n + 1}\n\n" for n in range(40))
            + "--B40\n\nhello\n--B40--",
            Content_Type="multipart/mixed; boundary=B0",
        ),
        {"cut": "depth", "files": 1},
    ),
    Row(
        "a thousand parts",
        multipart(*[f"Content-Type: image/png; name={n}.png\n\nx" for n in range(1000)]),
        {"cut": "parts", "files": 500},
    ),
]

AUTOMATIC = [
    Row("a person", mail(), {"is_auto": False}),
    Row("a person, explicitly", mail(Auto_Submitted="no"), {"is_auto": False}),
    Row("auto-replied", mail(Auto_Submitted="auto-replied (vacation)"), {"is_auto": True}),
    Row("auto-generated", mail(Auto_Submitted="auto-generated"), {"is_auto": True}),
    Row("bulk", mail(Precedence="bulk"), {"is_auto": True}),
    Row(
        "Exchange's out of office",
        mail(X_Auto_Response_Suppress="All", X_MS_Exchange_Inbox_Rules_Loop="a@b"),
        {"is_auto": True},
    ),
    Row("X-Autoreply", mail(X_Autoreply="yes"), {"is_auto": True}),
    Row("X-Autorespond", mail(X_Autorespond="x"), {"is_auto": True}),
    Row("X-Loop", mail(X_Loop="x"), {"is_auto": True}),
    Row("a list", mail(List_Id="<x.example>"), {"is_auto": True}),
    Row("something to unsubscribe", mail(List_Unsubscribe="<mailto:x@y.z>"), {"is_auto": True}),
    Row("Feedback-ID", mail(Feedback_ID="1:2:3"), {"is_auto": True}),
    Row("an empty return path", mail(Return_Path="<>"), {"is_auto": True}),
    Row("from no-reply", mail(From="no-reply@x.example"), {"is_auto": True}),
    Row("Gmail's out of office", mail(Subject="Out of office: holidays"), {"is_auto": True}),
    Row("a Japanese out of office", mail(Subject="自動返信: 休暇中です"), {"is_auto": True}),
    Row("a German out of office", mail(Subject="Automatische Antwort: Urlaub"), {"is_auto": True}),
]

TRUST = [
    Row("nobody looked", mail(), {"auth": None, "kind": "address"}),
    Row(
        "Google says it is aligned",
        mail(
            Authentication_Results="mx.google.com; spf=pass smtp.mailfrom=x@example.jp; dmarc=pass header.from=example.jp"
        ),
        {"aligned": True, "kind": "address"},
    ),
    Row(
        "Google says it is forged",
        mail(Authentication_Results="mx.google.com; spf=fail; dmarc=fail (p=none) header.from=example.jp"),
        {"aligned": False, "kind": "unverified_address"},
    ),
    Row("a stranger's word", mail(Authentication_Results="evil.example; dmarc=pass"), {"auth": None}),
    Row(
        "DKIM for the very domain",
        mail(Authentication_Results="mx.google.com; dkim=pass header.d=example.jp"),
        {"aligned": True},
    ),
    Row(
        "DKIM for somebody else",
        mail(Authentication_Results="mx.google.com; dkim=pass header.d=mailer.example"),
        {"aligned": False},
    ),
    Row(
        "SPF for the domain above",
        mail(From="a@mail.example.jp", Authentication_Results="mx.google.com; spf=pass smtp.mailfrom=b@example.jp"),
        {"aligned": True},
    ),
]

_ALL = [*ADDRESSES, *HEADERS, *CHARSETS, *BODIES, *QUOTES, *FILES, *AUTOMATIC, *TRUST]


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
        "from": (data["from"]["name"], data["from"]["address"]),
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


def test_there_are_enough_rows() -> None:
    assert len({row.name for row in _ALL}) == len(_ALL)
    assert len(_ALL) >= 80


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

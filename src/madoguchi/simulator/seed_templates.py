"""The seeded templates: (name, language, category, status, parameter format, components)."""

from typing import Any

from madoguchi.simulator.state import Json


def _body(text: str, *examples: str) -> Json:
    found: Json = {"type": "BODY", "text": text}
    if examples:
        found["example"] = {"body_text": [list(examples)]}
    return found


def _named_body(text: str, **examples: str) -> Json:
    params = [{"param_name": name, "example": example} for name, example in examples.items()]
    return {"type": "BODY", "text": text, "example": {"body_text_named_params": params}}


def _header(text: str, example: str) -> Json:
    return {"type": "HEADER", "format": "TEXT", "text": text, "example": {"header_text": [example]}}


def _footer(text: str) -> Json:
    return {"type": "FOOTER", "text": text}


def _buttons(*buttons: Json) -> Json:
    return {"type": "BUTTONS", "buttons": list(buttons)}


def _quick(text: str) -> Json:
    return {"type": "QUICK_REPLY", "text": text}


def _track(text: str) -> Json:
    url = "https://minato-coffee.example/orders/{{1}}"
    return {"type": "URL", "text": text, "url": url, "example": ["https://minato-coffee.example/orders/M-1042"]}


TEMPLATES: tuple[tuple[str, str, str, str, str, list[Any]], ...] = (
    (
        "booking_reminder", "en_US", "UTILITY", "APPROVED", "POSITIONAL",
        [_body(
            "Hello {{1}}, this is a reminder of your booking at Minato Coffee on {{2}} at {{3}}. We look forward to seeing you.",
            "Hanako", "3 December", "14:00",
        )],
    ),
    (
        "booking_reminder", "ja", "UTILITY", "APPROVED", "POSITIONAL",
        [_body(
            "こんにちは、{{1}}様。みなと珈琲のご予約のお知らせです。日時は{{2}}の{{3}}です。ご来店をお待ちしております。",
            "佐藤 花子", "12月3日", "14:00",
        )],
    ),
    (
        "order_shipped", "en_US", "UTILITY", "APPROVED", "POSITIONAL",
        [
            _header("Order {{1}} is on its way", "M-1042"),
            _body("Good news, {{1}}. We shipped your coffee today and it should arrive on {{2}}. Enjoy!", "Maria", "Friday"),
            _footer("Minato Coffee"),
            _buttons(_track("Track order")),
        ],
    ),
    (
        "order_shipped", "ja", "UTILITY", "APPROVED", "POSITIONAL",
        [
            _header("ご注文{{1}}を発送しました", "M-1042"),
            _body("お待たせしました、{{1}}様。本日コーヒー豆を発送しました。{{2}}にお届けの予定です。", "佐藤 花子", "金曜日"),
            _footer("みなと珈琲"),
            _buttons(_track("配送状況を見る")),
        ],
    ),
    (
        "welcome_back", "en_US", "MARKETING", "APPROVED", "NAMED",
        [
            _named_body("Hi {{first_name}}, it has been a while! Show this message for a free refill this week.", first_name="John"),
            _footer("Reply STOP to opt out"),
            _buttons(_quick("Book a table"), _quick("See the menu"), _quick("Not now")),
        ],
    ),
    (
        "welcome_back", "ja", "MARKETING", "APPROVED", "NAMED",
        [
            _named_body("こんにちは、{{first_name}}様。お久しぶりです。今週はこのメッセージのご提示でおかわりが無料です。", first_name="花子"),
            _footer("配信停止は「停止」とご返信ください"),
            _buttons(_quick("席を予約する"), _quick("メニューを見る"), _quick("今回は見送る")),
        ],
    ),
    (
        "login_code", "en_US", "AUTHENTICATION", "APPROVED", "POSITIONAL",
        [
            {
                "type": "BODY",
                "text": "*{{1}}* is your verification code. For your security, do not share this code.",
                "add_security_recommendation": True,
                "example": {"body_text": [["123456"]]},
            },
            {"type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10},
            _buttons({"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}),
        ],
    ),
    (
        "spring_sale", "en_US", "MARKETING", "PENDING", "POSITIONAL",
        [_body("Our spring beans are here, {{1}}. This week you save ten percent on all of them.", "John")],
    ),
    (
        "weekly_offer", "en_US", "MARKETING", "PAUSED", "POSITIONAL",
        [_body("This week's offer for you, {{1}}: two bags of beans for the price of one.", "John")],
    ),
    (
        "free_money", "en_US", "MARKETING", "REJECTED", "POSITIONAL",
        [_body("Dear {{1}}, claim your free money now before it is gone.", "John")],
    ),
)  # fmt: skip

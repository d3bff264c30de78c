"""The published example: who writes, about what, and their message. Its screens are with the channel that shows them."""

import re
from collections.abc import Mapping
from typing import Any

from madoguchi.channels.forms import Done, FormAnswer, FormRequest, Screen

_TOPICS = [
    {"id": "order", "title": "An order / ご注文について"},
    {"id": "booking", "title": "A booking / ご予約について"},
    {"id": "other", "title": "Something else / その他"},
]
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s]{2,20}")
_LONGEST = 4000


class ContactForm:
    def answer(self, request: FormRequest) -> FormAnswer:
        given = {key: _text(request.data.get(key)) for key in ("name", "email", "topic", "message")}
        if request.action != "submit" or request.screen not in {"ABOUT", "DETAILS"}:
            return _about()
        if problem := _wrong(given):
            return _about(problem)
        if request.screen == "ABOUT":
            return _details(given)
        if not given["message"]:
            return _details(given, "Please write a message. / 内容をご入力ください。")
        return Done({key: value for key, value in given.items() if value})

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: values[key] for key in ("name", "email", "topic") if values.get(key)}


def _about(error: str | None = None) -> Screen:
    return Screen("ABOUT", {"topics": _TOPICS}, error)


def _details(given: Mapping[str, str], error: str | None = None) -> Screen:
    return Screen("DETAILS", {key: given[key] for key in ("name", "email", "topic")}, error)


def _wrong(given: Mapping[str, str]) -> str | None:
    if not given["name"]:
        return "Please enter your name. / お名前をご入力ください。"
    if given["email"] and not _EMAIL.fullmatch(given["email"]):
        return "Please check the e-mail address. / メールアドレスをご確認ください。"
    if given["topic"] not in {topic["id"] for topic in _TOPICS}:
        return "Please choose a topic. / ご用件をお選びください。"
    return None


def _text(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""

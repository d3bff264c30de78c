"""Meta's library of ready-made templates, and the previews of authentication templates."""

from typing import Any
from zlib import crc32

from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.template_refusal import FORMAT, refusal
from madoguchi.simulator.state import Json, Waba

# name → (topic, use case, {language: (body, its examples)}, labels of its buttons by language)
_LIBRARY: dict[str, tuple[str, str, dict[str, tuple[str, list[str]]], dict[str, str]]] = {
    "appointment_reminder_1": (
        "EVENT_REMINDER", "APPOINTMENT_REMINDER",
        {
            "en_US": ("Hello {{1}}, this is a reminder of your appointment at {{2}} on {{3}}.", ["Jim", "CS Mutual", "March 5"]),
            "ja": ("{{1}}様、{{2}}のご予約は{{3}}です。お待ちしております。", ["花子", "みなと珈琲", "3月5日"]),
        },
        {},
    ),
    "delivery_update_1": (
        "ORDER_MANAGEMENT", "SHIPMENT_CONFIRMATION",
        {
            "en_US": ("Good news, {{1}}. Your order {{2}} is on its way and will arrive soon.", ["Jim", "M-1042"]),
            "ja": ("{{1}}様、ご注文{{2}}を発送いたしました。もうしばらくお待ちください。", ["花子", "M-1042"]),
        },
        {"en_US": "Track", "ja": "配送状況"},
    ),
    "payment_received_1": (
        "PAYMENTS", "PAYMENT_CONFIRMATION",
        {
            "en_US": ("Thank you, {{1}}. We received your payment of {{2}} today.", ["Jim", "JPY 3,200"]),
            "ja": ("{{1}}様、{{2}}のお支払いを確認いたしました。ありがとうございます。", ["花子", "3,200円"]),
        },
        {},
    ),
    "feedback_request_1": (
        "CUSTOMER_FEEDBACK", "FEEDBACK_SURVEY",
        {
            "en_US": ("Hello {{1}}, how did you like your last visit? Your answer helps us to do better.", ["Jim"]),
            "ja": ("{{1}}様、先日のご来店はいかがでしたか。ご意見をお聞かせください。", ["花子"]),
        },
        {},
    ),
}  # fmt: skip
_AUTHENTICATION = {
    "en_US": ("*{{1}}* is your verification code.", " For your security, do not share this code.",
              "This code expires in {} minutes.", "Copy code"),
    "ja": ("認証コードは*{{1}}*です。", "安全のため、このコードを共有しないでください。",
           "このコードの有効期限は{}分です。", "コードをコピー"),
    "pt_BR": ("Seu código de verificação é *{{1}}*.", " Para sua segurança, não o compartilhe.",
              "Este código expira em {} minutos.", "Copiar código"),
}  # fmt: skip


def listing(call: Call) -> Json:
    """`GET /message_template_library?search&topic&usecase&language`."""
    search = str(call.params.get("search") or call.params.get("name") or "").lower()
    found = [
        _entry(name, language)
        for name, (topic, use, languages, _) in _LIBRARY.items()
        for language, (body, _examples) in languages.items()
        if search in f"{name} {body}".lower()
        and call.params.get("topic", topic) == topic
        and call.params.get("usecase", use) == use
        and call.params.get("language", language) == language
    ]
    return paging.page(call, found, lambda entry: entry)


def _entry(name: str, language: str) -> Json:
    topic, use, languages, labels = _LIBRARY[name]
    body, examples = languages[language]
    entry: Json = {
        "id": f"7{crc32(f'{name}/{language}'.encode()):014d}",
        "name": name,
        "language": language,
        "category": "UTILITY",
        "topic": topic,
        "usecase": use,
        "industry": ["E_COMMERCE"],
        "body": body,
        "body_params": examples,
        "body_param_types": ["TEXT"] * len(examples),
    }
    if labels:
        entry["buttons"] = [{"type": "URL", "text": labels[language], "url": "https://www.example.com"}]
    return entry


def copy(name: str, language: str, given: Json) -> list[Json]:
    """The components of a library template, with the buttons' addresses and numbers filled in."""
    if name not in _LIBRARY or language not in _LIBRARY[name][2]:
        raise refusal(FORMAT, f"The library has no template {name} in {language}.")
    entry = _entry(name, language)
    body: Json = {"type": "BODY", "text": entry["body"], "example": {"body_text": [entry["body_params"]]}}
    if not entry.get("buttons"):
        return [body]
    inputs = given.get("library_template_button_inputs")
    if not isinstance(inputs, list) or len(inputs) != len(entry["buttons"]):
        raise refusal(FORMAT, "library_template_button_inputs must have one entry for each button.")
    buttons = [_button(button, wish) for button, wish in zip(entry["buttons"], inputs, strict=True)]
    return [body, {"type": "BUTTONS", "buttons": buttons}]


def _button(button: Json, wish: Any) -> Json:
    url = (wish.get("url") or {}) if isinstance(wish, dict) else {}
    base = str(url.get("base_url") or "")
    if not base.startswith(("http://", "https://")):
        raise refusal(FORMAT, "The input of a button needs url.base_url.")
    filled = {**button, "url": base}
    if "{{1}}" in base:
        filled["example"] = [str(url.get("url_suffix_example") or base.replace("{{1}}", "1"))]
    return filled


def previews(call: Call, _waba: Waba) -> Json:
    """`GET /<WABA>/message_template_previews`: what an authentication template says in each language."""
    wanted = str(call.params.get("languages") or call.params.get("language") or "")
    languages = wanted.split(",") if wanted else list(_AUTHENTICATION)
    minutes = call.params.get("code_expiration_minutes")
    data = []
    for language in languages:
        body, advice, expiry, label = _AUTHENTICATION.get(language, _AUTHENTICATION["en_US"])
        advised = str(call.params.get("add_security_recommendation", "")).lower() == "true"
        entry = {"language": language, "body": body + (advice if advised else "")}
        if minutes:
            entry["footer"] = expiry.format(minutes)
        data.append({**entry, "buttons": [{"text": label, "autofill_text": label}]})
    return {"data": data}

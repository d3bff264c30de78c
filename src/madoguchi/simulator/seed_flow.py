"""The seeded Flow: a form to get in touch, in two screens and without an endpoint."""

from madoguchi.simulator.state import Json

_TOPICS = [
    {"id": "beans", "title": "Beans and roasting / 豆と焙煎"},
    {"id": "booking", "title": "A table / お席のご予約"},
    {"id": "other", "title": "Something else / その他"},
]
_TIMES = [
    {"id": "morning", "title": "8:00-12:00"},
    {"id": "afternoon", "title": "12:00-17:00"},
    {"id": "evening", "title": "17:00-19:00"},
]

CONTACT_FORM: Json = {
    "version": "7.1",
    "screens": [
        {
            "id": "ABOUT",
            "title": "Contact / お問い合わせ",
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {"type": "TextHeading", "text": "How can we help? / ご用件をお聞かせください"},
                    {"type": "TextInput", "name": "name", "label": "Name / お名前", "required": True},
                    {"type": "TextInput", "name": "email", "label": "E-mail / メール", "input-type": "email"},
                    {
                        "type": "RadioButtonsGroup",
                        "name": "topic",
                        "label": "Topic / ご用件",
                        "required": True,
                        "data-source": _TOPICS,
                    },
                    {
                        "type": "Footer",
                        "label": "Next / 次へ",
                        "on-click-action": {
                            "name": "navigate",
                            "next": {"type": "screen", "name": "DETAILS"},
                            "payload": {
                                "name": "${form.name}",
                                "email": "${form.email}",
                                "topic": "${form.topic}",
                            },
                        },
                    },
                ],
            },
        },
        {
            "id": "DETAILS",
            "title": "Details / 詳細",
            "terminal": True,
            "success": True,
            "data": {
                "name": {"type": "string", "__example__": "Hanako"},
                "email": {"type": "string", "__example__": "hanako@example.com"},
                "topic": {"type": "string", "__example__": "beans"},
            },
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {"type": "TextBody", "text": "${data.name}"},
                    {"type": "TextArea", "name": "message", "label": "Message / 内容", "required": True},
                    {"type": "DatePicker", "name": "day", "label": "Best day / ご希望の日"},
                    {"type": "Dropdown", "name": "time", "label": "Best time / 時間帯", "data-source": _TIMES},
                    {
                        "type": "CheckboxGroup",
                        "name": "reach",
                        "label": "Reach me by / ご連絡方法",
                        "data-source": [{"id": "whatsapp", "title": "WhatsApp"}, {"id": "email", "title": "E-mail"}],
                    },
                    {"type": "OptIn", "name": "news", "label": "Send me news / お知らせを受け取る"},
                    {
                        "type": "Footer",
                        "label": "Send / 送信",
                        "on-click-action": {
                            "name": "complete",
                            "payload": {
                                "name": "${data.name}",
                                "email": "${data.email}",
                                "topic": "${data.topic}",
                                "message": "${form.message}",
                                "day": "${form.day}",
                                "time": "${form.time}",
                                "reach": "${form.reach}",
                                "news": "${form.news}",
                            },
                        },
                    },
                ],
            },
        },
    ],
}

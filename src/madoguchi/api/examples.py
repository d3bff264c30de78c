"""Examples of the main requests, shown in the API's documentation."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "post /api/v1/session": {"sign in": {"email": "aoi@example.com", "password": "correct horse battery"}},
    "post /api/v1/agents": {"an agent": {"name": "Aoi Tanaka", "email": "aoi@example.com", "role": "agent"}},
    "post /api/v1/agents/{agent_id}/tokens": {
        "everything": {"name": "shop system"},
        "sending only": {"name": "alerts", "scopes": ["messages:write"]},
    },
    "post /api/v1/inboxes": {
        "whatsapp": {
            "channel": "whatsapp",
            "name": "Minato Coffee",
            "credentials": {
                "phone_number_id": "100000000000001",
                "business_account_id": "200000000000001",
                "access_token": "EAAG…",
                "app_secret": "…",
                "verify_token": "a word of your choice",
            },
            "settings": {"messages_per_second": 80},
        }
    },
    "post /api/v1/conversations/{conversation_id}/messages": {
        "text": {"type": "text", "text": "承知しました。お待ちしております。"},
        "image": {"type": "image", "media_id": "0198f2a4-7c1e-7d3a-9a51-3f0c8a3f4b10", "caption": "The menu"},
        "template": {
            "type": "template",
            "template": {
                "name": "booking_reminder",
                "language": "ja",
                "variables": {"1": "佐藤", "2": "10月4日", "3": "14:00"},
            },
        },
        "note": {"type": "note", "text": "Prefers to be called after six."},
    },
    "post /api/v1/messages": {
        "alert": {
            "inbox_id": "0198f2a4-7c1e-7d3a-9a51-3f0c8a3f4b11",
            "to": "+819011110001",
            "type": "template",
            "template": {"name": "order_shipped", "language": "en_US", "variables": {"1": "Hanako", "2": "A-1042"}},
        }
    },
    "put /api/v1/conversations/{conversation_id}/assignee": {
        "take over": {"agent_id": "0198f2a4-7c1e-7d3a-9a51-3f0c8a3f4b12", "take_over": True},
        "give back": {"agent_id": None},
    },
}

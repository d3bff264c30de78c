# ruff: noqa: RUF001 - customers write in their own scripts.
"""A lively start: what the seeded customers wrote during the last hours."""

from typing import TYPE_CHECKING

from madoguchi.simulator import drafts, inbound
from madoguchi.simulator.state import Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

MINUTE = 60.0
# (customer, minutes ago, message), oldest first.
MESSAGES: tuple[tuple[str, float, Json], ...] = (
    ("john", 312, {"type": "text", "text": "Morning! Do you ship beans to the UK?"}),
    ("john", 311, {"type": "text", "text": "Looking for two bags of the Ethiopia, whole bean."}),
    ("maria", 204, {"type": "text", "text": "Oi! Vocês têm opções sem lactose?"}),
    ("maria", 203, {"type": "voice"}),
    ("yijun", 126, {"type": "text", "text": "您好，請問今天營業到幾點？"}),
    ("yijun", 125, {"type": "text", "text": "我大概六點半到，四個人。"}),
    (
        "yijun",
        124,
        {
            "type": "location",
            "location": {
                "latitude": 35.4658,
                "longitude": 139.6223,
                "name": "橫濱車站",
                "address": "神奈川縣橫濱市西區高島2-16-1",
            },
        },
    ),
    ("hanako", 48, {"type": "text", "text": "こんにちは。先日の豆、とてもおいしかったです。"}),
    ("hanako", 47, {"type": "image", "caption": "家でも淹れてみました。"}),
    ("hanako", 46, {"type": "text", "text": "同じものを200g、土曜日に取りに行けますか？"}),
    ("priya", 9, {"type": "text", "text": "Hi, is the window table free tomorrow at 3?"}),
)


def begin(sim: "Simulator", number: Number) -> list[Message]:
    sent = []
    for customer_id, minutes, request in MESSAGES:
        customer = sim.world.customers.get(customer_id)
        if customer:
            wish = {**request, "seconds_ago": minutes * MINUTE}
            sent.append(inbound.send(sim, number, customer, drafts.draft(sim, number, wish)))
    return sent

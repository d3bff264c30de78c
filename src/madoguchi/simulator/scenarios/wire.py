"""Scenarios of the line between Meta and the product: order, repetition, outages, floods."""

from madoguchi.simulator import inbound
from madoguchi.simulator.graph.messages import stranger
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario

GROUP = "wire"
OUTAGE_SECONDS = 600.0
FIRST_STRANGER = 819_300_000_000
BIG_BATCH, BIG_TEXT = 1000, 3000


def _together(*undos: Undo) -> Undo:
    def undo() -> None:
        for one in undos:
            one()

    return undo


@scenario(
    "receipts_twice_and_shuffled",
    GROUP,
    ("Receipts come twice and out of order", "Webhooks are repeated and shuffled; what is read must not become delivered again."),
    ("受信通知が重複し、順序も入れ替わる", "Webhookが二重に、順不同で届きます。既読が配信済みに戻ってはいけません。"),
)  # fmt: skip
def receipts_twice_and_shuffled(stage: Stage) -> Undo:
    return _together(stage.fault(name="webhook_duplicate"), stage.fault(name="webhook_reorder"))


@scenario(
    "receipt_before_answer",
    GROUP,
    ("The receipt overtakes the answer", "The next send's `sent` webhook arrives before the HTTP answer with its id."),
    ("受信通知が応答より先に届く", "次の送信では、IDを含むHTTP応答より先に「送信済み」が届きます。"),
)  # fmt: skip
def receipt_before_answer(stage: Stage) -> Undo:
    return stage.fault(name="status_before_response", next=1)


@scenario(
    "outage_then_flood",
    GROUP,
    ("Ten minutes of outage, then a flood", "Webhooks are held back for ten minutes of the clock while 60 messages come in; then all arrive at once."),
    ("10分間の停止のあと一斉に届く", "時計で10分間Webhookが止まり、その間の60件が再開時に一度に届きます。"),
)  # fmt: skip
def outage_then_flood(stage: Stage) -> Undo:
    undo = stage.fault(name="webhook_paused")
    for index in range(60):
        who = stranger(stage.sim, str(FIRST_STRANGER + index % 20))
        inbound.flood(stage.sim, stage.number, who, f"Written during the outage {index + 1}")
    stage.sim.scheduler.after(OUTAGE_SECONDS, undo)
    return undo


@scenario(
    "huge_batch",
    GROUP,
    ("A webhook of three megabytes", "A thousand long messages at once: bodies up to Meta's limit of 3 MB."),
    ("3MBのWebhook", "長文1,000件が一度に届きます。本文はMetaの上限3MBまで大きくなります。"),
)  # fmt: skip
def huge_batch(stage: Stage) -> Undo:
    habits = stage.sim.settings.webhooks
    before, habits.batch_max = habits.batch_max, BIG_BATCH
    for index in range(BIG_BATCH):
        who = stranger(stage.sim, str(FIRST_STRANGER + 100 + index))
        inbound.flood(stage.sim, stage.number, who, f"{index} " + "x" * BIG_TEXT)

    def undo() -> None:
        habits.batch_max = before

    return undo


@scenario(
    "graph_down",
    GROUP,
    ("Meta's servers fail", "Every call of the Graph API gets 500 without a usable body."),
    ("Metaのサーバーが停止する", "Graph APIのすべての呼び出しが500になり、本文も読めません。"),
)  # fmt: skip
def graph_down(stage: Stage) -> Undo:
    return stage.fault(name="http_error", status=500)


@scenario(
    "answer_lost",
    GROUP,
    ("A send's answer is lost", "The next message is accepted but never answered; its receipts still come."),
    ("送信の応答が失われる", "次のメッセージは受け付けられますが応答がありません。受信通知は届きます。"),
)  # fmt: skip
def answer_lost(stage: Stage) -> Undo:
    return stage.fault(name="timeout_after_accept", next=1)


@scenario(
    "rate_limited",
    GROUP,
    ("Too many messages a second", "One message in two is refused with 130429."),
    ("送信が速すぎると断られる", "2件に1件が130429で断られます。"),
)  # fmt: skip
def rate_limited(stage: Stage) -> Undo:
    return stage.fault(name="http_429", probability=0.5)

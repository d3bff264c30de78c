"""Scenarios of rarer messages: unsupported, edited, deleted, from an advertisement, orders, Flows."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from madoguchi.simulator import amends
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario

GROUP = "messages"


@scenario(
    "unsupported_poll",
    GROUP,
    ("The customer sends a poll", "A kind businesses cannot receive: error 131051, and nothing of its content."),
    ("お客様がアンケートを送る", "受け取れない種類のため、内容はなくエラー131051が届きます。"),
)  # fmt: skip
def unsupported_poll(stage: Stage) -> None:
    stage.write({"type": "unsupported", "unsupported": "poll_creation"})


@scenario(
    "message_unavailable",
    GROUP,
    ("A message shows on the phone only", "Error 131060: it came from a device that cannot share it."),
    ("スマホでしか見られないメッセージ", "共有できない端末から届いたため、エラー131060になります。"),
)  # fmt: skip
def message_unavailable(stage: Stage) -> None:
    stage.write({"type": "unsupported", "unsupported": "media_placeholder", "code": 131060})


@scenario(
    "message_edited",
    GROUP,
    ("The customer edits a message", "First the message, then its new words."),
    ("お客様がメッセージを編集する", "メッセージのあと、編集後の内容が届きます。"),
)  # fmt: skip
def message_edited(stage: Stage) -> None:
    sent = stage.write({"type": "text", "text": "A table for two at seven, please. / 7時に2名でお願いします。"})
    stage.sim.scheduler.after(2, amends.edit, stage.sim, stage.customer, sent, "A table for three at seven, please. / 7時に3名でお願いします。")  # fmt: skip


@scenario(
    "message_deleted",
    GROUP,
    ("The customer deletes a message", "First the message, then the wish to have it deleted for everyone."),
    ("お客様がメッセージを削除する", "メッセージのあと、全員からの削除が届きます。"),
)  # fmt: skip
def message_deleted(stage: Stage) -> None:
    sent = stage.write({"type": "text", "text": "My card number is 4111 … / カード番号は4111…"})
    stage.sim.scheduler.after(2, amends.revoke, stage.sim, stage.customer, sent)


@scenario(
    "from_advertisement",
    GROUP,
    ("The customer comes from an advertisement", "The first message carries the advertisement; a reply within a day opens 72 free hours."),
    ("広告からお客様が来る", "最初のメッセージに広告の情報が付きます。1日以内に返信すると72時間無料になります。"),
)  # fmt: skip
def from_advertisement(stage: Stage) -> None:
    words = "Hi! I saw your autumn beans. / 広告の秋の豆について教えてください。"
    stage.write({"type": "text", "text": words, "referral": True})


@scenario(
    "order_from_catalog",
    GROUP,
    ("The customer orders from the catalog", "A cart with two products and a note."),
    ("カタログから注文が入る", "商品2点とメモの付いたカートが届きます。"),
)  # fmt: skip
def order_from_catalog(stage: Stage) -> None:
    stage.write({"type": "order"})


@scenario(
    "forwarded_often",
    GROUP,
    ("A message forwarded many times", "Marked as frequently forwarded."),
    ("何度も転送されたメッセージ", "「頻繁に転送」の印が付きます。"),
)  # fmt: skip
def forwarded_often(stage: Stage) -> None:
    stage.write({"type": "text", "text": "Have you seen this? / これを見ましたか。", "forwarded": "often"})


@scenario(
    "unknown_kind",
    GROUP,
    ("A kind nobody knows yet", "A type of message that does not exist today, and keys nobody has documented."),
    ("まだ存在しない種類のメッセージ", "今は存在しない種類と、文書にない項目が届きます。"),
)  # fmt: skip
def unknown_kind(stage: Stage) -> Undo:
    undo = stage.fault(name="webhook_unknown_keys")
    stage.write({"type": "raw", "as": "hologram", "content": {"hologram": {"id": "1"}}})
    return undo


@scenario(
    "flow_key_rotated",
    GROUP,
    ("A Flow is filled in with an old key", "Phones hold an old public key: the endpoint must answer 421, upon which they fetch the new one and try again."),
    ("古い鍵でフォームが送られる", "端末が古い公開鍵を持っています。421で応答すると、新しい鍵を取得して再送します。"),
)  # fmt: skip
def flow_key_rotated(stage: Stage) -> Undo:
    old = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = old.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    stage.sim.flow_keys[stage.number.id] = pem

    def undo() -> None:
        stage.sim.flow_keys.pop(stage.number.id, None)

    return undo

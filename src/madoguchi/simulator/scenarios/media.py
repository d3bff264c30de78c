"""Scenarios of files: addresses and ids that have expired, files too large."""

from madoguchi.simulator.graph.errors import async_error
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario

GROUP = "media"
TOO_LARGE = 131052


@scenario(
    "media_address_expired",
    GROUP,
    ("A picture's address has expired", "The address in the webhook is older than five minutes; asking for the id gives a new one."),
    ("画像のアドレスが期限切れになる", "Webhookのアドレスは5分を過ぎています。IDで新しいアドレスを取得できます。"),
)  # fmt: skip
def media_address_expired(stage: Stage) -> None:
    stage.write({"type": "image", "caption": "Is this yours? / こちらはそちらの商品ですか。", "stale_address": True})


@scenario(
    "media_gone",
    GROUP,
    ("A picture is gone", "The id has expired after seven days: neither address nor id lead to the file."),
    ("画像が取得できない", "7日が過ぎてIDも期限切れです。アドレスでもIDでも取得できません。"),
)  # fmt: skip
def media_gone(stage: Stage) -> None:
    sent = stage.write({"type": "image"})
    stage.sim.world.media[sent.content["image"]["id"]].expires_at = 0.0


@scenario(
    "media_fails_for_a_while",
    GROUP,
    ("Downloads fail for a while", "Every download gets 404 until restored."),
    ("ダウンロードがしばらく失敗する", "元に戻すまで、ファイルの取得はすべて404になります。"),
)  # fmt: skip
def media_fails_for_a_while(stage: Stage) -> Undo:
    undo = stage.fault(name="media_lost")
    stage.write({"type": "image"})
    return undo


@scenario(
    "file_too_large",
    GROUP,
    ("The customer's file is too large", "More than 100 MB: Meta does not fetch it and sends error 131052 instead."),
    ("お客様のファイルが大きすぎる", "100MBを超えるため取得されず、エラー131052が届きます。"),
)  # fmt: skip
def file_too_large(stage: Stage) -> None:
    details = "Failed to download the media from the sender: the file is larger than 100 MB."
    extra = {"errors": [async_error(TOO_LARGE, details)]}
    content = {"unsupported": {"type": "video"}, **extra}
    stage.write({"type": "raw", "as": "unsupported", "content": content})

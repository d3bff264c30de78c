"""Scenarios of the account: payment, quality, limits, restrictions, tokens, the number itself."""

from madoguchi.simulator import changes, coexistence, news
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario
from madoguchi.simulator.state import Json

GROUP = "account"
POLICY = 368
UPGRADE_SECONDS = 60


def _change(stage: Stage, change: Json, back: Json) -> Undo:
    changes.number(stage.sim, stage.number, change)
    return lambda: changes.number(stage.sim, stage.number, back)


@scenario(
    "payment_failure",
    GROUP,
    ("The payment method fails", "Templates are accepted and then fail with 131042; the health of the account says what to do."),
    ("お支払い方法が無効になる", "テンプレートは受け付けられたあと131042で失敗します。アカウントの健全性に対処方法が表示されます。"),
)  # fmt: skip
def payment_failure(stage: Stage) -> Undo:
    return _change(stage, {"payment_ok": False}, {"payment_ok": True})


@scenario(
    "quality_drop",
    GROUP,
    ("Quality turns red", "Customers complained: the number's quality is RED, and the limit of new conversations falls to 250 a day."),
    ("品質が赤に下がる", "お客様からの報告により番号の品質がREDになり、新しい会話の上限が1日250件に下がります。"),
)  # fmt: skip
def quality_drop(stage: Stage) -> Undo:
    limit = stage.sim.world.portfolios[stage.waba.portfolio_id].messaging_limit
    before = {"quality": stage.number.quality, "messaging_limit": limit}
    return _change(stage, {"quality": "RED", "messaging_limit": "TIER_250"}, before)


@scenario(
    "limit_raised",
    GROUP,
    ("The messaging limit rises", "Meta allows 10,000 new conversations a day and says so on two webhook fields."),
    ("メッセージ数の上限が上がる", "新しい会話の上限が1日1万件になり、2つのWebhookで通知されます。"),
)  # fmt: skip
def limit_raised(stage: Stage) -> Undo:
    limit = stage.sim.world.portfolios[stage.waba.portfolio_id].messaging_limit
    return _change(stage, {"messaging_limit": "TIER_10K"}, {"messaging_limit": limit})


@scenario(
    "limit_used_up",
    GROUP,
    ("The messaging limit is used up", "The portfolio has written to 250 new customers today: a template to one more is refused with 131048, answers within the window still go."),
    ("メッセージ数の上限に達する", "本日すでに新しいお客様250人に送信しました。さらに別のお客様へのテンプレートは131048で断られますが、期間内の返信は送信できます。"),
)  # fmt: skip
def limit_used_up(stage: Stage) -> Undo:
    sim, rules = stage.sim, stage.sim.settings.rules
    portfolio = sim.world.portfolios[stage.waba.portfolio_id]
    was = rules.messaging_limit, rules.messaging_limit_code
    back = _change(stage, {"messaging_limit": "TIER_250"}, {"messaging_limit": portfolio.messaging_limit})
    rules.messaging_limit, rules.messaging_limit_code = "enforced", 131048
    sim.new_conversations.fill(portfolio, sim.clock.now())

    def undo() -> None:
        rules.messaging_limit, rules.messaging_limit_code = was
        sim.new_conversations.empty(portfolio)
        back()

    return undo


@scenario(
    "throughput_upgrade",
    GROUP,
    ("Throughput is upgraded", "For a minute every send gets 131057; after that 1,000 messages a second are allowed."),
    ("送信速度が引き上げられる", "1分間はすべての送信が131057で断られ、その後は毎秒1,000件まで送信できます。"),
)  # fmt: skip
def throughput_upgrade(stage: Stage) -> Undo:
    before = {"throughput": stage.number.throughput, "maintenance_seconds": 0}
    return _change(stage, {"throughput": 1000, "maintenance_seconds": UPGRADE_SECONDS}, before)


@scenario(
    "token_revoked",
    GROUP,
    ("The access token is revoked", "Every call of the Graph API gets 190 until the token is valid again."),
    ("アクセストークンが取り消される", "トークンが元に戻るまで、Graph APIのすべての呼び出しが190で断られます。"),
)  # fmt: skip
def token_revoked(stage: Stage) -> Undo:
    return _change(stage, {"token_revoked": True}, {"token_revoked": False})


@scenario(
    "account_restricted",
    GROUP,
    ("The account is restricted", "A violation is announced and sends are refused with 368; restoring announces that the account is reinstated."),
    ("アカウントが制限される", "違反が通知され、送信は368で断られます。元に戻すと、制限の解除が通知されます。"),
)  # fmt: skip
def account_restricted(stage: Stage) -> Undo:
    sim, number = stage.sim, stage.number
    for name in ("account_violation", "account_restricted"):
        news.announce(sim, number, name)
    changes.number(sim, number, {"restricted": POLICY})

    def undo() -> None:
        changes.number(sim, number, {"restricted": 0})
        news.announce(sim, number, "account_reinstated")

    return undo


@scenario(
    "name_declined",
    GROUP,
    ("The display name is declined", "Meta refuses the name customers see, and says why."),
    ("表示名が却下される", "お客様に表示される名前が却下され、その理由が通知されます。"),
)  # fmt: skip
def name_declined(stage: Stage) -> Undo:
    return _change(stage, {"name_status": "DECLINED"}, {"name_status": "APPROVED"})


@scenario(
    "number_deregistered",
    GROUP,
    ("The number loses its registration", "Sends are refused with 133010 until the number is registered with its PIN."),
    ("番号の登録が外れる", "PINで番号を登録し直すまで、送信は133010で断られます。"),
)  # fmt: skip
def number_deregistered(stage: Stage) -> Undo:
    return _change(stage, {"registered": False}, {"registered": True})


@scenario(
    "picture_lost",
    GROUP,
    ("The profile picture is lost", "A warning arrives on account_alerts."),
    ("プロフィール写真が失われる", "account_alertsで警告が届きます。"),
)  # fmt: skip
def picture_lost(stage: Stage) -> None:
    news.announce(stage.sim, stage.number, "picture_lost")


@scenario(
    "phone_app_joins",
    GROUP,
    ("The number is used in the phone app too", "Coexistence: contacts and history can be asked for once within a day, and what the owner writes on the phone is echoed."),
    ("番号をスマホアプリでも使う", "共存モードです。連絡先と履歴を1日以内に一度だけ取得でき、アプリから送った内容も通知されます。"),
)  # fmt: skip
def phone_app_joins(stage: Stage) -> Undo:
    throughput = stage.number.throughput
    change = {"on_biz_app": True, "throughput": 20}
    return _change(stage, change, {"on_biz_app": False, "throughput": throughput})


@scenario(
    "app_echo",
    GROUP,
    ("The owner writes from the phone app", "The customer gets a message, and the business an echo of it."),
    ("店主がアプリから返信する", "お客様にメッセージが届き、その写しがWebhookで届きます。"),
)  # fmt: skip
def app_echo(stage: Stage) -> Undo:
    was = stage.number.on_biz_app
    stage.number.on_biz_app = True
    words = {"text": {"body": "Sent from my phone. / スマホから送信しました。"}}
    coexistence.write_from_app(stage.sim, stage.number, stage.customer, "text", words)

    def undo() -> None:
        stage.number.on_biz_app = was

    return undo


@scenario(
    "standby",
    GROUP,
    ("Another app handles the chat", "What the customer writes comes on the field standby, until the business sends something and takes over."),
    ("別のアプリが対応している", "お客様のメッセージはstandbyで届きます。こちらから送信すると対応を引き継ぎます。"),
)  # fmt: skip
def standby(stage: Stage) -> Undo:
    stage.number.standby = True
    stage.write({"type": "text", "text": "Is a person there? / どなたかいますか。"})

    def undo() -> None:
        stage.number.standby = False

    return undo

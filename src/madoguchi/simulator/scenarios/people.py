"""Scenarios of customers: the window, new numbers, usernames, consent, blocking."""

from madoguchi.simulator import inbound
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario
from madoguchi.simulator.state import DAY, PHONE_REMEMBERED, Customer, Json

GROUP = "people"
LEFT = 60.0


@scenario(
    "window_closing",
    GROUP,
    ("The window closes while somebody types", "The last message is 23 hours and 59 minutes old: in a minute only templates may be sent."),
    ("入力中に返信期限が切れる", "最後のメッセージから23時間59分が経過しています。1分後にはテンプレートしか送信できません。"),
)  # fmt: skip
def window_closing(stage: Stage) -> Undo:
    thread = stage.sim.world.thread(stage.number.id, stage.customer.id)
    thread.last_inbound = 0.0
    stage.write({"type": "text", "text": "Until tomorrow! / また明日。", "seconds_ago": DAY - LEFT})
    return lambda: _write_again(stage)


def _write_again(stage: Stage) -> None:
    stage.write({"type": "text", "text": "Are you there? / いかがでしょうか。"})


@scenario(
    "window_refused",
    GROUP,
    ("131047 although the window is open", "The next message fails although the customer has just written; Meta admits that this happens."),
    ("期限内なのに131047になる", "お客様の直後の返信でも、次の送信が失敗します。実際に起こりうる現象です。"),
)  # fmt: skip
def window_refused(stage: Stage) -> Undo:
    stage.write({"type": "text", "text": "Hello! / こんにちは。"})
    return stage.fault(name="async_error_code", code=131047, next=1, number=stage.number.id)


def _move(stage: Stage, request: Json) -> Undo:
    who = stage.customer
    kept = who.phone, who.wa_id, who.generation
    inbound.change_number(stage.sim, stage.number, who, request)

    def undo() -> None:
        who.phone, who.wa_id, who.generation = kept
        stage.sim.store.touch("customers", who.id)

    return undo


@scenario(
    "number_changed",
    GROUP,
    ("The customer changes the phone number", "A system message with the new number, the new user id and the previous one."),
    ("お客様の電話番号が変わる", "新しい番号、新しいIDと以前のIDを含むシステムメッセージが届きます。"),
)  # fmt: skip
def number_changed(stage: Stage) -> Undo:
    return _move(stage, {})


@scenario(
    "number_changed_old_form",
    GROUP,
    ("… told in the older form", "The same without the previous user id: only the words of the message say who it was."),
    ("…以前の形式で届く", "以前のIDは含まれず、誰の変更かは本文からしか分かりません。"),
)  # fmt: skip
def number_changed_old_form(stage: Stage) -> Undo:
    return _move(stage, {"with_previous": False})


@scenario(
    "user_id_changed",
    GROUP,
    ("The customer's user id changes", "No phone number is told at all, only the new and the previous id."),
    ("お客様のIDが変わる", "電話番号は含まれず、新しいIDと以前のIDだけが届きます。"),
)  # fmt: skip
def user_id_changed(stage: Stage) -> Undo:
    return _move(stage, {"only_user_id": True})


@scenario(
    "phone_disappears",
    GROUP,
    ("The phone number disappears", "The customer takes a username and hides the number, and 30 days have passed: webhooks name the user id alone."),
    ("電話番号が表示されなくなる", "お客様がユーザー名を設定して番号を隠し、30日が経過しました。WebhookにはIDだけが含まれます。"),
)  # fmt: skip
def phone_disappears(stage: Stage) -> Undo:
    who, sim = stage.customer, stage.sim
    kept = who.username, who.hides_phone
    who.username, who.hides_phone = who.username or f"{who.id}.here", True
    for thread in sim.world.threads.values():
        if thread.customer_id == who.id:
            thread.phone_exchanged_at = sim.clock.now() - PHONE_REMEMBERED - DAY
    stage.write({"type": "text", "text": "It is me, with a new name. / ユーザー名に変えました。"})
    sim.store.touch("customers", who.id)

    def undo() -> None:
        who.username, who.hides_phone = kept
        sim.store.touch("customers", who.id)

    return undo


@scenario(
    "phone_shared",
    GROUP,
    ("The customer shares the phone number", "A contact card with origin contact_request, as after the button that asks for it."),
    ("お客様が電話番号を共有する", "番号を尋ねるボタンのあとと同じ、contact_requestの連絡先が届きます。"),
)  # fmt: skip
def phone_shared(stage: Stage) -> None:
    who = stage.customer
    card = {
        "name": {"formatted_name": who.name, "first_name": who.name.split()[0]},
        "phones": [{"phone": f"+{who.phone}", "wa_id": who.wa_id, "type": "CELL"}],
        "origin": "contact_request",
    }
    stage.write({"type": "contacts", "contacts": [card]})


def _marketing(stage: Stage, who: Customer, *, stopped: bool) -> None:
    who.marketing_stopped = stopped
    stage.sim.store.touch("customers", who.id)
    inbound.tell_preference(stage.sim, who)


@scenario(
    "marketing_stopped",
    GROUP,
    ("The customer stops marketing", "user_preferences says stop, and marketing templates fail with 131050; restoring resumes."),
    ("お客様がマーケティングを停止する", "user_preferencesで停止が届き、マーケティングのテンプレートは131050で失敗します。元に戻すと再開します。"),
)  # fmt: skip
def marketing_stopped(stage: Stage) -> Undo:
    _marketing(stage, stage.customer, stopped=True)
    return lambda: _marketing(stage, stage.customer, stopped=False)


@scenario(
    "business_blocked",
    GROUP,
    ("The customer blocks the business", "Nothing tells so; messages fail with 131026."),
    ("お客様にブロックされる", "通知はなく、メッセージは131026で失敗します。"),
)  # fmt: skip
def business_blocked(stage: Stage) -> Undo:
    stage.customer.blocked = True

    def undo() -> None:
        stage.customer.blocked = False

    return undo

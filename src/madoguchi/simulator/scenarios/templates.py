"""Scenarios of templates: held and dropped, paused, rejected, another category."""

from madoguchi.simulator import changes
from madoguchi.simulator.scenarios.registry import Stage, Undo, scenario
from madoguchi.simulator.state import Template

GROUP = "templates"
HOLD_SECONDS = 60


def _approved(stage: Stage, category: str = "") -> list[Template]:
    owned = stage.sim.world.templates_of(stage.waba.id)
    fitting = [t for t in owned if t.status == "APPROVED" and category in ("", t.category)]
    return fitting or [t for t in owned if t.status == "APPROVED"]


def _approve(stage: Stage, templates: list[Template]) -> Undo:
    def undo() -> None:
        for template in templates:
            if template.held:
                changes.template(stage.sim, template, {"held": False})
            if template.status != "APPROVED":
                changes.template(stage.sim, template, {"status": "APPROVED"})

    return undo


@scenario(
    "template_paused_mid_campaign",
    GROUP,
    ("A campaign's template is paused", "Marketing templates are held for quality; after a minute they are paused and what was held fails with 132015."),
    ("配信中にテンプレートが停止される", "マーケティングのテンプレートは品質確認のため保留され、1分後に一時停止されて132015で失敗します。"),
)  # fmt: skip
def paused_mid_campaign(stage: Stage) -> Undo:
    templates = _approved(stage, "MARKETING")
    for template in templates:
        changes.template(stage.sim, template, {"held": True})

    def drop() -> None:
        for template in templates:
            if template.held:
                changes.template(stage.sim, template, {"quality": "RED", "held": "dropped"})

    stage.sim.scheduler.after(HOLD_SECONDS, drop)
    return _approve(stage, templates)


@scenario(
    "template_held_then_released",
    GROUP,
    ("Templates are held and let go", "Marketing templates are held for quality and leave after a minute."),
    ("テンプレートが保留されたあと送信される", "マーケティングのテンプレートは品質確認のため保留され、1分後に送信されます。"),
)  # fmt: skip
def held_then_released(stage: Stage) -> Undo:
    templates = _approved(stage, "MARKETING")
    for template in templates:
        changes.template(stage.sim, template, {"held": True})

    def release() -> None:
        for template in templates:
            if template.held:
                changes.template(stage.sim, template, {"held": False})

    stage.sim.scheduler.after(HOLD_SECONDS, release)
    return _approve(stage, templates)


@scenario(
    "template_paused",
    GROUP,
    ("A template is paused", "Its quality turns red and it rests for three hours."),
    ("テンプレートが一時停止される", "品質がREDになり、3時間停止します。"),
)  # fmt: skip
def template_paused(stage: Stage) -> Undo:
    template = _approved(stage)[0]
    changes.template(stage.sim, template, {"quality": "RED", "pause": True})
    return _approve(stage, [template])


@scenario(
    "template_disabled",
    GROUP,
    ("A template is disabled", "It was paused too often and can no longer be sent (132016)."),
    ("テンプレートが無効になる", "停止が重なり、以後の送信は132016で断られます。"),
)  # fmt: skip
def template_disabled(stage: Stage) -> Undo:
    template = _approved(stage)[0]
    changes.template(stage.sim, template, {"status": "DISABLED"})
    return _approve(stage, [template])


@scenario(
    "template_rejected",
    GROUP,
    ("A template is rejected", "Meta changes its mind about an approved template and gives a reason."),
    ("テンプレートが却下される", "承認済みのテンプレートが、理由とともに却下されます。"),
)  # fmt: skip
def template_rejected(stage: Stage) -> Undo:
    template = _approved(stage)[0]
    changes.template(stage.sim, template, {"status": "REJECTED", "reason": "PROMOTIONAL"})
    return _approve(stage, [template])


@scenario(
    "template_category_changed",
    GROUP,
    ("A utility template becomes marketing", "Announced a day ahead; move the clock by 24 hours to see it happen."),
    ("テンプレートがマーケティングに変わる", "1日前に予告されます。時計を24時間進めると変更されます。"),
)  # fmt: skip
def category_changed(stage: Stage) -> Undo:
    template = _approved(stage, "UTILITY")[0]
    before = template.category
    changes.template(stage.sim, template, {"category": "MARKETING", "announce": True})
    return lambda: changes.template(stage.sim, template, {"category": before})

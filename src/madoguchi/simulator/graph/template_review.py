"""What Meta does to templates after they were made: verdicts, pauses, categories, quality; told by webhook."""

from typing import TYPE_CHECKING

from madoguchi.simulator import news
from madoguchi.simulator.state import Json, Template

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

# First and second pause in hours; the third time the template is disabled.
PAUSES = (3, 6)
REASONS = {"abusive_content", "incorrect_category", "invalid_format", "promotional", "scam"}
# Words by which Meta's reviewers (here: this list) know an advertisement.
PROMOTIONAL = ("% off", "discount", "sale ends", "coupon", "buy one", "割引", "クーポン", "半額", "セール")


def later(sim: "Simulator", template: Template) -> None:
    sim.scheduler.after(sim.settings.rules.template_review_seconds, review, sim, template.id)


def review(sim: "Simulator", template_id: str) -> None:
    """Meta's verdict. A name with "reject" in it is turned down, for the reason that stands in the
    name if one does, so that tests can have both."""
    template = sim.world.templates.get(template_id)
    if not template or template.status != "PENDING":
        return
    if "reject" not in template.name:
        change_status(sim, template, "APPROVED")
        return
    reason = next((r.upper() for r in sorted(REASONS) if r in template.name), "TAG_CONTENT_MISMATCH")
    change_status(sim, template, "REJECTED", reason)


def reads_like_marketing(components: list[Json]) -> bool:
    words = " ".join(str(c.get("text") or "") for c in components).lower()
    return any(sign in words for sign in PROMOTIONAL)


def change_status(sim: "Simulator", template: Template, status: str, reason: str = "NONE") -> None:
    """Set the status and tell the apps."""
    template.status, template.rejected_reason = status, reason
    sim.store.touch("templates", template.id)
    value: Json = {"event": status, **about(template), "reason": reason}
    if status == "PAUSED":
        title = "FIRST_PAUSE" if template.pauses <= 1 else "SECOND_PAUSE"
        hours = PAUSES[min(max(template.pauses, 1), len(PAUSES)) - 1]
        words = f"Your WhatsApp message template has been paused for {hours} hours because it had issues."
        value["other_info"] = {"title": title, "description": words}
    if status == "DISABLED":
        value["disable_info"] = {"disable_date": int(sim.clock.now())}
        value["other_info"] = {"title": "DISABLED", "description": "The template was paused three times."}
    if reason == "INVALID_FORMAT":
        words = "The template's variables do not say what they will be."
        value["rejection_info"] = {"reason": words, "recommendation": "Add words around each variable."}
    _tell(sim, template, "message_template_status_update", value)


def pause(sim: "Simulator", template: Template) -> None:
    """Bad quality pauses for three hours, then for six; the third time is the last."""
    template.pauses += 1
    if template.pauses > len(PAUSES):
        change_status(sim, template, "DISABLED")
        return
    change_status(sim, template, "PAUSED")
    hours = PAUSES[template.pauses - 1]
    sim.scheduler.after(hours * 3600, _end_pause, sim, template.id, template.pauses)


def _end_pause(sim: "Simulator", template_id: str, pauses: int) -> None:
    template = sim.world.templates.get(template_id)
    if template and template.status == "PAUSED" and template.pauses == pauses:
        change_status(sim, template, "APPROVED")


def change_quality(sim: "Simulator", template: Template, quality: str) -> None:
    value = {"previous_quality_score": template.quality, "new_quality_score": quality, **about(template)}
    template.quality = quality
    sim.store.touch("templates", template.id)
    _tell(sim, template, "message_template_quality_update", value)


def announce_category(sim: "Simulator", template: Template, category: str) -> None:
    """A day before Meta changes it."""
    when = int(sim.clock.now() + 24 * 3600)
    value = {
        **about(template),
        "new_category": template.category,
        "correct_category": category,
        "category_update_timestamp": when,
    }
    _tell(sim, template, "template_category_update", value)
    sim.scheduler.after(24 * 3600, change_category, sim, template, category)


def change_category(sim: "Simulator", template: Template, category: str) -> None:
    template.previous_category, template.category = template.category, category
    sim.store.touch("templates", template.id)
    value = {**about(template), "previous_category": template.previous_category, "new_category": category}
    _tell(sim, template, "template_category_update", value)


def tell_components(sim: "Simulator", template: Template) -> None:
    """After an edit: the words as they are now."""
    parts = {c["type"].upper(): c for c in template.components}
    value = {**about(template), "message_template_element": parts.get("BODY", {}).get("text", "")}
    if parts.get("HEADER", {}).get("text"):
        value["message_template_title"] = parts["HEADER"]["text"]
    if parts.get("FOOTER", {}).get("text"):
        value["message_template_footer"] = parts["FOOTER"]["text"]
    buttons = parts.get("BUTTONS", {}).get("buttons", [])
    if buttons:
        value["message_template_buttons"] = [_button(b) for b in buttons]
    _tell(sim, template, "message_template_components_update", value)


def _button(button: Json) -> Json:
    shown = {
        "message_template_button_type": button["type"],
        "message_template_button_text": button.get("text", ""),
    }
    if button.get("url"):
        shown["message_template_button_url"] = button["url"]
    if button.get("phone_number"):
        shown["message_template_button_phone_number"] = button["phone_number"]
    return shown


def about(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
    }


def _tell(sim: "Simulator", template: Template, field: str, value: Json) -> None:
    news.template(sim, template, field, value)

"""Message templates: creating under Meta's rules, listing with cursors, editing, deleting."""

import re
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import ids
from madoguchi.simulator.graph import paging
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.graph.template_rules import check_components
from madoguchi.simulator.state import DAY, Json, Template, Waba
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CATEGORIES = {"MARKETING", "UTILITY", "AUTHENTICATION"}
EDITABLE = {"APPROVED", "REJECTED", "PAUSED"}
PER_WABA = 6000
EDITS_PER_DAY, EDITS_PER_MONTH = 1, 10
NAME = re.compile(r"[a-z0-9_]{1,512}")
DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")


def create(call: Call, waba: Waba) -> Json:
    name, language = str(call.need("name")), str(call.need("language"))
    category = str(call.need("category")).upper()
    form = str(call.params.get("parameter_format") or "POSITIONAL").upper()
    if not NAME.fullmatch(name):
        raise refusal(2388024, "The name may contain lowercase letters, digits and underscores only.")
    if category not in CATEGORIES:
        raise GraphError(100, message=f"(#100) Param category must be one of {sorted(CATEGORIES)}")
    siblings = call.sim.world.templates_of(waba.id)
    if any(t.name == name and t.language == language for t in siblings):
        raise refusal(2388024, "There is already content in this language for this template.")
    if len(siblings) >= PER_WABA:
        raise refusal(2388019, "The limit of templates of this account is reached.")
    components = check_components(call.params.get("components"), category, form)
    template = Template(
        id=ids.numeric_id(),
        waba_id=waba.id,
        name=name,
        language=language,
        category=category,
        status="PENDING",
        components=components,
        parameter_format=form,
        created_at=call.sim.clock.now(),
    )
    call.sim.world.templates[template.id] = template
    call.sim.store.touch("templates", template.id)
    _review_later(call.sim, template)
    return {"id": template.id, "status": template.status, "category": template.category}


def refusal(subcode: int, words: str) -> GraphError:
    return GraphError(
        100,
        message="(#100) Invalid parameter",
        subcode=subcode,
        user_title="Message template not valid",
        user_message=words,
    )


def _review_later(sim: "Simulator", template: Template) -> None:
    sim.scheduler.after(sim.settings.rules.template_review_seconds, review, sim, template.id)


def review(sim: "Simulator", template_id: str) -> None:
    """Meta's verdict. A name with "reject" in it is turned down, so that tests can have both."""
    template = sim.world.templates.get(template_id)
    if template and template.status == "PENDING":
        rejected = "reject" in template.name
        change_status(
            sim,
            template,
            "REJECTED" if rejected else "APPROVED",
            "TAG_CONTENT_MISMATCH" if rejected else "NONE",
        )


def change_status(sim: "Simulator", template: Template, status: str, reason: str = "NONE") -> None:
    """Set the status and tell the apps."""
    template.status, template.rejected_reason = status, reason
    sim.store.touch("templates", template.id)
    value: Json = {"event": status, **_about(template), "reason": reason}
    if status == "PAUSED":
        value["other_info"] = {"title": "FIRST_PAUSE", "description": "Your template has been paused for 3 hours."}
    _tell(sim, template, "message_template_status_update", value)


def change_quality(sim: "Simulator", template: Template, quality: str) -> None:
    value = {"previous_quality_score": template.quality, "new_quality_score": quality, **_about(template)}
    template.quality = quality
    sim.store.touch("templates", template.id)
    _tell(sim, template, "message_template_quality_update", value)


def _about(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
    }


def _tell(sim: "Simulator", template: Template, field: str, value: Json) -> None:
    order = f"template/{template.id}"
    now = sim.clock.now()
    sim.dispatcher.enqueue(Update(template.waba_id, "", field, "", value, None, order, now))


def listing(call: Call, waba: Waba) -> Json:
    everything = call.sim.world.templates_of(waba.id)
    found = [t for t in everything if _matches(t, call.params)]
    answer = paging.page(call, found, lambda t: view(call.sim, t, call.fields()))
    if call.params.get("summary"):
        answer["summary"] = {
            "total_count": len(found),
            "message_template_count": len(everything),
            "message_template_limit": PER_WABA,
            "are_translations_complete": False,
        }
    return answer


def _matches(template: Template, params: Json) -> bool:
    wanted: dict[str, Any] = {
        "status": template.status,
        "category": template.category,
        "language": template.language,
        "quality_score": template.quality,
    }
    for key, value in wanted.items():
        given = str(params.get(key) or "")
        if given and value.upper() not in given.upper().replace('"', "").strip("[]").split(","):
            return False
    content = str(params.get("content") or params.get("name_or_content") or "").lower()
    in_name = str(params.get("name") or "").lower() in template.name
    return in_name and (content in str(template.components).lower() or content in template.name)


def view(sim: "Simulator", template: Template, fields: list[str]) -> Json:
    everything: Json = {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "components": [_shown(sim, c) for c in template.components],
        "parameter_format": template.parameter_format,
        "quality_score": {"score": template.quality, "date": int(template.created_at)},
        "rejected_reason": template.rejected_reason,
        "message_send_ttl_seconds": -1,
    }
    wanted = fields or DEFAULT_FIELDS
    return {**{name: everything[name] for name in wanted if name in everything}, "id": template.id}


def _shown(sim: "Simulator", component: Json) -> Json:
    """After creation Meta shows a one-time-password button as a URL button, and a sample by its address."""
    handles = (component.get("example") or {}).get("header_handle")
    if handles:
        addresses = [_sample_address(sim, handle) for handle in handles]
        return {**component, "example": {"header_handle": addresses}}
    if component["type"].upper() != "BUTTONS":
        return component
    return {**component, "buttons": [_shown_button(b) for b in component["buttons"]]}


def _sample_address(sim: "Simulator", handle: str) -> str:
    upload = sim.world.uploads.get(handle)
    return f"{sim.url}/pictures/{upload.file_id}" if upload else handle


def _shown_button(button: Json) -> Json:
    if button["type"].upper() != "OTP":
        return button
    return {
        "type": "URL",
        "text": button.get("text") or "Copy code",
        "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
        "example": ["https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp123456"],
    }


def edit(call: Call, template: Template) -> Json:
    if template.status not in EDITABLE:
        raise refusal(2388025, "Only approved, rejected or paused templates can be edited.")
    now = call.sim.clock.now()
    if template.status == "APPROVED":
        _count_edit(template, now)
    category = str(call.params.get("category") or template.category).upper()
    if category != template.category and template.status == "APPROVED":
        raise refusal(2388025, "The category of an approved template cannot be changed.")
    if "components" in call.params:
        given = call.params["components"]
        template.components = check_components(given, category, template.parameter_format)
    template.category = category
    if template.status != "APPROVED":
        template.status = "PENDING"
        _review_later(call.sim, template)
    call.sim.store.touch("templates", template.id)
    return {"success": True}


def _count_edit(template: Template, now: float) -> None:
    template.edits = [at for at in template.edits if now - at < 30 * DAY]
    today = [at for at in template.edits if now - at < DAY]
    if len(today) >= EDITS_PER_DAY or len(template.edits) >= EDITS_PER_MONTH:
        raise refusal(2388025, "An approved template can be edited once a day and ten times in 30 days.")
    template.edits.append(now)


def unpause(call: Call, template: Template) -> Json:
    if template.status != "PAUSED":
        return {"success": False, "reason": "The template is not paused."}
    change_status(call.sim, template, "APPROVED")
    return {"success": True}


def delete(call: Call, waba: Waba) -> Json:
    """`DELETE /<WABA>/message_templates?name=` (all languages) or `?hsm_id=&name=` (one)."""
    name, id_ = call.need("name"), call.params.get("hsm_id")
    found = [t for t in call.sim.world.templates_of(waba.id) if t.name == name and id_ in (None, t.id)]
    if not found:
        raise unknown_node(str(id_ or name), "delete")
    for template in found:
        del call.sim.world.templates[template.id]
        call.sim.store.touch("templates", template.id)
    return {"success": True}

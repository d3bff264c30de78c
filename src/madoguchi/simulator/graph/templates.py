"""Message templates: creating under Meta's rules, listing with cursors, editing, deleting."""

import re
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import ids
from madoguchi.simulator.graph import paging, template_library, template_review
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.graph.template_refusal import refusal
from madoguchi.simulator.graph.template_rules import check_components, check_ttl
from madoguchi.simulator.state import DAY, Json, Template, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CATEGORIES = {"MARKETING", "UTILITY", "AUTHENTICATION"}
EDITABLE = {"APPROVED", "REJECTED", "PAUSED"}
PER_WABA, PER_UNVERIFIED = 6000, 250
PER_HOUR = 100
EDITS_PER_DAY, EDITS_PER_MONTH = 1, 10
NAME_RESTS = 30 * DAY
NAME = re.compile(r"[a-z0-9_]{1,512}")
DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")


def create(call: Call, waba: Waba) -> Json:
    """Raises 100 with subcode 2388024 for a name or language in use, 2388019 at the limit, 80007
    for more than a hundred in an hour, and what the rules of the components say."""
    name, language = str(call.need("name")), str(call.need("language"))
    if not NAME.fullmatch(name):
        raise refusal(2388024, "The name may contain lowercase letters, digits and underscores only.")
    _check_free(call, waba, name, language)
    template = _draft(call, waba, name, language)
    call.sim.world.templates[template.id] = template
    call.sim.store.touch("templates", template.id)
    if template.status == "PENDING":
        template_review.later(call.sim, template)
    return {"id": template.id, "status": template.status, "category": template.category}


def _check_free(call: Call, waba: Waba, name: str, language: str) -> None:
    siblings, now = call.sim.world.templates_of(waba.id), call.sim.clock.now()
    if any(t.name == name and t.language == language for t in siblings):
        raise refusal(2388024, "There is already content in this language for this template.")
    if now - waba.retired.get(f"{name}/{language}", -NAME_RESTS) < NAME_RESTS:
        raise refusal(2388023, "The language of this template is being deleted. The name is free in 30 days.")
    verified = call.sim.world.portfolios[waba.portfolio_id].verified
    if len(siblings) >= (PER_WABA if verified else PER_UNVERIFIED):
        raise refusal(2388019, "The limit of templates of this account is reached.")
    if sum(now - t.created_at < 3600 for t in siblings) >= PER_HOUR:
        raise GraphError(80007, f"At most {PER_HOUR} templates can be created in an hour.")


def _draft(call: Call, waba: Waba, name: str, language: str) -> Template:
    sim, given = call.sim, call.params
    category = str(call.need("category")).upper()
    form = str(given.get("parameter_format") or "POSITIONAL").upper()
    if category not in CATEGORIES:
        raise GraphError(100, message=f"(#100) Param category must be one of {sorted(CATEGORIES)}")
    if form not in {"POSITIONAL", "NAMED"}:
        raise GraphError(100, message="(#100) Param parameter_format must be POSITIONAL or NAMED")
    from_library = str(given.get("library_template_name") or "")
    if from_library:
        components = template_library.copy(from_library, language, given)
    else:
        components = check_components(sim, given.get("components"), category, form)
    if category == "UTILITY" and sim.settings.rules.recategorise and template_review.reads_like_marketing(components):
        category = "MARKETING"
    return Template(
        id=ids.numeric_id(),
        waba_id=waba.id,
        name=name,
        language=language,
        category=category,
        status="APPROVED" if from_library else "PENDING",
        components=components,
        parameter_format=form,
        created_at=sim.clock.now(),
        ttl=check_ttl(category, given.get("message_send_ttl_seconds")),
        library_name=from_library,
    )


def upsert(call: Call, waba: Waba) -> Json:
    """`POST /<WABA>/upsert_message_templates`: an authentication template in several languages at once."""
    languages = call.need("languages")
    if str(call.need("category")).upper() != "AUTHENTICATION" or not isinstance(languages, list):
        raise GraphError(100, message="(#100) Only authentication templates, with a list of languages")
    return {"data": [_upsert_one(call, waba, str(language)) for language in languages]}


def _upsert_one(call: Call, waba: Waba, language: str) -> Json:
    name = str(call.need("name"))
    siblings = call.sim.world.templates_of(waba.id)
    found = next((t for t in siblings if t.name == name and t.language == language), None)
    if found:
        found.components = check_components(call.sim, call.params.get("components"), found.category, "POSITIONAL")
    else:
        found = _draft(call, waba, name, language)
        call.sim.world.templates[found.id] = found
    found.status = "APPROVED"
    call.sim.store.touch("templates", found.id)
    return {"id": found.id, "language": language, "status": found.status}


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
    can = "AVAILABLE" if template.status == "APPROVED" else "BLOCKED"
    everything: Json = {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "previous_category": template.previous_category or None,
        "components": [_shown(sim, c) for c in template.components],
        "parameter_format": template.parameter_format,
        "quality_score": {"score": template.quality, "date": int(template.created_at)},
        "rejected_reason": template.rejected_reason,
        "message_send_ttl_seconds": template.ttl or -1,
        "library_template_name": template.library_name or None,
        "health_status": {
            "can_send_message": can,
            "entities": [{"entity_type": "MESSAGE_TEMPLATE", "id": template.id, "can_send_message": can}],
        },
    }
    wanted = fields or DEFAULT_FIELDS
    return {**{name: everything[name] for name in wanted if everything.get(name) is not None}, "id": template.id}


def _shown(sim: "Simulator", component: Json) -> Json:
    """After creation Meta shows a one-time-password button as a URL button, and a sample by its address."""
    handles = (component.get("example") or {}).get("header_handle")
    if handles:
        addresses = [_sample_address(sim, handle) for handle in handles]
        return {**component, "example": {"header_handle": addresses}}
    if component["type"].upper() == "BUTTONS":
        return {**component, "buttons": [_shown_button(b) for b in component["buttons"]]}
    if component["type"].upper() == "CAROUSEL":
        cards = [{"components": [_shown(sim, part) for part in card["components"]]} for card in component["cards"]]
        return {**component, "cards": cards}
    return component


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
    """Approved templates stay so while Meta looks again; others are reviewed anew."""
    if template.status not in EDITABLE:
        raise refusal(2388025, "Only approved, rejected or paused templates can be edited.")
    category = str(call.params.get("category") or template.category).upper()
    if category not in CATEGORIES:
        raise GraphError(100, message=f"(#100) Param category must be one of {sorted(CATEGORIES)}")
    if category != template.category and template.status == "APPROVED":
        raise refusal(2388025, "The category of an approved template cannot be changed.")
    components = template.components
    if "components" in call.params:
        components = check_components(call.sim, call.params["components"], category, template.parameter_format)
    ttl = check_ttl(category, call.params.get("message_send_ttl_seconds")) or template.ttl
    if template.status == "APPROVED":
        _count_edit(template, call.sim.clock.now())
    template.components, template.category, template.ttl = components, category, ttl
    if template.status != "APPROVED":
        template.status = "PENDING"
        template_review.later(call.sim, template)
    call.sim.store.touch("templates", template.id)
    template_review.tell_components(call.sim, template)
    return {"success": True, "id": template.id, "name": template.name, "category": template.category}


def _count_edit(template: Template, now: float) -> None:
    template.edits = [at for at in template.edits if now - at < 30 * DAY]
    today = [at for at in template.edits if now - at < DAY]
    if len(today) >= EDITS_PER_DAY or len(template.edits) >= EDITS_PER_MONTH:
        raise refusal(2388025, "An approved template can be edited once a day and ten times in 30 days.")
    template.edits.append(now)


def unpause(call: Call, template: Template) -> Json:
    if template.status != "PAUSED":
        return {"success": False, "reason": "The template is not paused."}
    template_review.change_status(call.sim, template, "APPROVED")
    return {"success": True}


def delete(call: Call, waba: Waba) -> Json:
    """`DELETE /<WABA>/message_templates?name=` (all languages) or `?hsm_id=&name=` (one)."""
    name, id_ = call.need("name"), call.params.get("hsm_id")
    found = [t for t in call.sim.world.templates_of(waba.id) if t.name == name and id_ in (None, t.id)]
    if not found:
        raise unknown_node(str(id_ or name), "delete")
    if any(t.status == "DISABLED" for t in found):
        raise refusal(2388094, "A disabled template cannot be deleted.")
    for template in found:
        if template.status == "APPROVED":
            waba.retired[f"{template.name}/{template.language}"] = call.sim.clock.now()
        del call.sim.world.templates[template.id]
        call.sim.store.touch("templates", template.id)
    call.sim.store.touch("wabas", waba.id)
    return {"success": True}


def archive(call: Call, waba: Waba) -> Json:
    return _archive(call, waba, "archived_templates", "APPROVED", "ARCHIVED")


def unarchive(call: Call, waba: Waba) -> Json:
    return _archive(call, waba, "unarchived_templates", "ARCHIVED", "APPROVED")


def _archive(call: Call, waba: Waba, key: str, before: str, after: str) -> Json:
    done, failed = [], {}
    owned = {t.id: t for t in call.sim.world.templates_of(waba.id)}
    for id_ in str(call.need("hsm_ids")).split(","):
        template = owned.get(id_)
        if not template or template.status != before:
            failed[id_] = f"The template is not {before.lower()}."
            continue
        template.status = after
        call.sim.store.touch("templates", id_)
        done.append(id_)
    return {key: done, "failed_templates": failed}

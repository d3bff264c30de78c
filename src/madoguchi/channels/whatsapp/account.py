"""Questions about the account: which templates does it have, and the ticks for the customer."""

from typing import Any

from madoguchi.channels.base import Refusal, Template
from madoguchi.channels.whatsapp.clean import clean, string
from madoguchi.channels.whatsapp.graph import Graph, failure_of

_TEMPLATE_FIELDS = "id,name,language,category,status,components,parameter_format,quality_score,rejected_reason"
_MOST_PAGES = 100  # of 100; an account has at most 6,000 templates


async def mark_read(provider_id: str, graph: Graph, *, typing: bool) -> None:
    body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
    if typing:
        body["typing_indicator"] = {"type": "text"}
    answer = await graph.post(graph.number, "messages", body=body)
    if answer.status >= 400 and (failed := failure_of(answer)).kind != "stop":
        raise Refusal(failed)


async def fetch_templates(graph: Graph) -> list[Template]:
    """Every template, page by page, by the cursor; `next` carries the token in its address and is not followed."""
    found: list[Template] = []
    params = {"fields": _TEMPLATE_FIELDS, "limit": "100"}
    for _ in range(_MOST_PAGES):
        page = clean(await graph.get(graph.account, "message_templates", params=params))
        found += [_template(each) for each in page.get("data") or [] if _is_template(each)]
        paging = page.get("paging") or {}
        after = string(paging.get("cursors"), "after")
        if not paging.get("next") or not after:
            break
        params = {**params, "after": after}
    return found


def _is_template(each: Any) -> bool:
    return bool(string(each, "name") and string(each, "language")) and isinstance(each.get("components"), list)


def _template(each: dict[str, Any]) -> Template:
    reason = string(each, "rejected_reason")
    return Template(
        name=each["name"],
        language=each["language"],
        category=(string(each, "category") or "").lower(),
        status=(string(each, "status") or "").lower(),
        components=[component for component in each["components"] if isinstance(component, dict)],
        parameter_format=(string(each, "parameter_format") or "positional").lower(),
        quality=(string(each.get("quality_score"), "score") or "").lower() or None,
        provider_id=string(each, "id"),
        reason=reason if reason != "NONE" else None,
    )

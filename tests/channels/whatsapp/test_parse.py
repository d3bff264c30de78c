"""`parse` takes whatever comes, and hands on nothing that could hurt what stores it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madoguchi.channels import registry
from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import Broken, Event, MessageReceived
from madoguchi.channels.whatsapp.parse import parse
from tests.channels.cases import load_cases, request_body

REAL = [request_body(case.data) for case in load_cases(registry.FOLDER / "whatsapp") if case.kind == "in"]
TREES = [json.loads(body) for body in REAL if body.startswith(b'{"object":"whatsapp') and body.endswith(b"}")]

_hostile_text = st.text(st.characters(), max_size=20) | st.sampled_from(["\0", "\ud800", "x" * 3000, "-1", "1e400", ""])
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 10**400, -(10**25)])
    | st.floats()
    | _hostile_text
)
_trees = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_hostile_text, inner, max_size=4)
)
_quick = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def read(body: bytes) -> list[Event]:
    events = list(parse(RawRequest("POST", {}, {}, body)))
    for event in events:
        _check_storable(msgspec.to_builtins(event))
    return events


def _check_storable(value: Any) -> None:
    """PostgreSQL takes it as text and as jsonb, and every key fits an index."""
    json.dumps(value, allow_nan=False, default=str)
    for text in _texts(value):
        assert "\0" not in text
        text.encode("utf-8")
    for key in ("provider_id", "target", "reply_to"):
        assert len((value.get(key) if isinstance(value, dict) else None) or "") <= 512


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


@_quick
@given(st.binary(max_size=500))
def test_random_bytes(body: bytes) -> None:
    assert all(isinstance(event, Broken) for event in read(body))


@_quick
@given(_trees)
def test_random_json(tree: Any) -> None:
    read(_encoded(tree))


@_quick
@given(st.sampled_from(REAL), st.data())
def test_real_payloads_with_bytes_changed(body: bytes, data: st.DataObject) -> None:
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        if changed:
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(changed))


@_quick
@given(st.sampled_from(TREES), st.data())
def test_real_payloads_with_a_value_of_another_kind(tree: Any, data: st.DataObject) -> None:
    places = list(_places(tree))
    place = data.draw(st.sampled_from(places))
    read(_encoded(_replaced(tree, place, data.draw(_trees))))


@_quick
@given(st.data())
def test_a_bad_element_never_hides_the_others(data: st.DataObject) -> None:
    elements: list[Any] = [_good(number) for number in range(3)]
    elements.insert(data.draw(st.integers(0, 3)), data.draw(_trees))
    value = {"metadata": {"phone_number_id": "1"}, "messages": elements}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    found = [event.provider_id for event in read(_encoded(body)) if isinstance(event, MessageReceived)]
    assert [each for each in found if each in {"0", "1", "2"}] == ["0", "1", "2"]


def test_deep_nesting() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = opening * 200_000 + b"1" + closing * 200_000
        assert isinstance(read(deep)[0], Broken)
        whole = (
            b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":%s}]}]}'
            % deep
        )
        assert isinstance(read(whole)[0], Broken)


def test_nesting_below_the_limit_is_cut_off() -> None:
    tree: Any = "bottom"
    for _ in range(200):
        tree = {"a": tree}
    message = {**_good(1), "referral": tree}
    value = {"metadata": {"phone_number_id": "1"}, "messages": [message]}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    (event,) = read(_encoded(body))
    assert isinstance(event, MessageReceived)
    assert "bottom" not in json.dumps(event.data)


def test_the_largest_body_a_provider_sends() -> None:
    """3 MB of escaped NULs, which takes the patient way: still well under a second."""
    text = "\\u0000ab" * 350_000
    body = json.dumps(_batch([{**_good(1), "text": {"body": "@"}}])).replace("@", text).encode()
    assert len(body) > 2_500_000
    started = time.process_time()
    (event,) = read(body)
    assert isinstance(event, MessageReceived)
    assert event.text == "ab" * 350_000
    assert time.process_time() - started < 3


def _good(number: int) -> dict[str, Any]:
    return {"from": "4915100", "id": str(number), "timestamp": "1795000000", "type": "text", "text": {"body": "ok"}}


def _batch(messages: list[Any]) -> dict[str, Any]:
    value = {"metadata": {"phone_number_id": "1"}, "messages": messages}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }


def _encoded(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=True).encode()


def _places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


def _replaced(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = _replaced(tree[path[0]], path[1:], value)
    return copy

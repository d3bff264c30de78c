"""What the generator cannot know: one shape of error, the Idempotency-Key, files, readable names."""

import re
from typing import Any

import msgspec

from madoguchi.api.examples import EXAMPLES

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. Programs branch on `code`; further members depend on it.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["not_assignee", "window_closed", "invalid"]},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key with the same request has the effect of one and gets the first answer, for 48 hours.",
}
_REFUSAL = {
    "description": "Refused or failed",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}},
}
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_DONE = {"200": "Done", "201": "Made", "202": "Taken; it will be done", "204": "Done, with nothing to say"}
_UNSAFE = ("post", "put", "patch", "delete")
# A generic page's name: the last word of what it is a page of.
_PAGE = re.compile(r"Page_(?:\w+\.)*(\w+?)_(?=\W|$)")
_NOISE = {"deprecated": False, "allowEmptyValue": False, "allowReserved": False, "headers": {}}


def finish(schema: dict[str, Any]) -> dict[str, Any]:
    schema["components"]["schemas"]["Problem"] = _PROBLEM
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                _finish_operation(path, method, operation)
    _describe_files(schema["paths"])
    named = _PAGE.sub(r"PageOf\1", msgspec.json.encode(schema).decode())
    tidied: dict[str, Any] = _tidy(msgspec.json.decode(named))
    return tidied


def _finish_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    # The generator describes the framework's own error; ours is one and the same for all.
    answers = {code: answer for code, answer in operation["responses"].items() if int(code) < 400}
    for code, answer in answers.items():
        answer["description"] = _DONE.get(code, answer["description"])
    operation["responses"] = {**answers, "default": _REFUSAL}
    operation["description"] = re.sub(r"\s+", " ", operation.get("description") or operation.get("summary") or "")
    if method in _UNSAFE and path != "/api/v1/session":
        operation.setdefault("parameters", []).append(_KEY_HEADER)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and (examples := EXAMPLES.get(f"{method} {path}")):
        body["examples"] = {name: {"value": value} for name, value in examples.items()}


def _describe_files(paths: dict[str, Any]) -> None:
    upload, download = paths["/api/v1/media"]["post"], paths["/api/v1/media/{media_id}"]["get"]
    upload["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}
    upload["responses"]["201"]["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/MediaOut"}}}
    download["responses"]["200"]["content"] = _BINARY
    download["responses"]["206"] = {"description": "The part that Range asked for", "content": _BINARY}


def _tidy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _tidy(v) for k, v in value.items() if k not in _NOISE or v != _NOISE[k]}
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

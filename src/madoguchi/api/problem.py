"""Every refusal and every failure as RFC 9457 problem+json; nothing else ever leaves as an error."""

import re
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, LitestarException, ValidationException

from madoguchi.core.errors import FieldError, Invalid, NotFound, Problem, TooLarge, Unauthenticated, Unavailable
from madoguchi.core.times import stamped

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
_RETRY_SECONDS = 2
_FIELD = re.compile(r"^Object (?:missing required|contains unknown) field `(.+)`$")


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "This method is not offered here"


class ProblemBody(msgspec.Struct, omit_defaults=True):
    """An error, as RFC 9457 shapes it. `code` is what programs branch on."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = []
    request_id: str | None = None


def body_of(problem: Problem, request_id: str | None = None) -> bytes:
    known: dict[str, Any] = {
        "type": f"about:blank#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors:
        known["errors"] = [{"field": error.field, "message": error.message} for error in problem.errors]
    if request_id:
        known["request_id"] = request_id
    return msgspec.json.encode({**stamped(problem.extra), **known})


def headers_of(problem: Problem) -> dict[str, str]:
    if "retry_after" in problem.extra:
        return {"Retry-After": str(problem.extra["retry_after"])}
    if isinstance(problem, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {}


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler for every exception."""
    problem = problem_of(error)
    request_id = request.scope.get("state", {}).get("request_id")
    if problem.status >= 500:
        _log(request, error, problem)
    return Response(
        body_of(problem, request_id),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=headers_of(problem),
    )


def problem_of(error: BaseException) -> Problem:
    """What a client may know about this exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        return Invalid(_detail_of(error), errors=_field_errors(error))
    if isinstance(error, HTTPException):
        return _from_http(error)
    if isinstance(error, psycopg.OperationalError | psycopg_pool.PoolTimeout | psycopg_pool.PoolClosed):
        return unavailable()
    if isinstance(error, LitestarException) and error.__cause__ is not None:
        return problem_of(error.__cause__)
    return _unfit(error) or Problem("The server made a mistake. It is in the log under the request's id.")


def _unfit(error: BaseException) -> Invalid | None:
    """What a client sent and nobody can keep."""
    if isinstance(error, psycopg.DataError):  # a NUL character, a number beyond its column
        return Invalid("The request holds a character or a number that cannot be kept.")
    return Invalid("The request is nested too deeply.") if isinstance(error, RecursionError) else None


def unavailable() -> Unavailable:
    return Unavailable("The database cannot be reached. Try again in a moment.", retry_after=_RETRY_SECONDS)


def _from_http(error: HTTPException) -> Problem:
    if error.status_code == 404:
        return NotFound("There is nothing at this address.")
    if error.status_code == 405:
        return MethodNotAllowed()
    if error.status_code == 413:
        return TooLarge("The body of the request is too large.")
    if error.status_code < 500:
        return Invalid(error.detail)
    return Problem("The server made a mistake. It is in the log under the request's id.")


def _detail_of(error: ValidationException) -> str:
    return "; ".join(f"{each.field}: {each.message}" for each in _field_errors(error)) or "The request is not valid."


def _field_errors(error: ValidationException) -> list[FieldError]:
    found = error.extra if isinstance(error.extra, list) else []
    return [
        FieldError(_named(str(each.get("key", "")), str(each["message"])), str(each["message"]))
        for each in found
        if isinstance(each, dict) and each.get("message")
    ]


def _named(key: str, message: str) -> str:
    """A field that is missing or unknown stands in the message only; `key` is the object that lacks it or has it."""
    field = _FIELD.search(message)
    if field is None:
        return key
    return field[1] if key in {"", "data"} else f"{key}.{field[1]}"


def _log(request: Request[Any, Any, Any], error: Exception, problem: Problem) -> None:
    if isinstance(problem, Unavailable):
        log.warning(
            "the database cannot be reached", path=request.scope.get("path_template"), error=type(error).__name__
        )
        return
    log.error("a request failed", method=request.method, path=request.scope.get("path_template"), exc_info=error)

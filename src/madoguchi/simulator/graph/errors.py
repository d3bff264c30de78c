"""Graph errors: the documented codes, their titles and the shape of the answer."""

from madoguchi.simulator import ids
from madoguchi.simulator.state import Json
from madoguchi.simulator.webhooks import payloads

# code → (title, HTTP status); Meta's table of November 2025.
TITLES: dict[int, tuple[str, int]] = {
    0: ("AuthException", 401),
    1: ("API Unknown", 400),
    2: ("API Service", 503),
    3: ("API Method", 500),
    4: ("API Too Many Calls", 400),
    10: ("Permission Denied", 403),
    33: ("Parameter value is not valid", 400),
    100: ("Invalid parameter", 400),
    104: ("An access token is required to request this resource.", 400),
    190: ("Access token has expired", 401),
    200: ("API Permission", 403),
    368: ("Temporarily blocked for policies violations", 403),
    2200: ("Callback verification failed", 400),
    80007: ("Rate limit issues", 400),
    130403: ("Message failed to send because the business has blocked this user", 400),
    130429: ("Rate limit hit", 429),
    130472: ("User's number is part of an experiment", 400),
    130497: ("Business account is restricted from messaging users in this country.", 403),
    131000: ("Something went wrong", 500),
    131005: ("Access denied", 403),
    131008: ("Required parameter is missing", 400),
    131009: ("Parameter value is not valid", 400),
    131016: ("Service unavailable", 500),
    131021: ("Recipient cannot be sender", 400),
    131026: ("Message undeliverable", 400),
    131030: ("Recipient phone number not in allowed list", 400),
    131031: ("Account has been locked", 403),
    131037: ("WhatsApp provided number needs display name approval before message can be sent.", 400),
    131042: ("Business eligibility payment issue", 400),
    131045: ("Incorrect certificate", 500),
    131047: ("Re-engagement message", 400),
    131048: ("Spam rate limit hit", 400),
    131049: ("Meta chose not to deliver", 400),
    131050: ("User has stopped marketing messages from this business", 400),
    131051: ("Unsupported message type", 400),
    131052: ("Media download error", 400),
    131053: ("Media upload error", 400),
    131055: ("Method not allowed", 400),
    131056: ("(Business Account, Consumer Account) pair rate limit hit", 400),
    131057: ("Business account is in maintenance mode", 500),
    131059: ("Invalid cursor", 400),
    131062: ("Recipient type is not supported for this message", 400),
    131063: ("Marketing messages are disabled on Cloud API", 400),
    132000: ("Template Param Count Mismatch", 400),
    132001: ("Template does not exist", 404),
    132005: ("Template hydrated text too long", 400),
    132007: ("Template format character policy violated", 400),
    132012: ("Template parameter format mismatch", 400),
    132015: ("Template is paused", 400),
    132016: ("Template is disabled", 400),
    132018: ("Template parameters are not valid", 400),
    132068: ("Flow is blocked", 400),
    132069: ("Flow is throttled", 400),
    133000: ("Incomplete deregistration", 500),
    133004: ("Server temporarily unavailable", 503),
    133005: ("Two step verification PIN mismatch", 400),
    133006: ("Phone number re-verification needed", 400),
    133008: ("Too many two step verification PIN guesses", 400),
    133009: ("Two step verification PIN guessed too fast", 400),
    133010: ("Phone number not registered", 400),
    133015: ("Please wait a few minutes before attempting to register this phone number", 400),
    133016: ("Account register/deregister rate limit exceeded", 400),
    134011: ("WhatsApp Payments terms of service has not been accepted", 400),
    134100: ("Only marketing messages supported", 400),
    135000: ("Generic user error", 400),
    137000: ("Identity key hash mismatch", 400),
    139000: ("Blocked by integrity", 400),
    139001: ("Flow cannot be updated", 400),
    139002: ("Flow cannot be published", 400),
    139003: ("Flow cannot be deprecated", 400),
    139004: ("Flow cannot be deleted", 400),
    139100: ("Failed to block/unblock some users", 400),
    139101: ("Block list limit reached", 400),
    147001: ("Username is not valid", 400),
    147002: ("Username is not available", 400),
    147003: ("Username belongs to another number of the portfolio", 400),
    2593107: ("Synchronization request limit exceeded", 400),
    2593109: ("History sharing is turned off by the business", 400),
    2593108: ("Synchronization request is made outside of the allowed time window", 400),
}
# Codes which Graph itself writes without the WhatsApp envelope.
PLAIN = {0, 1, 2, 3, 4, 10, 33, 100, 104, 190, 200, 2200}
TRANSIENT = {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004}


def title(code: int) -> str:
    return TITLES.get(code, ("Something went wrong", 400))[0]


def async_error(code: int, details: str = "") -> Json:
    """The form errors take inside webhooks."""
    return payloads.error(code, title(code), details or title(code))


class GraphError(Exception):
    """A refusal. `details` reaches the caller as `error_data.details`."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        subcode: int | None = None,
        message: str = "",
        kind: str = "OAuthException",
        user_title: str = "",
        user_message: str = "",
    ) -> None:
        self.code, self.details = code, details
        self.message = message or f"(#{code}) {title(code)}"
        self.status = TITLES.get(code, ("", 400))[1]
        self._subcode, self._kind = subcode, kind
        self._user_title, self._user_message = user_title, user_message
        # What the answer says beside the error, such as who could be blocked and who could not.
        self.beside: Json = {}
        super().__init__(self.message)

    def as_json(self) -> Json:
        error: Json = {"message": self.message, "type": self._kind, "code": self.code}
        if self.details:
            if self.code in PLAIN and self._kind == "OAuthException" and not self.message.startswith("(#100)"):
                error["message"] = self.details
            else:
                error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self._subcode is not None:
            error["error_subcode"] = self._subcode
        if self.code in TRANSIENT:
            error["is_transient"] = True
        if self._user_title or self._user_message:
            error["error_user_title"] = self._user_title
            error["error_user_msg"] = self._user_message
        error["fbtrace_id"] = ids.trace_id()
        return {**self.beside, "error": error}


def missing(parameter: str) -> GraphError:
    return GraphError(131008, f"The parameter {parameter} is required.")


def invalid(parameter: str, why: str) -> GraphError:
    return GraphError(131009, f"{parameter}: {why}")


def unknown_node(id_: str, method: str = "get") -> GraphError:
    message = (
        f"Unsupported {method} request. Object with ID '{id_}' does not exist, cannot be loaded due "
        "to missing permissions, or does not support this operation. Please read the Graph API "
        "documentation at https://developers.facebook.com/docs/graph-api"
    )
    return GraphError(100, message=message, subcode=33, kind="GraphMethodException")

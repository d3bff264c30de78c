"""From a new number to a registered one: verification code, two-step PIN, registering, display name."""

import re
from typing import TYPE_CHECKING

from madoguchi.simulator import news
from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError, invalid
from madoguchi.simulator.state import DAY, Json, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

# A simulator sends no SMS; the code is always the same.
VERIFICATION_CODE = "123456"
REGISTRATIONS = 10
REGISTRATION_PERIOD = 3 * DAY
GUESSES = 5
HASTY_GUESSES = 3
LOCKED = DAY / 2
GUESS_PAUSE = 60.0
NAME_LENGTHS = range(3, 513)


def request_code(call: Call, number: Number) -> Json:
    if call.need("code_method") not in {"SMS", "VOICE"}:
        raise invalid("code_method", "must be SMS or VOICE.")
    if number.code_status == "VERIFIED":
        raise GraphError(100, message="(#100) The phone number is verified already.", subcode=136024)
    number.verification_code = VERIFICATION_CODE
    return {"success": True}


def verify_code(call: Call, number: Number) -> Json:
    if str(call.need("code")).replace("-", "") != number.verification_code:
        raise GraphError(
            100, "The verification code is not correct.", message="(#100) Invalid parameter", subcode=136025
        )
    number.code_status = "VERIFIED"
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def register(call: Call, number: Number) -> Json:
    given = pin(call)
    _check_not_on_app(number, "register")
    _count_registration(call, number)
    if number.code_status != "VERIFIED":
        raise GraphError(133006, "The phone number has to be verified before it is registered.")
    _check_pin(call, number, given)
    number.pin, number.registered = given, True
    number.onboarded_at = call.sim.clock.now()
    _take_new_name(number)
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def deregister(call: Call, number: Number) -> Json:
    _check_not_on_app(number, "deregister")
    _count_registration(call, number)
    number.registered = False
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def set_pin(call: Call, number: Number) -> None:
    number.pin = pin(call)
    number.pin_guesses.clear()
    news.security(call.sim, number, "PIN_CHANGED")


def pin(call: Call) -> str:
    given = str(call.need("pin"))
    if not re.fullmatch(r"\d{6}", given):
        raise invalid("pin", "must be six digits.")
    return given


def _check_not_on_app(number: Number, what: str) -> None:
    if number.on_biz_app:
        raise GraphError(100, message=f"(#100) A number used in the WhatsApp Business app cannot {what} by API")


def _check_pin(call: Call, number: Number, given: str) -> None:
    """Raises 133008 while locked, 133009 after hasty guesses, 133005 for a wrong PIN."""
    now = call.sim.clock.now()
    number.pin_guesses = guesses = [at for at in number.pin_guesses if now - at < LOCKED]
    if len(guesses) >= GUESSES:
        hours = (guesses[-1] + LOCKED - now) / 3600
        raise GraphError(133008, f"Too many wrong PINs. Try again in {hours:.1f} hours.")
    if len(guesses) >= HASTY_GUESSES and now - guesses[-1] < GUESS_PAUSE:
        seconds = int(guesses[-1] + GUESS_PAUSE - now) + 1
        raise GraphError(133009, f"PINs were entered too fast. Try again in {seconds} seconds.")
    if number.pin and number.pin != given:
        guesses.append(now)
        call.sim.store.touch("numbers", number.id)
        raise GraphError(133005, "The two-step verification PIN does not match.")
    guesses.clear()


def _count_registration(call: Call, number: Number) -> None:
    now = call.sim.clock.now()
    number.registrations = [at for at in number.registrations if now - at < REGISTRATION_PERIOD]
    if len(number.registrations) >= REGISTRATIONS:
        raise GraphError(133016, "10 registrations and deregistrations in 72 hours are the limit.")
    number.registrations.append(now)


def request_name(call: Call, number: Number) -> None:
    """A new display name is reviewed first, and shown after the next registration."""
    wanted = str(call.params["new_display_name"]).strip()
    if len(wanted) not in NAME_LENGTHS:
        raise GraphError(100, message="(#100) Param new_display_name must be 3 to 512 characters long")
    number.new_name, number.new_name_status = wanted, "PENDING_REVIEW"
    call.sim.scheduler.after(call.sim.settings.rules.name_review_seconds, review_name, call.sim, number.id)


def review_name(sim: "Simulator", number_id: str) -> None:
    """Meta's verdict on a name. One with "reject" in it is turned down, so that tests can have both."""
    number = sim.world.numbers.get(number_id)
    if not number or number.new_name_status != "PENDING_REVIEW":
        return
    rejected = "reject" in number.new_name.lower()
    number.new_name_status = "DECLINED" if rejected else "APPROVED"
    sim.store.touch("numbers", number.id)
    news.name_reviewed(sim, number, "REJECTED" if rejected else "APPROVED")


def _take_new_name(number: Number) -> None:
    if number.new_name_status == "APPROVED":
        number.name, number.name_status = number.new_name, "APPROVED"
        number.new_name, number.new_name_status = "", "NONE"

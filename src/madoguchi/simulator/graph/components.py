"""Conversational components and other settings of a number: ice breakers, commands, cart, identity check."""

import json
import re
from typing import Any

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json, Number

PROMPTS, PROMPT = 4, 80
COMMANDS, COMMAND_NAME, COMMAND_DESCRIPTION = 30, 32, 256
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
SETTINGS = {"calling", "user_identity_change", "payload_encryption", "storage_configuration"}


def write_automation(call: Call, number: Number) -> Json:
    """`POST /<PNID>/conversational_automation`; what is not named stays as it is."""
    given = call.params
    change: Json = {}
    if "enable_welcome_message" in given:
        change["enable_welcome_message"] = truth(given["enable_welcome_message"])
    if "prompts" in given:
        change["prompts"] = _prompts(given["prompts"])
    if "commands" in given:
        change["commands"] = _commands(given["commands"])
    number.automation |= change
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def automation(number: Number) -> Json:
    return {"enable_welcome_message": False, "id": number.id, **number.automation}


def truth(value: Any) -> bool:
    return str(value).lower() in {"true", "1"}


def _wrong(words: str) -> GraphError:
    return GraphError(100, words, message="(#100) Invalid parameter")


def _listed(given: Any) -> Any:
    """Graph takes nested values as JSON within a string as well."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return given


def _prompts(given: Any) -> list[str]:
    given = _listed(given)
    if not isinstance(given, list) or len(given) > PROMPTS:
        raise _wrong(f"prompts must be at most {PROMPTS}.")
    for index, prompt in enumerate(given):
        if not isinstance(prompt, str) or not 1 <= len(prompt) <= PROMPT:
            raise _wrong(f"prompts[{index}] must be 1 to {PROMPT} characters long.")
        if EMOJI.search(prompt):
            raise _wrong(f"prompts[{index}] must not have emoji.")
    return list(given)


def _commands(given: Any) -> list[Json]:
    given = _listed(given)
    if not isinstance(given, list) or len(given) > COMMANDS:
        raise _wrong(f"commands must be at most {COMMANDS}.")
    found = []
    for index, command in enumerate(given):
        name = str(command.get("command_name", "")) if isinstance(command, dict) else ""
        words = str(command.get("command_description", "")) if name else ""
        if not 1 <= len(name) <= COMMAND_NAME or not 1 <= len(words) <= COMMAND_DESCRIPTION:
            raise _wrong(
                f"commands[{index}] needs command_name (1 to {COMMAND_NAME} characters) and "
                f"command_description (1 to {COMMAND_DESCRIPTION})."
            )
        if EMOJI.search(name + words):
            raise _wrong(f"commands[{index}] must not have emoji.")
        found.append({"command_name": name, "command_description": words})
    return found


def commerce(_call: Call, number: Number) -> Json:
    return {"data": [{**number.commerce, "id": number.id}]}


def write_commerce(call: Call, number: Number) -> Json:
    for key in number.commerce:
        if key in call.params:
            number.commerce[key] = truth(call.params[key])
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def settings(_call: Call, number: Number) -> Json:
    usual: Json = {
        "storage_configuration": {"status": "DEFAULT"},
        "user_identity_change": {"enable_identity_key_check": False},
        "calling": {"status": "DISABLED"},
    }
    return usual | number.settings


def write_settings(call: Call, number: Number) -> Json:
    given = {key: value for key, value in call.params.items() if key in SETTINGS}
    if not given or not all(isinstance(value, dict) for value in given.values()):
        raise _wrong(f"one of {', '.join(sorted(SETTINGS))} is needed, as an object.")
    number.settings |= given
    call.sim.store.touch("numbers", number.id)
    return {"success": True}


def encryption(_call: Call, number: Number) -> Json:
    """`GET /<PNID>/whatsapp_business_encryption`."""
    if not number.public_key:
        return {"data": []}
    found = {"business_public_key": number.public_key, "business_public_key_signature_status": "VALID"}
    return {"data": [found]}


def write_encryption(call: Call, number: Number) -> Json:
    """The key with which phones encrypt what they send to the endpoint of a Flow."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    text = str(call.need("business_public_key"))
    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise _wrong("business_public_key must be a public key in PEM form.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size != 2048:
        raise _wrong("business_public_key must be an RSA key of 2048 bits.")
    number.public_key = text
    call.sim.store.touch("numbers", number.id)
    return {"success": True}

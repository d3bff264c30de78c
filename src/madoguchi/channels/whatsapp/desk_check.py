"""What Meta would refuse about the account's own texts, found before it is asked."""

import re

from madoguchi.channels.account import Picture, Prompts
from madoguchi.core.errors import FieldError, Invalid

LINK_TEXT = 140
STARTERS, STARTER = 4, 80
COMMANDS, COMMAND_NAME, COMMAND_TEXT = 30, 32, 256
NAME = (3, 512)
PICTURE_BYTES = 5 * 1024 * 1024
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
_USERNAME = re.compile(r"(?=.*[a-z])(?!.*\.\.)(?!www\.)[a-z0-9_][a-z0-9._]{1,33}[a-z0-9_]")


def check_link(text: str) -> None:
    if not text.strip():
        _refuse([FieldError("text", "A text is needed.")])
    if len(text) > LINK_TEXT:
        _refuse([FieldError("text", f"At most {LINK_TEXT} characters; it has {len(text)}.")])


def check_display_name(name: str) -> None:
    """Meta reviews the rest: that it is the business's, and no slogan."""
    if not NAME[0] <= len(name.strip()) <= NAME[1]:
        _refuse([FieldError("name", f"{NAME[0]} to {NAME[1]} characters; it has {len(name.strip())}.")])
    if _EMOJI.search(name):
        _refuse([FieldError("name", "No emoji here.")])


def check_prompts(prompts: Prompts) -> None:
    _refuse([*_starters(prompts), *_commands(prompts)])


def _starters(prompts: Prompts) -> list[FieldError]:
    if len(prompts.starters) > STARTERS:
        return [FieldError("starters", f"At most {STARTERS}; there are {len(prompts.starters)}.")]
    return [
        FieldError(f"starters.{index}", message)
        for index, text in enumerate(prompts.starters)
        if (message := _wrong(text, STARTER))
    ]


def _commands(prompts: Prompts) -> list[FieldError]:
    if len(prompts.commands) > COMMANDS:
        return [FieldError("commands", f"At most {COMMANDS}; there are {len(prompts.commands)}.")]
    found = []
    names = [each.name for each in prompts.commands]
    for index, each in enumerate(prompts.commands):
        if message := _wrong(each.name, COMMAND_NAME):
            found.append(FieldError(f"commands.{index}.name", message))
        elif re.search(r"\s|/", each.name):
            found.append(FieldError(f"commands.{index}.name", "One word, without the slash."))
        elif names.index(each.name) != index:
            found.append(FieldError(f"commands.{index}.name", "There is another command of this name."))
        if message := _wrong(each.description, COMMAND_TEXT):
            found.append(FieldError(f"commands.{index}.description", message))
    return found


def _wrong(text: str, most: int) -> str | None:
    if not text.strip():
        return "A text is needed."
    if len(text) > most:
        return f"At most {most} characters; it has {len(text)}."
    return "No emoji here." if _EMOJI.search(text) else None


def check_username(name: str) -> None:
    if not _USERNAME.fullmatch(name):
        rule = "3 to 35 of a-z, 0-9, point and underscore, with a letter, not beginning or ending with a point."
        _refuse([FieldError("name", rule)])


def check_pin(pin: str) -> None:
    if not re.fullmatch(r"[0-9]{6}", pin):
        _refuse([FieldError("pin", "Six digits.")])


def check_picture(picture: Picture) -> None:
    if picture.content_type not in {"image/jpeg", "image/png"}:
        _refuse([FieldError("media_id", "A JPEG or PNG picture is needed.")])
    if len(picture.data) > PICTURE_BYTES:
        _refuse([FieldError("media_id", "At most 5 MB.")])


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid("WhatsApp would refuse this.", errors=errors)

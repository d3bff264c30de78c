"""What a mail server would refuse about a mail, found before it leaves."""

from typing import Any

from madoguchi.channels.base import Draft
from madoguchi.channels.email.headers import read_addresses
from madoguchi.core.errors import FieldError

MOST_RECIPIENTS = 100
LONGEST_SUBJECT = 900
# What the big hosts take, less what base64 and the headers add. A server that takes less says so when we greet it.
MOST_BYTES = 25_000_000


def check(draft: Draft) -> list[FieldError]:
    return [*_check_people(draft), *_check_subject(draft), *_check_files(draft)]


def _check_people(draft: Draft) -> list[FieldError]:
    errors: list[FieldError] = []
    count = 0
    for field in ("to", "cc", "bcc"):
        for index, given in enumerate(draft.data.get(field) or []):
            count += 1
            if not _is_address(given):
                errors.append(FieldError(f"{field}[{index}]", "This is no e-mail address."))
    if count > MOST_RECIPIENTS:
        errors.append(FieldError("to", f"At most {MOST_RECIPIENTS} recipients together in To, Cc and Bcc."))
    return errors


def _is_address(given: Any) -> bool:
    address = given.get("address") if isinstance(given, dict) else given
    if not isinstance(address, str) or len(address) > 320:
        return False
    found = read_addresses([address])
    return len(found) == 1 and "." in found[0].address.rpartition("@")[2]


def _check_subject(draft: Draft) -> list[FieldError]:
    subject = draft.data.get("subject")
    if subject is not None and len(str(subject)) > LONGEST_SUBJECT:
        return [FieldError("subject", f"At most {LONGEST_SUBJECT} characters.")]
    return []


def _check_files(draft: Draft) -> list[FieldError]:
    total = sum(file.size for file in draft.media)
    if total > MOST_BYTES:
        return [
            FieldError(
                "media_ids", f"Files of at most {MOST_BYTES // 1_000_000} MB together; these have {total / 1e6:.1f} MB."
            )
        ]
    return []

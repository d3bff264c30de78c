"""Which column means what: the targets a workspace has, and a guess by the columns' names."""

import unicodedata
from collections.abc import Sequence

from madoguchi.attributes.models import AttributeOut
from madoguchi.channels import registry
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.exchange import consents

ATTRIBUTE = "attribute:"
IDENTITY = "identity:"
PLAIN = ("name", "locale", "company", "labels")

# In the words that address books of both languages use.
_WORDS = {
    "name": "name|full name|display name|contact|customer|customer name|氏名|名前|お名前|顧客名|お客様名|連絡先名|会員名",
    "locale": "language|locale|lang|言語|ロケール",
    "company": "company|company name|organization|organisation|organization name|会社|会社名|企業名|法人名|勤務先",
    "labels": "labels|label|tags|tag|ラベル|タグ|分類",
}
_WAYS = {
    "phone": "phone|phone number|mobile|mobile phone|tel|telephone|電話|電話番号|携帯|携帯電話|携帯番号",
    "address": "email|e-mail|mail|email address|e-mail address|メール|メールアドレス|eメール",
}
_SAMPLES = {"phone": "+819011110001", "address": "hanako@example.jp"}


def targets(definitions: Sequence[AttributeOut]) -> list[str]:
    """Everything a column may be mapped to."""
    return [*PLAIN, *_ways(), *(f"{ATTRIBUTE}{each.key}" for each in definitions), *consents.targets()]


def guess(header: Sequence[str], definitions: Sequence[AttributeOut], used: Sequence[str]) -> list[str | None]:
    """A target for each column that is named like one; the first column wins. `used`: the channels that there are inboxes
    of; a telephone number without more is for the first of them that writes to numbers."""
    known = set(targets(definitions))
    by_name = {word: target for target, words in _WORDS.items() for word in words.split("|")}
    for target in sorted(_ways(), key=lambda target: _channel_of(target) not in used):
        kind = target.rpartition(":")[2]
        for word in _WAYS[kind].split("|"):
            by_name.setdefault(word, target)
        for title in {_channel_of(target), *registry.channels()[_channel_of(target)].manifest.title.values()}:
            by_name |= dict.fromkeys((_plain(title), f"{_plain(title)} number", f"{_plain(title)}番号"), target)
    for each in definitions:
        by_name |= dict.fromkeys((_plain(each.key), _plain(each.label)), f"{ATTRIBUTE}{each.key}")
    found: list[str | None] = []
    for name in header:
        meant = name if name in known or consents.column_of(name) else by_name.get(_plain(name))
        found.append(None if meant in found else meant)
    return found


def _ways() -> list[str]:
    return [
        f"{IDENTITY}{name}:{kind}"
        for name, channel in registry.channels().items()
        for kind, sample in _SAMPLES.items()
        if (identity := channel.identity_of(sample)) and identity.kind == kind
    ]


def _channel_of(target: str) -> str:
    return target.removeprefix(IDENTITY).partition(":")[0]


def check(mapping: Sequence[str | None], columns: int, definitions: Sequence[AttributeOut]) -> None:
    """Raises Invalid naming `mapping` or its entry."""
    known, seen = set(targets(definitions)), set[str]()
    if len(mapping) != columns:
        raise _refusal("mapping", f"The file has {columns} columns; name a target or null for each.")
    for index, target in enumerate(mapping):
        if target is None:
            continue
        if target not in known and consents.column_of(target) is None:
            raise _refusal(f"mapping.{index}", f"There is no target {target!r}.")
        if target in seen:
            raise _refusal(f"mapping.{index}", f"Another column is {target!r} already.")
        seen.add(target)
    if not any(target == "name" or target.startswith(IDENTITY) for target in seen):
        raise _refusal("mapping", "A name or a way to reach people is needed: map one column to it.")


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def _refusal(field: str, message: str) -> Invalid:
    return Invalid(message, errors=[FieldError(field, message)])

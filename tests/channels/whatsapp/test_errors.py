"""The table of error codes against the list of Meta's documentation (as of September 2026)."""

import pytest

from madoguchi.channels import registry
from madoguchi.channels.whatsapp import errors
from madoguchi.channels.whatsapp.errors import MEANINGS, Meaning, meaning_of

# One line per way of handling; a missing or a moved code fails here.
EXPECTED = {
    "retry": [1, 2, 131000, 131016, 133004, 135000],
    "retry_after": [
        *(4, 613, 80007, 130429, 131048, 131056, 131057, 131208, 132069, 133008, 133009, 133015, 133016, 134101),
        *(138002, 138005),
    ],
    "channel_down": [
        *(0, 3, 10, 33, 104, 190, *range(200, 300), 368, 131005, 131031, 131037, 131042, 131044, 131045),
        *(133006, 133010),
    ],
    "window_closed": [131047],
    "not_reachable": [130403, 130497, 131026, 137000],
    "stop": [
        *(100, 130472, 130501, 131008, 131009, 131020, 131021, 131030, 131035, 131036, 131041, 131049, 131050, 131051),
        *(131052, 131053, 131055, 131059, 131060, 131062, 131063, 131064),
        *(code for code in range(131201, 131216) if code != 131208),
        *(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 133000, 133005, 134011),
        *(134100, 134102, *(code for code in range(138000, 138024) if code not in {138002, 138005})),
        *(*range(139000, 139005), *range(139100, 139104), 139200, *range(147001, 147006), 200005, 200006, 200007),
        *(2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2388318, 2388330),
        *(2388012, 2388091, 2388093, 2388103, 2494100, 2494191, 2593107, 2593108, 2593109, 1752041),
    ],
}
_ALL_MEANINGS = {
    *MEANINGS.values(),
    *(value for value in vars(errors).values() if isinstance(value, Meaning)),
    Meaning("media_expired", "retry"),
}


def test_every_documented_code_is_handled_as_decided() -> None:
    found: dict[str, set[int]] = {}
    for code, meaning in MEANINGS.items():
        found.setdefault(meaning.kind, set()).add(code)
    assert found == {kind: set(codes) for kind, codes in EXPECTED.items()}


def test_only_waiting_has_a_time() -> None:
    assert all((meaning.retry_in is not None) == (meaning.kind == "retry_after") for meaning in _ALL_MEANINGS)


def test_every_meaning_has_words_and_every_word_a_meaning() -> None:
    words = {code for code in registry.channel("whatsapp").manifest.errors if not code.startswith("reason_")}
    assert words == {meaning.code for meaning in _ALL_MEANINGS}


def test_a_templates_reasons_have_words() -> None:
    """Meta's codes for rejections and pauses, in lower case behind `reason_`; the console looks them up."""
    words = registry.channel("whatsapp").manifest.errors
    for code in ("ABUSIVE_CONTENT", "INCORRECT_CATEGORY", "INVALID_FORMAT", "PROMOTIONAL", "SCAM", "FIRST_PAUSE"):
        assert words[f"reason_{code.lower()}"].keys() == {"en", "ja"}, code


def test_one_name_is_handled_in_one_way() -> None:
    kinds: dict[str, set[tuple[str, float | None]]] = {}
    for meaning in _ALL_MEANINGS:
        kinds.setdefault(meaning.code, set()).add((meaning.kind, meaning.retry_in))
    assert {code: found for code, found in kinds.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    "status, transient, kind",
    [
        (400, False, "stop"),
        (400, True, "retry"),
        (401, False, "channel_down"),
        (403, False, "stop"),
        (429, False, "retry_after"),
        (500, False, "retry"),
        (503, True, "retry"),
    ],
)
def test_a_code_of_the_future_is_judged_by_its_answer(status: int, transient: bool, kind: str) -> None:
    assert meaning_of(424242, status, transient=transient).kind == kind

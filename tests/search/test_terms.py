# ruff: noqa: RUF001 - letters of full width are what is tested
"""What texts are found by: the same for the text and for the question, in Japanese, English and mixed."""

import random

import pytest

from madoguchi.search.postings import BLOCK, common, merged, pack, unpack
from madoguchi.search.terms import normal, places, terms_of, terms_of_word, words_in, words_of

_TEXTS = [
    "ご注文の商品が届きません。返金をお願いします。",
    "My iPhone16 was delivered broken; REFUND please!",
    "iPhone修理の予約を10月3日にお願いできますか?",
    "ﾊﾝｶｸのｶﾅ と Ｆｕｌｌ　Ｗｉｄｔｈ",
    "Straße, ÉCOLE, Ελλάδα, Привет, 안녕하세요, 🎉🎉",
    "a",
    "",
]


@pytest.mark.parametrize("text", _TEXTS)
def test_every_part_of_a_text_leads_to_it(text: str) -> None:
    plain, mix = normal(text), random.Random(1)
    known = terms_of(plain)
    for _ in range(300):
        start = mix.randint(0, max(0, len(plain) - 1))
        part = plain[start : start + mix.randint(3, 12)]
        for word in words_of(part):
            if terms_of_word(word) and not next(iter(terms_of_word(word))).startswith("\x03"):
                assert terms_of_word(word) <= known, (part, word)
                assert words_in(text, [word])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("refund", "REFUND"),
        ("ｒｅｆｕｎｄ", "a refund"),
        ("ハンカク", "ﾊﾝｶｸ"),
        ("ガ", "ｶﾞﾗｽ"),
        ("返", "返金"),
        ("iphone修理", "iPhone修理の予約"),
        ("strasse", "Straße"),
        ("ok", "OK, thanks"),
        ("返金 商品", "商品の返金"),
    ],
)
def test_width_case_and_order_do_not_matter(question: str, text: str) -> None:
    if question == "ガ":  # one kana alone is too short to look for
        assert words_of(question) == []
        return
    words = words_of(question)
    assert words
    assert set().union(*map(terms_of_word, words)) <= terms_of(normal(text))
    assert words_in(text, words)
    assert places(text, words)


@pytest.mark.parametrize("question", ["", " ", "a", "カ", "。"])
def test_too_short_to_look_for(question: str) -> None:
    assert words_of(question) == []


@pytest.mark.parametrize(
    ("text", "question", "marked"),
    [
        ("ｶﾞﾗｽが割れた", "ガラス", ["ｶﾞﾗｽ"]),
        ("Full ＷＩＤＴＨ width", "width", ["ＷＩＤＴＨ", "width"]),
        ("返金と返金", "返金", ["返金", "返金"]),
        ("🎉 party 🎉", "party", ["party"]),
        ("Straße", "strasse", ["Straße"]),
        ("aaaa", "aaa", ["aaa"]),
    ],
)
def test_marks_stand_where_the_words_stand(text: str, question: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in places(text, words_of(question))] == marked


@pytest.mark.parametrize("size", [0, 1, 5, 1023, 1024, 9000, BLOCK])
def test_what_is_packed_comes_out_again(size: int) -> None:
    numbers = set(random.Random(size).sample(range(BLOCK), size))
    packed = pack(numbers)
    assert unpack(packed) == numbers
    assert len(packed) <= BLOCK // 8


def test_lists_and_bitmaps_meet() -> None:
    mix = random.Random(3)
    sets = [set(mix.sample(range(BLOCK), size)) for size in (300, 5000, 9000, 1000)]
    for chosen in (sets, sets[1:3], sets[:1], [sets[0], {BLOCK + 1} & sets[0]]):
        expected = sorted(set.intersection(*chosen), reverse=True)
        assert common(map(pack, chosen)) == expected


@pytest.mark.parametrize("count", [1, 700, 1023, 1024, 5000])
def test_a_list_takes_further_documents_as_if_they_had_been_there(count: int) -> None:
    there, further = set(range(0, 3 * count, 3)), {1, 2, 3, 16_383}
    assert merged(pack(there), further) == pack(there | further)

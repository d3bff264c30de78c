"""Files as people have them: every encoding they come in, and what is broken in them."""

import codecs
from pathlib import Path

import pytest

from madoguchi.exchange.reading import find_delimiter, find_encoding, open_text, records

_TEXT = "氏名,電話番号,会社\r\n山田 花子,090-1111-0001,みなと珈琲\r\n髙橋 ①郎,+81 90 2222 0002,株式会社ソ能\r\n"


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content)
    return path


def _read(path: Path, encoding: str, delimiter: str = ",") -> list[tuple[int, list[str], str | None]]:
    with open_text(path, encoding) as file:
        return [tuple(record) for record in records(file, delimiter)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", _TEXT.encode()),
        ("utf-8", codecs.BOM_UTF8 + _TEXT.encode()),
        ("shift_jis", _TEXT.encode("cp932")),
        ("utf-16", _TEXT.encode("utf-16")),
        ("euc-jp", _TEXT.replace("髙", "高").replace("①", "一").encode("euc_jp")),
        ("iso-2022-jp", _TEXT.replace("髙", "高").replace("①", "一").encode("iso2022_jp")),
        ("windows-1252", "name;city\r\nZoë Müller;Zürich\r\nJosé Peña;São Paulo\r\n".encode("cp1252")),
        ("utf-8", b"name,phone\nplain,1\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, content: bytes) -> None:
    path = _file(tmp_path, content)
    assert find_encoding(path) == encoding
    rows = _read(path, encoding, find_delimiter(path, encoding))
    assert [len(cells) for _, cells, _ in rows] == [len(rows[0][1])] * len(rows)
    assert not any(fault for *_, fault in rows)
    assert not rows[0][1][0].startswith("\ufeff")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = _file(tmp_path, f"name{delimiter}note\nAnn{delimiter}a b c\nBob{delimiter}d\n".encode())
    assert find_delimiter(path, "utf-8") == delimiter


def test_a_broken_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    content = 'name,note\nAnn,"never closed\nBob,fine\n"Ce"ci,1\n"Dan\nDoe","two\nlines"\nEve,\n'
    found = _read(_file(tmp_path, content.encode()), "utf-8")
    assert found == [
        (1, ["name", "note"], None),
        (2, ['Ann,"never closed'], "quotes"),
        (3, ["Bob", "fine"], None),
        (4, ['"Ce"ci,1'], "quotes"),
        (5, ["Dan\nDoe", "two\nlines"], None),
        (8, ["Eve", ""], None),
    ]


def test_a_quote_that_is_open_to_the_end_of_a_long_file(tmp_path: Path) -> None:
    lines = ["name,note", 'Ann,"open', *(f"person {number},x" for number in range(1000))]
    found = _read(_file(tmp_path, "\n".join(lines).encode()), "utf-8")
    assert len(found) == 1002
    assert [line for line, _, fault in found if fault] == [2]


def test_bytes_that_the_encoding_does_not_know_are_a_fault_of_their_line(tmp_path: Path) -> None:
    content = "name\n山田\n".encode() + b"\xff\xfe broken\n" + "佐藤\n".encode()
    found = _read(_file(tmp_path, content), "utf-8")
    assert [(line, fault) for line, _, fault in found] == [(1, None), (2, None), (3, "undecoded"), (4, None)]


def test_blank_lines_are_nobody(tmp_path: Path) -> None:
    assert len(_read(_file(tmp_path, b"name,phone\n\n , \nAnn,1\n\r\n"), "utf-8")) == 2

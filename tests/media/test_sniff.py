"""What a file is, is decided by its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.media.dimensions import dimensions
from madoguchi.media.names import clean_name, disposition
from madoguchi.media.ranges import Unsatisfiable, parse_range
from madoguchi.media.sniff import content_type_of, matches, sniff
from tests.media import files

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (files.picture("PNG"), "image/png"),
        (files.picture("JPEG"), "image/jpeg"),
        (files.picture("JPEG"), "image/jpg"),
        (files.picture("WEBP"), "image/webp; q=1"),
        (files.picture("GIF"), "image/gif"),
        (files.PDF, "application/pdf"),
        (files.OGG, "audio/ogg; codecs=opus"),
        (files.MP4, "video/mp4"),
        (files.MP4, "audio/mp4"),
        (files.MP3, "audio/mpeg"),
        (files.word(), DOCX),
        (files.plain_zip(), "application/zip"),
        ("住所録, 名前\n".encode(), "text/csv"),
        (b'{"a": 1}', "application/json"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "text/vcard"),
        (files.SVG, "image/svg+xml"),
        (b"anything at all", "application/x-of-our-own"),
    ],
)
def test_what_is_what_it_says(content: bytes, said: str) -> None:
    assert matches(content, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (files.HTML, "image/png"),
        (files.HTML, "application/pdf"),
        (files.HTML, "audio/mpeg"),
        (files.SVG, "image/png"),
        (files.PROGRAM, "image/jpeg"),
        (files.PROGRAM, "text/plain"),
        (files.PROGRAM, DOCX),
        (files.picture("PNG"), "image/jpeg"),
        (files.picture("PNG"), "text/plain"),
        (files.PDF, "image/png"),
        (files.MP4, "image/gif"),
        (files.picture("PNG"), DOCX),
        (b"\x00\x01\x02\x03", "text/plain"),
        (b"no archive", DOCX),
        (b"no document", "application/msword"),
    ],
)
def test_what_is_not_what_it_says(content: bytes, said: str) -> None:
    assert not matches(content, said)


def test_the_bytes_win_over_the_words() -> None:
    assert content_type_of(files.picture("PNG"), "image/jpeg") == "image/png"
    assert content_type_of(files.MP4, "audio/mp4") == "audio/mp4"
    assert content_type_of(files.HTML, "image/png") == "text/plain"
    assert content_type_of(b"\x00\x01", None) == "application/octet-stream"
    assert content_type_of(files.PROGRAM, "image/png") == "application/vnd.microsoft.portable-executable"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (1200, 799)])
def test_width_and_height(kind: str, size: tuple[int, int]) -> None:
    assert dimensions(files.picture(kind, size), f"image/{kind.lower()}") == size


def test_width_and_height_as_shown() -> None:
    assert dimensions(files.turned_jpeg((40, 30)), "image/jpeg") == (30, 40)
    assert dimensions(files.picture("JPEG", (50, 20), progressive=True), "image/jpeg") == (50, 20)
    assert dimensions(files.picture("WEBP", (33, 21), lossless=True), "image/webp") == (33, 21)


@given(st.binary(max_size=300), st.sampled_from(["image/png", "image/jpeg", "image/gif", "image/webp"]))
def test_no_bytes_can_break_the_reading(content: bytes, content_type: str) -> None:
    for head in (b"", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1\x00\x20Exif\0\0II*\0"):
        dimensions(head + content, content_type)
        sniff(head + content)
        content_type_of(head + content, content_type)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\写真.jpg", "写真.jpg"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("..", ""),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text(max_size=80))
def test_no_name_can_break_out_of_the_header(name: str) -> None:
    header = disposition("inline", clean_name(name))
    header.encode("ascii")
    assert header.count('"') == 2
    assert "\n" not in header
    assert "\r" not in header


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=9-3", None),
        ("lines=1-2", None),
    ],
)
def test_ranges(header: str | None, part: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_ranges_behind_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, 100)


@pytest.mark.parametrize(
    "said", ["video/日本", "x/y\r\nSet-Cookie: a=b", "video/x y", "video", "a/b/c", "x" * 300 + "/y"]
)
def test_what_cannot_be_a_content_type_is_not_kept(said: str) -> None:
    """It is what a stranger's device says, and becomes a header of ours."""
    assert content_type_of(b"hello\x00\x01\x02\x03", said) == "application/octet-stream"

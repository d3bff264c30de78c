"""What a browser records becomes a voice note without any program from outside: WebM in, Ogg out."""

import struct
from collections.abc import Iterator

import pytest

from madoguchi.media import ogg, webm

HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 48_000, 0, 0)
# 20 ms each: CELT, one frame; contents of any length.
PACKETS = [bytes([0xF8 | 3 & 0]) + bytes([n % 251]) * (n * 7 % 600) for n in range(130)]


def number(value: int, length: int = 8) -> bytes:
    return (value | 1 << 7 * length).to_bytes(length, "big")


def element(kind: int, *parts: bytes, known: bool = True) -> bytes:
    inside = b"".join(parts)
    head = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    return head + (number(len(inside)) if known else b"\x01" + b"\xff" * 7) + inside


def track(codec: bytes = b"A_OPUS", n: int = 1) -> bytes:
    return element(0xAE, element(0xD7, bytes([n])), element(0x86, codec), element(0x63A2, HEAD))


def block(packet: bytes, flags: int = 0x80, n: int = 1) -> bytes:
    return element(0xA3, number(n, 1), b"\0\0", bytes([flags]), packet)


def recording(packets: list[bytes], *, tracks: bytes = b"", known: bool = False) -> bytes:
    clusters = [
        element(0x1F43B675, element(0xE7, b"\0"), *map(block, packets[at : at + 40]), known=known)
        for at in range(0, len(packets), 40)
    ]
    whole = element(0x18538067, element(0x1654AE6B, tracks or track()), *clusters, known=known)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + whole


def pages(data: bytes) -> Iterator[tuple[int, int, list[bytes]]]:
    """(flags, position, packets) of each page, with its checksum checked."""
    at = 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        flags, position, _, _, crc = struct.unpack_from("<BqIII", data, at + 5)
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        start = at + 27 + len(lacing)
        page = data[at : start + sum(lacing)]
        assert ogg.checksum(page[:22] + bytes(4) + page[26:]) == crc
        yield flags, position, list(packets_of(lacing, data[start : start + sum(lacing)]))
        at = start + sum(lacing)


def packets_of(lacing: bytes, content: bytes) -> Iterator[bytes]:
    at = length = 0
    for each in lacing:
        length += each
        if each < 255:
            yield content[at : at + length]
            at, length = at + length, 0


@pytest.mark.parametrize("known", [True, False])
def test_every_packet_arrives_in_order(known: bool) -> None:
    sound = webm.read_opus(recording(PACKETS, known=known))
    assert (sound.private, sound.packets) == (HEAD, PACKETS)
    made = b"".join(ogg.write_opus(sound.packets, ogg.opus_head(sound.private)))
    first, tags, *rest = pages(made)
    assert (first[0], ogg.opus_head(first[2][0])) == (2, ogg.OpusHead(1, 312))
    assert tags[2][0].startswith(b"OpusTags")
    assert [packet for page in rest for packet in page[2]] == PACKETS
    assert (rest[-1][0], rest[-1][1]) == (4, 130 * 960)
    assert [page[0] for page in rest[:-1]] == [0] * (len(rest) - 1)


def test_a_recording_that_was_cut_off_keeps_what_was_said() -> None:
    whole = recording(PACKETS)
    kept = webm.read_opus(whole[:-500]).packets
    assert kept == PACKETS[: len(kept)]
    assert 0 < len(kept) < len(PACKETS)


def test_grouped_blocks_are_read() -> None:
    group = element(0xA0, element(0xA1, number(1, 1), b"\0\0\0", PACKETS[5]))
    cluster = element(0x1F43B675, group)
    data = element(0x1A45DFA3) + element(0x18538067, element(0x1654AE6B, track()), cluster)
    assert webm.read_opus(data).packets == [PACKETS[5]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF....",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3" + b"\0" * 40,
        recording([]),
        recording(PACKETS[:2], tracks=track(b"A_VORBIS")),
        recording(PACKETS[:2], tracks=track() + track(b"V_VP8", 2)),
        element(0x1A45DFA3)
        + element(0x18538067, element(0x1654AE6B, track()), element(0x1F43B675, block(b"x", flags=0x02))),
    ],
)
def test_anything_else_is_no_recording(data: bytes) -> None:
    with pytest.raises(webm.NotWebm):
        webm.read_opus(data)


def test_two_channels_are_mixed_by_the_player() -> None:
    made = b"".join(ogg.write_opus(PACKETS, ogg.opus_head(HEAD)))
    stereo = bytearray(made)
    stereo[28 + 9] = 2
    mono = ogg.to_mono(bytes(stereo))
    assert mono == made
    assert ogg.read_head(mono) == ogg.OpusHead(1, 312)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (b"", 0),
        (bytes([0 << 3]), 480),
        (bytes([3 << 3]), 2880),
        (bytes([12 << 3]), 480),
        (bytes([15 << 3]), 960),
        (bytes([16 << 3]), 120),
        (bytes([31 << 3]), 960),
        (bytes([31 << 3 | 1]), 1920),
        (bytes([31 << 3 | 2]), 1920),
        (bytes([31 << 3 | 3, 5]), 4800),
        (bytes([31 << 3 | 3]), 0),
    ],
)
def test_how_long_a_packet_plays(packet: bytes, expected: int) -> None:
    assert ogg.samples(packet) == expected

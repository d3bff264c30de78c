"""Pictures made acceptable: really decoded, turned upright, in another format, smaller. Runs in a thread."""

import io
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

# What a bomb would unpack to; a camera of today makes 50 million.
_MOST_PIXELS = 64_000_000
_MOST_STILL = 16_000_000  # a logo; decoded in the web process
_LONGEST_SIDE = 4096
_QUALITIES = (90, 80, 70, 60)
_SCALES = 8
_STICKER = (512, 512)
_READABLE = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class Unreadable(Exception):  # noqa: N818 - a fact about a file
    """`rule` says why: broken, too_many_pixels, unknown."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Converted:
    def __init__(self, data: bytes, form: str, size: tuple[int, int]) -> None:
        self.data = data
        self.content_type = _TYPES[form]
        self.width, self.height = size


def acceptable(data: bytes, rules: Mapping[str, Any], *, sticker: bool) -> Converted | None:
    """The same picture within `rules`; None when it is already. Raises Unreadable."""
    picture, form = _open(data)
    moving = getattr(picture, "n_frames", 1) > 1
    most = rules["max_bytes"] if moving or not sticker else rules.get("still_max_bytes", rules["max_bytes"])
    if _TYPES.get(form) in rules["content_types"] and len(data) <= most and picture.mode in rules["modes"]:
        return None
    if sticker and moving:
        return None  # nothing here makes a moving sticker smaller: the channel's check says how large it may be
    upright = ImageOps.exif_transpose(picture)
    if sticker:
        return _first_that_fits(_stickers(upright), most)
    return _first_that_fits(_pictures(upright, rules), most)


def as_png(data: bytes, side: int) -> bytes:
    """A still picture of at most `side` pixels each way, without anything else the file held. Raises Unreadable."""
    picture, _ = _open(data, ("JPEG", "PNG", "WEBP"), most_pixels=_MOST_STILL)
    try:
        ImageOps.exif_transpose(picture, in_place=True)
        # Before it is made smaller: a palette has nothing between two colours.
        plain = picture.convert("RGBA")
        plain.thumbnail((side, side))
    except Exception as error:
        raise Unreadable("broken") from error
    plain.info.clear()
    return _saved(plain, "PNG", optimize=True).data


def _open(
    data: bytes, formats: tuple[str, ...] = _READABLE, *, most_pixels: int = _MOST_PIXELS
) -> tuple[Image.Image, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(data), formats=formats)
            if picture.width * picture.height > most_pixels:
                raise Unreadable("too_many_pixels")
            picture.load()
        except Unreadable:
            raise
        except Image.DecompressionBombError as error:
            raise Unreadable("too_many_pixels") from error
        except UnidentifiedImageError as error:
            raise Unreadable("unknown") from error
        # Whatever a decoder stumbles over in a stranger's file.
        except Exception as error:
            raise Unreadable("broken") from error
    return picture, str(picture.format)


def _pictures(picture: Image.Image, rules: Mapping[str, Any]) -> Iterator[Converted]:
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    transparent = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    if transparent and "image/png" in rules["content_types"]:
        yield _saved(picture.convert("RGBA"), "PNG", optimize=True)
    flat = _on_white(picture) if transparent else picture.convert("RGB")
    for _ in range(_SCALES):
        for quality in _QUALITIES:
            yield _saved(flat, "JPEG", quality=quality, optimize=True)
        flat = flat.resize((max(1, flat.width * 3 // 4), max(1, flat.height * 3 // 4)))


def _on_white(picture: Image.Image) -> Image.Image:
    whole = picture.convert("RGBA")
    ground = Image.new("RGBA", whole.size, "white")
    return Image.alpha_composite(ground, whole).convert("RGB")


def _stickers(picture: Image.Image) -> Iterator[Converted]:
    whole = ImageOps.pad(picture.convert("RGBA"), _STICKER, color=(0, 0, 0, 0))
    for quality in (*_QUALITIES, 40, 20):
        yield _saved(whole, "WEBP", quality=quality)


def _saved(picture: Image.Image, form: str, **options: Any) -> Converted:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return Converted(out.getvalue(), form, picture.size)


def _first_that_fits(candidates: Iterator[Converted], most: int) -> Converted | None:
    return next((each for each in candidates if len(each.data) <= most), None)

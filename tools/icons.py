"""Draws the console's icons as PNGs from the one drawing below, which is `console/public/icon.svg`.

python tools/icons.py     # writes console/public/icons/
"""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "console" / "public" / "icons"
_BLUE, _WHITE, _CLEAR = (0x24, 0x50, 0x8C, 255), (255, 255, 255, 255), (0, 0, 0, 0)
_GRID = 32
# Drawn this many times larger and made smaller: smooth edges.
_FINE = 4


def window(size: int, *, ground: tuple[int, int, int, int], corner: float, scale: float) -> Image.Image:
    """The window of a counter; `scale` leaves room around it, which masks may cut off."""
    whole = size * _FINE
    image = Image.new("RGBA", (whole, whole), _CLEAR)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, whole - 1, whole - 1), radius=corner * whole / _GRID, fill=ground)
    unit = whole / _GRID * scale
    shift = whole * (1 - scale) / 2

    def at(value: float) -> float:
        return shift + value * unit

    width = 2.6 * unit
    half = width / 2
    draw.arc((at(8) - half, at(5) - half, at(24) + half, at(21) + half), 180, 360, fill=_WHITE, width=round(width))
    for x in (8, 24):
        draw.rectangle((at(x) - half, at(13), at(x) + half, at(24)), fill=_WHITE)
    draw.rounded_rectangle((at(6) - half, at(24) - half, at(26) + half, at(24) + half), radius=half, fill=_WHITE)
    draw.ellipse((at(13.4), at(13.9), at(18.6), at(19.1)), fill=_WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def icons() -> dict[str, Image.Image]:
    return {
        "icon-192.png": window(192, ground=_BLUE, corner=8, scale=1),
        "icon-512.png": window(512, ground=_BLUE, corner=8, scale=1),
        # Whatever shape a phone cuts out lies within the middle four fifths.
        "maskable-512.png": window(512, ground=_BLUE, corner=0, scale=0.72),
        "apple-touch-icon.png": window(180, ground=_BLUE, corner=0, scale=0.86),
        "badge-96.png": window(96, ground=_CLEAR, corner=0, scale=1),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, image in icons().items():
        image.quantize(32).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()

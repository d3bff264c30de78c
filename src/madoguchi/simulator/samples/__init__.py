"""Sample media made by our own code, so that no binary lies in the repository.

`make(name)` gives (bytes, MIME type, file name); NAMES lists what there is.
"""

from collections.abc import Callable
from functools import cache

from madoguchi.simulator.samples import documents, pictures, sound, sticker, video

Sample = tuple[bytes, str, str]

_MAKERS: dict[str, Callable[[], Sample]] = {
    "image": lambda: (pictures.coffee(), "image/png", "coffee.png"),
    "harbour": lambda: (pictures.harbour(), "image/png", "harbour.png"),
    "video": lambda: (video.sunrise(), "video/mp4", "sunrise.mp4"),
    "voice": lambda: (sound.ogg_opus(4.0), "audio/ogg; codecs=opus", "voice.ogg"),
    "audio": lambda: (sound.ogg_opus(9.0), "audio/ogg", "audio.ogg"),
    "document": lambda: (documents.order_form(), "application/pdf", "order-form.pdf"),
    "sticker": lambda: (sticker.smiling_cup(), "image/webp", "cup.webp"),
}
NAMES = tuple(_MAKERS)


@cache
def make(name: str) -> Sample:
    """Raises KeyError for a name not in NAMES."""
    return _MAKERS[name]()

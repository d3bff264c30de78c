"""Files as the API shows them."""

from uuid import UUID

from msgspec import Struct

from madoguchi.core.times import Timestamp


class MediaOut(Struct):
    """`width` and `height` in pixels, for pictures. `url` is this server's and needs a session or a token."""

    id: UUID
    name: str
    content_type: str
    size: int | None
    state: str
    width: int | None
    height: int | None
    url: str
    created_at: Timestamp

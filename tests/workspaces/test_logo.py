"""The logo: a picture is decoded and made anew, everything else is refused, whoever looks gets it without signing in."""

import io

import pytest
from PIL import Image, PngImagePlugin

from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>"""


def picture(form: str = "PNG", size: tuple[int, int] = (900, 600)) -> bytes:
    out = io.BytesIO()
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Comment", "<script>alert(1)</script>")
    Image.new("RGB", size, (200, 30, 60)).save(out, form, **({"pnginfo": hidden} if form == "PNG" else {}))
    return out.getvalue()


def named(data: bytes, content_type: str = "image/png") -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("logo", data, content_type)}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_made_anew_and_shown_to_anybody(web: Web, workspace: Workspace, form: str) -> None:
    owner, stranger = await web.client(workspace.owner), await web.client()
    set_ = await owner.put("workspace/logo", files=named(picture(form)))
    assert set_.status_code == 200, set_.text
    address = set_.json()["logo"]
    assert (await owner.get("workspace")).json()["logo"] == address
    assert (await owner.get("me")).json()["workspace"]["logo"] == address
    shown = await stranger.get(f"{web.url}{address}")
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "immutable" in shown.headers["cache-control"]
    assert b"script" not in shown.content
    made = Image.open(io.BytesIO(shown.content))
    assert (made.format, max(made.size)) == ("PNG", 256)


async def test_another_logo_has_another_address_and_a_removed_one_none(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    first = (await owner.put("workspace/logo", files=named(picture(size=(9, 9))))).json()["logo"]
    second = (await owner.put("workspace/logo", files=named(picture(size=(8, 9))))).json()["logo"]
    assert first != second
    assert (await owner.get(f"{web.url}{first}")).status_code == 404
    assert (await owner.get(f"{web.url}{second}")).status_code == 200
    for _ in range(2):
        assert (await owner.delete("workspace/logo")).status_code == 204
    assert (await owner.get(f"{web.url}{second}")).status_code == 404
    assert (await owner.get("workspace")).json()["logo"] is None


@pytest.mark.parametrize(
    "data",
    [SVG, b"", b"GIF89a", picture()[:300], b"<html></html>" + picture()],
    ids=["svg with a script", "nothing", "no picture", "cut off", "a page"],
)
async def test_what_is_no_picture_is_refused(web: Web, workspace: Workspace, data: bytes) -> None:
    owner = await web.client(workspace.owner)
    kept = (await owner.put("workspace/logo", files=named(picture(size=(9, 9))))).json()["logo"]
    refused = await owner.put("workspace/logo", files=named(data))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")
    assert (await owner.get("workspace")).json()["logo"] == kept


async def test_one_that_is_too_large_is_refused(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    refused = await owner.put("workspace/logo", files=named(bytes(2 * 1024 * 1024 + 1)))
    assert refused.status_code == 413


async def test_only_owners_change_it(web: Web, workspace: Workspace, database: Database) -> None:
    for person in (workspace.supervisor, workspace.agent):
        client = await web.client(person)
        assert (await client.put("workspace/logo", files=named(picture()))).status_code == 403
        assert (await client.delete("workspace/logo")).status_code == 403
    async with database.workspace(workspace.id) as tx:
        assert await (await tx.execute("SELECT 1 FROM workspace_logos")).fetchone() is None

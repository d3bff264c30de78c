"""Files go up and down as streams, and never become a page of ours."""

import asyncio
from pathlib import Path

import httpx
import pytest

from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.media import intake
from tests.media import files
from tests.support.web import Web
from tests.support.world import Workspace


async def upload(
    client: httpx.AsyncClient,
    content: bytes,
    content_type: str = "image/png",
    name: str = "p.png",
    key: str | None = None,
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("media", files={"file": (name, content, content_type)}, headers=headers)


def stored_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


async def test_up_and_down(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.agent)
    content = files.picture("PNG", (640, 480))
    made = await upload(client, content, name="メニュー.png")
    assert made.status_code == 201, made.text
    media = made.json()
    assert (media["width"], media["height"], media["size"]) == (640, 480, len(content))
    assert media["state"] == "stored"
    down = await client.get(f"{web.url}{media['url']}")
    assert down.content == content
    assert down.headers["content-type"] == "image/png"
    assert down.headers["content-disposition"].startswith("inline;")
    assert "%E3%83%A1" in down.headers["content-disposition"]
    assert down.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in down.headers["content-security-policy"]
    assert down.headers["cache-control"].startswith("private")
    saved = await client.get(f"media/{media['id']}", params={"download": True})
    assert saved.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("content", "content_type", "disposition"),
    [
        (files.SVG, "image/svg+xml", "attachment"),
        (files.HTML, "text/html", "attachment"),
        (files.PDF, "application/pdf", "attachment"),
        (files.OGG, "audio/ogg", "inline"),
        (files.MP4, "video/mp4", "inline"),
    ],
    ids=["svg", "html", "pdf", "ogg", "mp4"],
)
async def test_only_what_is_safe_is_shown(
    web: Web, workspace: Workspace, content: bytes, content_type: str, disposition: str
) -> None:
    client = await web.client(workspace.agent)
    media = (await upload(client, content, content_type)).json()
    down = await client.get(f"media/{media['id']}")
    assert down.headers["content-disposition"].startswith(disposition)
    assert down.headers["content-type"].startswith(content_type)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(files.HTML, "image/png"), (files.PROGRAM, "application/pdf"), (b"", "image/png"), (b"", "text/plain")],
    ids=["page", "program", "empty picture", "empty text"],
)
async def test_an_upload_is_what_it_says(
    web: Web, workspace: Workspace, tmp_path: Path, content: bytes, content_type: str
) -> None:
    answer = await upload(await web.client(workspace.agent), content, content_type)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    assert stored_files(tmp_path) == []


async def test_a_file_that_is_too_large(
    web: Web, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.take, "__kwdefaults__", {"most": 300_000})
    answer = await upload(await web.client(workspace.agent), b"a" * 2_000_000, "text/plain", "a.txt")
    assert answer.status_code == 413, answer.text
    assert answer.json()["max_bytes"] == 300_000
    assert stored_files(tmp_path) == []


async def test_a_length_beyond_all_limits_is_refused_unread(web: Web, workspace: Workspace) -> None:
    host, _, port = web.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /api/v1/media HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {workspace.agent.token}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {200 * 1024 * 1024}\r\n\r\n--b\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert answer.split()[1] == b"413"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"nothing of the kind", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncut o',
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_an_upload_that_cannot_be_read(
    web: Web, workspace: Workspace, tmp_path: Path, body: bytes, content_type: str
) -> None:
    client = await web.client(workspace.agent)
    answer = await client.post("media", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    assert stored_files(tmp_path) == []


async def test_a_player_can_seek(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.agent)
    content = files.MP4 + bytes(range(256)) * 10_000
    media = (await upload(client, content, "video/mp4", "v.mp4")).json()
    address = f"media/{media['id']}"
    whole = await client.get(address)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    assert whole.content == content
    part = await client.get(address, headers={"Range": "bytes=1000-1200000"})
    assert part.status_code == 206
    assert part.content == content[1000:1200001]
    assert part.headers["content-range"] == f"bytes 1000-1200000/{len(content)}"
    assert (await client.get(address, headers={"Range": "bytes=-5"})).content == content[-5:]
    behind = await client.get(address, headers={"Range": f"bytes={len(content)}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(content)}")


async def test_nobody_without_a_right_gets_a_file(web: Web, workspace: Workspace) -> None:
    media = (await upload(await web.client(workspace.agent), files.picture("PNG"))).json()
    assert (await (await web.client()).get(f"media/{media['id']}")).status_code == 401
    assert (await (await web.client(workspace.agent)).get(f"media/{new_id()}")).status_code == 404
    assert (await upload(await web.client(), files.picture("PNG"))).status_code == 401


async def test_the_same_upload_twice_is_one(web: Web, workspace: Workspace, tmp_path: Path, database: Database) -> None:
    client = await web.client(workspace.agent)
    content = files.picture("PNG")
    answers = await asyncio.gather(*(upload(client, content, key="one") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(stored_files(tmp_path)) == 1
    other = await upload(client, files.picture("PNG", (2, 2)), key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(stored_files(tmp_path)) == 1
    async with database.system() as tx:
        assert len(await (await tx.execute("SELECT 1 FROM media")).fetchall()) == 1


@pytest.mark.parametrize(("state", "status"), [("pending", 409), ("failed", 409), ("expired", 404)])
async def test_a_file_that_is_not_here_says_why(
    web: Web, workspace: Workspace, database: Database, state: str, status: int
) -> None:
    client = await web.client(workspace.agent)
    media = (await upload(client, files.picture("PNG"))).json()
    async with database.system() as tx:
        await tx.execute("UPDATE media SET state = %s", (state,))
    answer = await client.get(f"media/{media['id']}")
    assert (answer.status_code, answer.json()["state"]) == (status, state)


async def test_a_file_that_the_storage_lost(web: Web, workspace: Workspace, tmp_path: Path) -> None:
    client = await web.client(workspace.agent)
    media = (await upload(client, files.picture("PNG"))).json()
    for path in stored_files(tmp_path):
        path.unlink()
    answer = await client.get(f"media/{media['id']}")
    assert (answer.status_code, answer.json()["state"]) == (404, "lost")

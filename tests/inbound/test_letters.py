"""What the console gets of letters: a page for its frame, the subject, a topic parted from an old thread."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.media.jobs import do_fetch
from tests.inbound.conftest import Pipeline
from tests.support.live import Client, running_programs
from tests.support.mail import mail
from tests.support.world import Workspace, make_mailbox

_RFC822 = {"content-type": "message/rfc822"}
_HTML = """--B
Content-Type: text/html; charset=utf-8

<p onclick="x()">Look <img src="cid:cup@x"> and <img src="https://far.example/pixel.gif?a=1&amp;b=2"></p>
<script>alert(1)</script><div class="gmail_quote">On Monday you wrote</div>
--B
Content-Type: image/png; name=cup.png
Content-ID: <cup@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--B--
"""


@pytest.fixture
async def mailbox(context: Context, workspace: Workspace) -> InboxConfig:
    return await make_mailbox(context.db, workspace.id)


@pytest.fixture
async def emma(context: Context, workspace: Workspace) -> AsyncIterator[Client]:
    async with running_programs(context) as web:
        yield web.client(workspace.agent)


async def _arrive(pipeline: Pipeline, mailbox: InboxConfig, *mails: bytes) -> None:
    for raw in mails:
        assert await pipeline.post(mailbox, raw, _RFC822) == 200
        await pipeline.process()


async def test_a_page_runs_nothing_and_fetches_nothing_until_asked(
    pipeline: Pipeline, mailbox: InboxConfig, context: Context, workspace: Workspace
) -> None:
    await _arrive(pipeline, mailbox, mail(_HTML, Content_Type="multipart/related; boundary=B"))
    media = await pipeline.one("SELECT * FROM media")
    await do_fetch(context, media["workspace_id"], media["id"])
    message = await pipeline.one("SELECT * FROM messages")
    async with running_programs(context) as web:
        headers = {"Authorization": f"Bearer {workspace.agent.token}"}
        address = f"{web.base}/api/v1/messages/{message['id']}/page"
        async with web.session.get(address, headers=headers) as answer:
            page, policy = await answer.text(), answer.headers["content-security-policy"]
            assert (answer.status, answer.headers["x-frame-options"]) == (200, "SAMEORIGIN")
        async with web.session.get(address + "?remote=true", headers=headers) as answer:
            asked, wider = await answer.text(), answer.headers["content-security-policy"]
        async with web.session.get(address) as answer:
            assert answer.status == 401
    assert "alert" not in page
    assert "onclick" not in page
    assert f'src="/api/v1/media/{media["id"]}"' in page
    assert 'data-remote="https://far.example/pixel.gif?a=1&amp;b=2"' in page
    assert ' src="https://far.example/pixel.gif?a=1&amp;b=2"' in asked
    assert '<div class="mdg-quoted">' in page
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    assert "default-src 'none'" in policy
    assert "img-src 'self' data: https: http:" in wider


async def test_lists_say_that_there_is_a_page_and_leave_it_out(
    pipeline: Pipeline, mailbox: InboxConfig, emma: Client
) -> None:
    plain = mail("Hello", Message_ID="<2@x>", In_Reply_To="<1@x>")
    html = mail("<p>Look</p>", Content_Type="text/html", Message_ID="<3@x>", In_Reply_To="<2@x>")
    rich = mail(_HTML, Content_Type="multipart/related; boundary=B", Message_ID="<1@x>")
    await _arrive(pipeline, mailbox, rich, plain, html)
    [thread] = (await emma.get("/conversations")).body["items"]
    items = (await emma.get(f"/conversations/{thread['id']}/messages")).body["items"]
    pages = [each["data"].get("page") for each in reversed(items)]
    assert pages == [{"quotes": True, "remote": True}, None, {"quotes": False, "remote": False}]
    assert all(not each["data"].get("html") for each in items)
    whole = [(await emma.get(f"/messages/{each['id']}")).body["data"] for each in reversed(items)]
    assert [each.get("page") for each in whole] == pages
    assert whole[2]["html"] == "<p>Look</p>"


async def test_what_has_no_html_has_no_page(pipeline: Pipeline, mailbox: InboxConfig, emma: Client) -> None:
    await _arrive(pipeline, mailbox, mail("Hello"))
    message = await pipeline.one("SELECT id FROM messages")
    assert (await emma.get(f"/messages/{message['id']}/page")).status == 404


async def test_another_topic_gets_a_conversation_of_its_own(
    pipeline: Pipeline, mailbox: InboxConfig, emma: Client
) -> None:
    await _arrive(
        pipeline,
        mailbox,
        mail("When do you open?"),
        mail("A cup broke", Message_ID="<2@x>", In_Reply_To="<first@example.jp>", Subject="A broken cup"),
        mail("And a plate", Message_ID="<3@x>", References="<first@example.jp> <2@x>", Subject="Re: A broken cup"),
    )
    (old,) = (await emma.get("/conversations")).body["items"]
    assert (old["subject"], old["unread"]) == ("Opening hours", 3)
    _, cup, _ = sorted((await emma.get(f"/conversations/{old['id']}/messages")).body["items"], key=lambda m: m["id"])
    made = await emma.post(f"/conversations/{old['id']}/split", {"message_id": cup["id"]})
    assert (made.status, made.body["subject"], made.body["unread"]) == (201, "A broken cup", 2)
    assert made.body["last_message"]["text"] == "And a plate"
    first = (await emma.get(f"/conversations/{made.body['id']}/messages")).body["items"][-1]
    assert "other_subject" not in first["data"]
    await _arrive(
        pipeline,
        mailbox,
        mail("Well?", Message_ID="<4@x>", References="<first@example.jp> <2@x> <3@x>", Subject="Re: A broken cup"),
        mail("Thanks", Message_ID="<5@x>", In_Reply_To="<first@example.jp>", Subject="Re: Opening hours"),
    )
    texts = {
        each: [m["text"] for m in (await emma.get(f"/conversations/{each}/messages")).body["items"] if m["text"]]
        for each in (old["id"], made.body["id"])
    }
    assert texts == {
        old["id"]: ["Thanks", "When do you open?"],
        made.body["id"]: ["Well?", "And a plate", "A cup broke"],
    }
    notices = [
        m["data"]["system"]
        for m in (await emma.get(f"/conversations/{old['id']}/messages")).body["items"]
        if m["type"] == "system"
    ]
    assert [(n["kind"], n["into"], n["subject"]) for n in notices] == [("split", made.body["id"], "A broken cup")]


async def test_where_nothing_can_be_parted(
    pipeline: Pipeline, mailbox: InboxConfig, emma: Client, context: Context, workspace: Workspace
) -> None:
    await _arrive(
        pipeline, mailbox, mail("When do you open?"), mail("Hm", Message_ID="<2@x>", In_Reply_To="<first@example.jp>")
    )
    (old,) = (await emma.get("/conversations")).body["items"]
    later, first = (await emma.get(f"/conversations/{old['id']}/messages")).body["items"]
    whole = await emma.post(f"/conversations/{old['id']}/split", {"message_id": first["id"]})
    assert (whole.status, whole.body["code"]) == (409, "conflict")
    strange = await emma.post(f"/conversations/{old['id']}/split", {"message_id": old["id"]})
    assert (strange.status, strange.body["errors"][0]["field"]) == (422, "message_id")
    async with running_programs(context) as web:
        ken = web.client(workspace.owner)
        assert (await ken.post(f"/conversations/{old['id']}/claim")).status == 200
    theirs = await emma.post(f"/conversations/{old['id']}/split", {"message_id": later["id"]})
    assert (theirs.status, theirs.body["code"]) == (409, "not_assignee")
    assert len((await emma.get("/conversations")).body["items"]) == 1

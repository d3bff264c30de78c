"""A file of contacts goes in, tells what became of each row, and comes out again."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.exchange import batches, jobs
from madoguchi.exchange.run import run
from tests.support.threads import make_thread
from tests.support.web import Web
from tests.support.world import Workspace

Json = dict[str, Any]


@pytest.fixture
async def ken(web: Web, workspace: Workspace) -> httpx.AsyncClient:
    return await web.client(workspace.supervisor)


class Desk:
    """Imports as a supervisor makes them; the background's work is done when it is asked for."""

    def __init__(self, context: Context, workspace: Workspace, ken: httpx.AsyncClient) -> None:
        self.context = context
        self.workspace = workspace
        self.ken = ken

    async def upload(self, content: bytes | str, name: str = "people.csv") -> Json:
        body = content if isinstance(content, bytes) else content.encode()
        answer = await self.ken.post("contact-imports", files={"file": (name, body, "text/csv")})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def start(self, content: bytes | str, known: str = "fill", **more: Any) -> str:
        found = await self.upload(content)
        preview = (await self.ken.get(f"contact-imports/{found['id']}/preview")).json()
        chosen = {name: preview[name] for name in ("encoding", "delimiter", "mapping")}
        answer = await self.ken.post(f"contact-imports/{found['id']}/start", json={**chosen, "known": known, **more})
        assert answer.status_code == 200, answer.text
        return str(found["id"])

    async def run(self, import_id: str) -> Json:
        await run(self.context, self.workspace.id, UUID(import_id))
        return dict((await self.ken.get(f"contact-imports/{import_id}")).json())

    async def bring_in(self, content: bytes | str, known: str = "fill", **more: Any) -> Json:
        return await self.run(await self.start(content, known, **more))

    async def undo(self, import_id: str) -> Json:
        answer = await self.ken.post(f"contact-imports/{import_id}/undo")
        assert answer.status_code == 200, answer.text
        return await self.run(import_id)

    async def rejected(self, import_id: str) -> list[Json]:
        return list(
            (await self.ken.get(f"contact-imports/{import_id}/rejected", params={"limit": 200})).json()["items"]
        )

    async def contacts(self) -> list[Json]:
        found = (await self.ken.get("contacts", params={"limit": 200})).json()["items"]
        return sorted(found, key=lambda each: str(each["name"]))


@pytest.fixture
async def desk(context: Context, workspace: Workspace, ken: httpx.AsyncClient, web: Web) -> Desk:
    aoi = await web.client(workspace.owner)
    assert (await aoi.patch("workspace", json={"country": "JP"})).status_code == 200
    for body in (
        {"key": "member_since", "label": "会員登録日", "type": "date"},
        {"key": "points", "label": "Points", "type": "number"},
    ):
        assert (await ken.post("attributes", json=body)).status_code == 201
    return Desk(context, workspace, ken)


def counts(found: Json) -> tuple[int, int, int, int]:
    return found["created"], found["updated"], found["skipped"], found["rejected"]


FILE = "氏名,電話番号,メールアドレス,会社名,言語,ラベル,会員登録日,備考\n"


async def test_people_come_in_with_everything_the_file_says(desk: Desk, inbox: InboxConfig) -> None:
    rows = "山田 花子,090-1111-0001,Hanako@Example.jp,みなと商事,ja,常連、VIP,2024/4/1,x\n,+44 20 7946 0958,,,,,,\n"
    found = await desk.bring_in((FILE + rows).encode("cp932"))
    assert (found["state"], found["encoding"], counts(found)) == ("done", "shift_jis", (2, 0, 0, 0))
    nobody, hanako = await desk.contacts()
    assert hanako["name"] == "山田 花子"
    assert {(each["kind"], each["value"]) for each in hanako["identities"]} == {
        ("phone", "819011110001"),
        ("address", "hanako@example.jp"),
    }
    assert hanako["company"]["name"] == "みなと商事"
    assert (hanako["locale"], hanako["labels"]) == ("ja", ["常連", "VIP"])
    assert hanako["attributes"] == {"member_since": "2024-04-01"}
    assert [each["value"] for each in nobody["identities"]] == ["442079460958"]
    assert inbox.channel in {each["channel"] for each in hanako["identities"]}, "the channel there is an inbox of"


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (f"{'長' * 201},,,,,,,", "long", "氏名"),
        ("A,12,,,,,,", "phone", "電話番号"),
        ("A,,not an address,,,,,", "address", "メールアドレス"),
        ("A,,,,Japanese!,,,", "locale", "言語"),
        (f"A,,,,,{'l' * 61},,", "long", "ラベル"),
        ("A,,,,,,next week,", "attribute", "会員登録日"),
        ("A,,,,,,,,ninth", "columns", ""),
        (",,,,,,,only a remark", "nobody", ""),
        ('A,"open,,,,,,', "quotes", ""),
        ("A\x00B,,,,,,,", "control", ""),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
async def test_a_row_that_cannot_be_taken_says_where_and_why(desk: Desk, row: str, code: str, column: str) -> None:
    found = await desk.bring_in(f"{FILE}Good,,,,,,,\n{row}\nAlso good,,,,,,,\n")
    assert counts(found) == (2, 0, 0, 1)
    [told] = await desk.rejected(found["id"])
    assert (told["line"], told["code"], told["column"]) == (3, code, column)
    assert told["message"]
    assert told["cells"][0][:1] in row


async def test_what_customers_write_into_their_names_stays_text(desk: Desk) -> None:
    names = ["<script>alert(1)</script>", "\u202eأحمد\u202c", "a\u200bb", "=HYPERLINK(1)", "Müller 🎉"]
    await desk.bring_in("name\n" + "\n".join(names) + "\n")
    assert sorted(each["name"] for each in await desk.contacts()) == sorted(names)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("skip", ("Hanako", ["old"], {"points": 1}, (0, 0, 1, 0))),
        ("fill", ("Hanako", ["old", "new"], {"points": 1, "member_since": "2024-01-02"}, (0, 1, 0, 0))),
        ("overwrite", ("花子", ["old", "new"], {"points": 7, "member_since": "2024-01-02"}, (0, 1, 0, 0))),
    ],
)
async def test_whom_we_know(desk: Desk, inbox: InboxConfig, known: str, expected: tuple[Any, ...]) -> None:
    identity = {"channel": inbox.channel, "kind": "phone", "value": "819011110001"}
    there = {"name": "Hanako", "labels": ["old"], "attributes": {"points": 1}, "identities": [identity]}
    await desk.ken.post("contacts", json=there)
    found = await desk.bring_in("name,phone,labels,points,member_since\n花子,09011110001,new,7,2024-01-02\n", known)
    [hanako] = await desk.contacts()
    name, labels, attributes, numbers = expected
    assert (hanako["name"], hanako["labels"], hanako["attributes"], counts(found)) == (
        name,
        labels,
        attributes,
        numbers,
    )
    back = await desk.undo(found["id"])
    [hanako] = await desk.contacts()
    assert (hanako["name"], hanako["labels"], hanako["attributes"]) == ("Hanako", ["old"], {"points": 1})
    assert (back["state"], back["not_taken_back"]) == ("undone", 0)


async def test_one_person_twice_in_a_file_is_one_contact(desk: Desk) -> None:
    found = await desk.bring_in(
        "name,phone,points\nAnn,+819011110001,\nAnn B,+81 90-1111-0001,5\nAnn C,09011110001,6\n"
    )
    [ann] = await desk.contacts()
    assert (ann["name"], ann["attributes"], counts(found)) == ("Ann", {"points": 5}, (1, 1, 1, 0))
    back = await desk.undo(found["id"])
    assert (back["taken_back"], back["not_taken_back"]) == (2, 0)
    assert await desk.contacts() == []


async def test_numbers_of_two_people_in_one_row_are_not_mixed(desk: Desk) -> None:
    await desk.bring_in("name,phone,email\nAnn,+819011110001,\nBob,,bob@example.com\n")
    found = await desk.bring_in("name,phone,email\nWho,+819011110001,bob@example.com\n")
    assert counts(found) == (0, 0, 0, 1)
    assert (await desk.rejected(found["id"]))[0]["code"] == "two_contacts"


async def test_a_way_back_leaves_what_people_have_used_since(desk: Desk, inbox: InboxConfig) -> None:
    known = await make_thread(desk.context.db, inbox, "Known", phone="819099990009")
    found = await desk.bring_in("name,phone,points\nNew,+819011110001,\nNoted,+819022220002,\n,+819099990009,3\n")
    assert counts(found) == (2, 1, 0, 0)
    noted = next(each for each in await desk.contacts() if each["name"] == "Noted")
    await desk.ken.post(f"contacts/{noted['id']}/notes", json={"text": "called"})
    await desk.ken.patch(f"contacts/{known.contact_id}", json={"attributes": {"points": 4}})
    back = await desk.undo(found["id"])
    assert (back["taken_back"], back["not_taken_back"]) == (1, 2)
    assert {each["name"]: each["attributes"] for each in await desk.contacts()} == {"Known": {"points": 4}, "Noted": {}}


async def test_an_import_that_was_cut_off_goes_on_where_it_stood(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = await desk.start("name,phone\n" + "".join(f"P{n},+8190{n:08}\n" for n in range(1200)))
    whole = batches.Batch.apply
    done = 0

    async def dies_in_the_second(self: batches.Batch, rows: Any) -> None:
        nonlocal done
        await whole(self, rows)
        done += 1
        if done == 2:
            raise psycopg.OperationalError("the power went")

    monkeypatch.setattr(batches.Batch, "apply", dies_in_the_second)
    await desk.run(import_id)
    monkeypatch.setattr(batches.Batch, "apply", whole)
    halfway = (await desk.ken.get(f"contact-imports/{import_id}")).json()
    assert (halfway["state"], halfway["done"], halfway["created"]) == ("running", 500, 500)
    # Two workers that both find it: each row is still done once.
    one, other = await asyncio.gather(desk.run(import_id), desk.run(import_id))
    assert "done" in (one["state"], other["state"])
    found = await desk.run(import_id)
    assert (found["state"], found["done"], counts(found)) == ("done", 1200, (1200, 0, 0, 0))


async def test_a_number_that_came_with_the_file_and_is_used_now_stays(desk: Desk, inbox: InboxConfig) -> None:
    identity = {"channel": "email", "kind": "address", "value": "ann@example.com"}
    await desk.ken.post("contacts", json={"name": "Ann", "identities": [identity]})
    found = await desk.bring_in("email,phone,points\nann@example.com,+819011110001; +819022220002,5\n")
    [ann] = await desk.contacts()
    assert {each["value"] for each in ann["identities"]} == {"ann@example.com", "819011110001", "819022220002"}
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, last_activity_id, created_at, updated_at)"
            " VALUES (%(w)s, %(id)s, %(inbox)s, %(contact)s, %(id)s, %(now)s, %(now)s)",
            {"w": desk.workspace.id, "id": new_id(), "inbox": inbox.id, "contact": ann["id"], "now": clock.now()},
        )
    back = await desk.undo(found["id"])
    [ann] = await desk.contacts()
    assert {each["value"] for each in ann["identities"]} == {"ann@example.com", "819011110001", "819022220002"}
    assert (ann["attributes"], back["taken_back"], back["not_taken_back"]) == ({}, 0, 1)


async def test_who_is_forgotten_leaves_nothing_in_an_import(desk: Desk) -> None:
    found = await desk.bring_in("name,phone\nAnn,+819011110001\n")
    [ann] = await desk.contacts()
    assert (await desk.ken.delete(f"contacts/{ann['id']}")).status_code == 204
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        assert await (await tx.execute("SELECT 1 FROM contact_import_rows")).fetchone() is None
    assert (await desk.undo(found["id"]))["state"] == "undone"


async def test_one_import_that_fails_ends_as_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = await desk.start("name\nAnn\n")

    async def broken(self: batches.Batch, rows: Any) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(batches.Batch, "apply", broken)
    assert (await desk.run(import_id))["state"] == "failed"


async def test_files_that_nobody_started_and_old_imports_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = await desk.upload("name\nAnn\n")
    done = await desk.bring_in("name\nBob\n")
    monkeypatch.setattr(jobs, "_DRAFTS", timedelta(seconds=-1))
    await jobs.do_forget(desk.context)
    assert (await desk.ken.get(f"contact-imports/{draft['id']}")).json()["state"] == "cancelled"
    assert (await desk.ken.get(f"contact-imports/{draft['id']}/preview")).status_code == 409
    assert (await desk.ken.get(f"contact-imports/{done['id']}")).status_code == 200
    monkeypatch.setattr(jobs, "_KEPT", timedelta(seconds=-1))
    await jobs.do_forget(desk.context)
    assert (await desk.ken.get("contact-imports")).json()["items"] == []
    assert [each["name"] for each in await desk.contacts()] == ["Bob"]


async def test_stopped_half_way_it_can_still_be_taken_back(desk: Desk) -> None:
    import_id = await desk.start("name\nAnn\nBob\n")
    answer = await desk.ken.post(f"contact-imports/{import_id}/cancel")
    assert answer.json()["state"] == "cancelled"
    assert (await desk.run(import_id))["done"] == 0
    assert (await desk.undo(import_id))["state"] == "undone"
    assert (await desk.ken.post(f"contact-imports/{import_id}/undo")).status_code == 409


async def test_the_worker_finds_it_by_itself(desk: Desk) -> None:
    import_id = await desk.start("name\nAnn\n")
    async with desk.context.db.system() as tx:
        rows = await (
            await tx.execute("SELECT task_name, args FROM procrastinate_jobs WHERE task_name LIKE 'exchange.%'")
        ).fetchall()
    assert [(row["task_name"], row["args"]["import_id"]) for row in rows] == [("exchange.run", import_id)]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"name,phone\n", "no row"), (b"\n\n", "no row"), (b"n\n" + b"x\n" * 200_001, "200,000")],
    ids=["empty", "a header only", "blank lines", "too many rows"],
)
async def test_a_file_that_is_none_is_refused_at_once(desk: Desk, content: bytes, words: str) -> None:
    answer = await desk.ken.post("contact-imports", files={"file": ("p.csv", content, "text/csv")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"
    assert words in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mapping": ["name"]}, "mapping"),
        ({"mapping": ["name", "attribute:nothing"]}, "mapping.1"),
        ({"mapping": ["name", "name"]}, "mapping.1"),
        ({"mapping": ["locale", None]}, "mapping"),
        ({"encoding": "utf-16"}, "encoding"),
    ],
    ids=["too short", "unknown", "twice", "nobody to reach", "not this encoding"],
)
async def test_a_mapping_that_cannot_be_is_refused_by_name(desk: Desk, change: Json, field: str) -> None:
    found = await desk.upload("name,phone\nAnn,1\n1")
    chosen = {"encoding": "utf-8", "delimiter": ",", "mapping": ["name", None], **change}
    answer = await desk.ken.post(f"contact-imports/{found['id']}/start", json=chosen)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_agents_may_neither_import_nor_export(web: Web, workspace: Workspace) -> None:
    emma = await web.client(workspace.agent)
    answers = [
        await emma.post("contact-imports", files={"file": ("p.csv", b"name\nA\n", "text/csv")}),
        await emma.get("contact-imports"),
        await emma.get("contacts/export"),
    ]
    assert [each.status_code for each in answers] == [403, 403, 403]


async def test_two_hundred_thousand_rows_are_taken(desk: Desk) -> None:
    found = await desk.upload("name,phone\n" + "".join(f"Person {n},+8190{n:08}\n" for n in range(200_000)))
    assert found["total"] == 200_000


async def test_what_goes_out_comes_in_again(desk: Desk) -> None:
    rows = "山田 花子,+819011110001,hanako@example.jp,みなと商事,ja,常連,2024-04-01,\n=1+1,+819022220002,,,,,,\n"
    await desk.bring_in(FILE + rows)
    answer = await desk.ken.get(
        "contacts/export", params={"columns": "name,company,labels,locale,attribute:member_since"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "name,company,labels,locale,attribute:member_since"
    assert sorted(lines[1:]) == ["'=1+1,,,,", "山田 花子,みなと商事,常連,ja,2024-04-01"]
    japanese = await desk.ken.get("contacts/export", params={"encoding": "shift_jis", "label": "常連"})
    assert "山田 花子" in japanese.content.decode("cp932")
    assert "=1+1" not in japanese.content.decode("cp932")
    before = await desk.contacts()
    whole = await desk.ken.get("contacts/export")
    for each in before:
        await desk.ken.delete(f"contacts/{each['id']}")
    again = await desk.bring_in(whole.content)
    assert counts(again) == (2, 0, 0, 0)
    kept = ("name", "labels", "attributes", "locale")
    assert [[each[key] for key in kept] for each in await desk.contacts()] == [
        [each[key] for key in kept] for each in before
    ]
    assert (await desk.ken.get("contacts/export", params={"columns": "secret"})).json()["errors"][0][
        "field"
    ] == "columns"

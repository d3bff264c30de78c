"""Consents come in with a file, into the ledger, and go out again."""

from datetime import timedelta
from typing import Any

import pytest

from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from tests.exchange.test_imports import Desk, counts, desk, ken

__all__ = ["desk", "ken"]

HEAD = "name,identity:whatsapp:phone,consent:whatsapp:marketing,consent_time:whatsapp:marketing,consent_source:whatsapp:marketing\n"


async def _ledger(desk: Desk, name: str = "Hanako") -> list[dict[str, Any]]:
    contact = next(each for each in await desk.contacts() if each["name"] == name)
    return list((await desk.ken.get(f"contacts/{contact['id']}/consents")).json()["items"])


async def test_a_word_its_time_and_its_source_are_in_the_ledger(desk: Desk) -> None:
    rows = "Hanako,+819011110001,はい,2024/4/1,form\nKen,+819022220002,no,,\nEmma,+819033330003,,2024-04-01,form\n"
    found = await desk.bring_in(HEAD + rows)
    assert counts(found) == (3, 0, 0, 0)
    entry = (await _ledger(desk))[0]
    assert (entry["channel"], entry["purpose"], entry["state"]) == ("whatsapp", "marketing", "granted")
    assert (entry["source"], entry["detail"], entry["created_at"]) == ("import", "form", "2024-04-01T00:00:00.000Z")
    assert [each["state"] for each in await _ledger(desk, "Ken")] == ["withdrawn"]
    assert await _ledger(desk, "Emma") == []
    again = await desk.bring_in(HEAD + rows)
    assert counts(again) == (0, 0, 3, 0)  # nothing of it is news


@pytest.mark.parametrize(
    ("given", "states"),
    [
        ("yes,,", ["withdrawn"]),  # as old as nobody knows
        ("yes,2024-04-01,", ["withdrawn"]),  # older than what is known
        ("yes,{later},", ["granted", "withdrawn"]),
        ("no,,", ["withdrawn"]),
    ],
)
async def test_an_agreement_lifts_no_later_withdrawal(desk: Desk, given: str, states: list[str]) -> None:
    known = rfc3339(clock.now() - timedelta(hours=2))
    await desk.bring_in(f"{HEAD}Hanako,+819011110001,no,{known},\n")
    later = rfc3339(clock.now() - timedelta(hours=1))
    await desk.bring_in(f"{HEAD}Hanako,+819011110001,{given.format(later=later)}\n", known="overwrite")
    assert [each["state"] for each in await _ledger(desk)] == states


@pytest.mark.parametrize(
    ("cells", "code"), [("maybe,,", "consent"), ("yes,yesterday,", "time"), ("yes,2999-01-01,", "time")]
)
async def test_what_nobody_can_read_is_told_with_its_column(desk: Desk, cells: str, code: str) -> None:
    found = await desk.bring_in(f"{HEAD}Hanako,+819011110001,{cells}\n")
    (row,) = await desk.rejected(found["id"])
    assert (row["code"], row["column"].startswith("consent")) == (code, True)


async def test_the_way_back_takes_them_out(desk: Desk) -> None:
    await desk.bring_in("name,identity:whatsapp:phone\nHanako,+819011110001\n")
    found = await desk.bring_in(f"{HEAD}Hanako,+819011110001,yes,,\nKen,+819022220002,yes,,\n")
    assert counts(found) == (1, 1, 0, 0)
    undone = await desk.undo(found["id"])
    assert (undone["taken_back"], undone["not_taken_back"]) == (2, 0)
    assert [each["name"] for each in await desk.contacts()] == ["Hanako"]
    assert await _ledger(desk) == []


async def test_they_go_out_as_they_came_in(desk: Desk) -> None:
    await desk.bring_in(f"{HEAD}Hanako,+819011110001,no,2024-04-01,form\nKen,+819022220002,,,\n")
    known = (await desk.ken.get("contacts/export/columns")).json()
    assert {"name", "consent:whatsapp:marketing", "consent_time:sms:all"} <= set(known)
    columns = HEAD.strip()
    answer = await desk.ken.get("contacts/export", params={"columns": columns})
    assert answer.text.removeprefix("\ufeff").splitlines() == [
        columns,
        "Ken,+819022220002,,,",
        "Hanako,+819011110001,withdrawn,2024-04-01T00:00:00.000Z,form",
    ]
    everything = (await desk.ken.get("contacts/export")).text
    assert "consent" not in everything.splitlines()[0]

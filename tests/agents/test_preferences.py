"""What an agent chose for themselves is the same on every screen, and only theirs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.agents.preferences import PreferencesOut, out
from madoguchi.context import Context
from tests.support.live import Programs, running_programs
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_preferences_are_changed_one_by_one(web: Programs, workspace: Workspace) -> None:
    emma, ravi = web.client(workspace.agent), web.client(workspace.agent2)
    before = (await emma.get("/me")).body["preferences"]
    assert before == {"send_key": "enter", "undo_send": True, "signature": ""}
    answer = await emma.patch("/me/preferences", {"send_key": "ctrl_enter"})
    assert answer.body == before | {"send_key": "ctrl_enter"}
    await emma.patch("/me/preferences", {"undo_send": False})
    await emma.patch("/me/preferences", {"signature": "Emma"})
    chosen = {"send_key": "ctrl_enter", "undo_send": False, "signature": "Emma"}
    assert (await emma.get("/me")).body["preferences"] == chosen
    assert (await ravi.get("/me")).body["preferences"] == before


@pytest.mark.parametrize(
    ("given", "field"), [({"send_key": "space"}, "send_key"), ({"signature": "x" * 2001}, "signature"), ({"x": 1}, "x")]
)
async def test_what_cannot_be_chosen_is_refused_by_name(
    web: Programs, workspace: Workspace, given: dict[str, Any], field: str
) -> None:
    answer = await web.client(workspace.agent).patch("/me/preferences", given)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("stored", [{"send_key": 7}, {"of another version": True}])
def test_what_is_stored_and_not_understood_does_not_lock_anybody_out(stored: dict[str, Any]) -> None:
    assert out(stored) == PreferencesOut(send_key="enter", undo_send=True, signature="")

"""Embedded Signup against the simulator: from the page's code to an inbox that is subscribed and registered."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from madoguchi.context import Context
from madoguchi.simulator import seed
from tests.simulator.lab import Lab, open_lab
from tests.support.live import Answer, Programs, running_programs
from tests.support.world import Workspace


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        yield lab


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        msgspec.structs.force_setattr(context, "public_url", web.base)
        yield web


async def sign_up(web: Programs, workspace: Workspace, lab: Lab, **more: Any) -> Answer:
    issued = await lab.control("POST", f"numbers/{seed.NUMBER}/code")
    body = {
        "app_id": seed.APP,
        "app_secret": seed.APP_SECRET,
        "code": issued["code"],
        "number_id": seed.NUMBER,
        "settings": {"graph_url": f"{lab.url}/graph"},
        **more,
    }
    return await web.client(workspace.owner).post("/channels/whatsapp/sign-up", body)


async def test_a_number_is_connected_subscribed_and_registered(web: Programs, workspace: Workspace, lab: Lab) -> None:
    number = lab.sim.world.numbers[seed.NUMBER]
    number.registered, number.pin = False, ""
    answer = await sign_up(web, workspace, lab)
    assert answer.status == 201, answer.body
    assert [(step["step"], step["ok"]) for step in answer.body["steps"]] == [("subscribe", True), ("register", True)]
    assert (number.registered, len(number.pin)) == (True, 6)
    owner = web.client(workspace.owner)
    shown = (await owner.get(f"/inboxes/{answer.body['inbox_id']}/account")).body
    assert shown["pin_kept"] is True
    checked = await owner.post(f"/inboxes/{answer.body['inbox_id']}/check")
    assert checked.body["health_facts"]["display_number"]
    assert (await sign_up(web, workspace, lab)).status == 409  # connected already


async def test_a_number_of_the_app_is_synchronised_once_and_not_registered(
    web: Programs, workspace: Workspace, lab: Lab
) -> None:
    number = lab.sim.world.numbers[seed.NUMBER]
    number.on_biz_app, number.onboarded_at, number.pin = True, lab.sim.clock.now(), ""
    answer = await sign_up(web, workspace, lab)
    steps = [(step["step"], step["ok"]) for step in answer.body["steps"]]
    assert steps == [("subscribe", True), ("contacts", True), ("history", True)]
    assert (set(number.synced), number.pin) == ({"history", "smb_app_state_sync"}, "")
    shown = (await web.client(workspace.owner).get(f"/inboxes/{answer.body['inbox_id']}/account")).body
    assert set(shown["asked_for"]) == {"contacts", "history"}


async def test_what_was_there_before_is_asked_for_once_and_by_owners(
    web: Programs, workspace: Workspace, lab: Lab
) -> None:
    answer = await sign_up(web, workspace, lab)
    place = f"/inboxes/{answer.body['inbox_id']}/account/synchronise"
    owner, supervisor = web.client(workspace.owner), web.client(workspace.supervisor)
    assert (await owner.post(place, {"kind": "history"})).status == 422  # not a number of the app
    number = lab.sim.world.numbers[seed.NUMBER]
    number.on_biz_app, number.onboarded_at = True, lab.sim.clock.now()
    assert (await supervisor.post(place, {"kind": "history"})).status == 403
    assert (await owner.post(place, {"kind": "everything"})).status == 422
    assert (await owner.post(place, {"kind": "history"})).status == 202
    again = await owner.post(place, {"kind": "history"})
    assert again.status in {422, 503}, again.body
    shown = (await owner.get(f"/inboxes/{answer.body['inbox_id']}/account")).body
    assert set(shown["asked_for"]) == {"history"}


async def test_a_code_is_good_once_and_the_secret_has_to_fit(web: Programs, workspace: Workspace, lab: Lab) -> None:
    for wrong in ({"code": "used-up"}, {"app_secret": "wrong"}):
        answer = await sign_up(web, workspace, lab, **wrong)
        assert answer.status in {422, 503}, answer.body
    assert (await web.client(workspace.owner).get("/inboxes")).body["items"] == []
    agent = await web.client(workspace.agent).post(
        "/channels/whatsapp/sign-up", {"app_id": "1", "app_secret": "x", "code": "y"}
    )
    assert agent.status == 403

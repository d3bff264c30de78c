"""A code besides the password: begun, confirmed, asked for, taken once; recovery codes; lost telephones."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from madoguchi.agents import qr, second_factor, totp
from madoguchi.core import clock
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace

PASSWORD = "correct horse battery"
EMAIL = "new@example.com"


class Time:
    """The business's time, stopped."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 1, 9, 0, 10, tzinfo=UTC)

    def timestamp(self) -> float:
        return self.at.timestamp()

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "now", lambda: time.at)
    monkeypatch.setattr(clock, "timestamp", time.timestamp)
    return time


async def begun(web: Web, workspace: Workspace) -> tuple[str, httpx.AsyncClient, str]:
    """The agent's id, their browser, their app's secret."""
    owner = await web.client(workspace.owner)
    agent = (await owner.post("agents", json={"name": "New", "email": EMAIL, "password": PASSWORD})).json()
    browser = await web.signed_in(EMAIL, PASSWORD)
    answer = await browser.post("me/second-factor", json={"password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return agent["id"], browser, answer.json()["secret"]


def code(secret: str, time: Time, later: int = 0) -> str:
    return totp.code_of(secret, totp.step_of(time.at.timestamp()) + later)


async def confirmed(web: Web, workspace: Workspace, time: Time) -> tuple[str, httpx.AsyncClient, str, list[str]]:
    agent_id, browser, secret = await begun(web, workspace)
    answer = await browser.post("me/second-factor/confirm", json={"code": code(secret, time)})
    assert answer.status_code == 201, answer.text
    time.pass_by(60)
    return agent_id, browser, secret, answer.json()["recovery_codes"]


async def sign_in(web: Web, given: str | None = None) -> tuple[int, str | None]:
    body = {"email": EMAIL, "password": PASSWORD} | ({"totp": given} if given else {})
    answer = await (await web.client()).post("session", json=body)
    return answer.status_code, answer.json().get("reason")


@pytest.mark.parametrize(
    ("at", "expected"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_the_codes_are_those_of_the_standard(at: int, expected: str) -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    assert totp.code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", totp.step_of(at)) == expected


def test_the_picture_says_the_address() -> None:
    """Read back as a reader does: format, path, both blocks; the correction is what makes every syndrome zero."""
    text = totp.address_of(totp.new_secret(), "窓口受付係担当者@例え.jp" + "a" * 240)
    matrix = qr.encode(text.encode())
    assert (len(matrix), all(len(row) == 41 for row in matrix)) == (41, True)
    fixed = qr._fixed()
    bits = "".join(
        str(int(matrix[row][column] ^ ((row + column) % 2 == 0)))
        for row, column in qr._path()
        if (row, column) not in fixed
    )
    words = [int(bits[at : at + 8], 2) for at in range(0, 172 * 8, 8)]
    blocks = [words[n:136:2] + words[136 + n :: 2] for n in range(2)]
    for block in blocks:
        for power in range(18):
            rest = 0
            for word in block:
                rest = qr._times(rest, qr._EXP[power]) ^ word
            assert rest == 0
    data = "".join(f"{word:08b}" for block in blocks for word in block[:68])
    length = int(data[4:12], 2)
    assert (data[:4], length) == ("0100", len(text))
    assert bytes(int(data[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8)).decode() == text


async def test_nothing_is_asked_for_before_it_is_confirmed(web: Web, workspace: Workspace, time: Time) -> None:
    _, browser, secret = await begun(web, workspace)
    assert (await sign_in(web))[0] == 201
    wrong = await browser.post("me/second-factor/confirm", json={"code": code(secret, time, later=9)})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
    assert (await browser.get("me/second-factor")).json()["enabled"] is False
    answer = await browser.post("me/second-factor/confirm", json={"code": code(secret, time)})
    assert len(set(answer.json()["recovery_codes"])) == 10
    state = (await browser.get("me/second-factor")).json()
    assert (state["enabled"], state["recovery_codes"]) == (True, 10)
    assert (await browser.post("me/second-factor", json={"password": PASSWORD})).status_code == 409
    assert (await sign_in(web)) == (401, "code_needed")


async def test_a_code_is_taken_once_and_near_its_time(web: Web, workspace: Workspace, time: Time) -> None:
    _, _, secret, _ = await confirmed(web, workspace, time)
    assert await sign_in(web, code(secret, time, later=-3)) == (401, "code_wrong")
    assert await sign_in(web, code(secret, time, later=3)) == (401, "code_wrong")
    right = code(secret, time)
    assert (await sign_in(web, right))[0] == 201
    assert await sign_in(web, right) == (401, "code_wrong")
    assert await sign_in(web, code(secret, time, later=-1)) == (401, "code_wrong")
    time.pass_by(30)
    assert (await sign_in(web, code(secret, time)))[0] == 201


async def test_a_recovery_code_is_taken_once(web: Web, workspace: Workspace, time: Time) -> None:
    _, browser, _, codes = await confirmed(web, workspace, time)
    assert (await sign_in(web, codes[0].upper()))[0] == 201
    assert await sign_in(web, codes[0]) == (401, "code_wrong")
    assert (await browser.get("me/second-factor")).json()["recovery_codes"] == 9


async def test_a_wrong_password_says_nothing_of_a_second_factor(web: Web, workspace: Workspace, time: Time) -> None:
    _, _, secret, _ = await confirmed(web, workspace, time)
    body = {"email": EMAIL, "password": "a wrong password", "totp": code(secret, time)}
    refused = await (await web.client()).post("session", json=body)
    assert (refused.status_code, "reason" in refused.json()) == (401, False)


async def test_guessing_stops_wherever_it_comes_from(
    web: Web, workspace: Workspace, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, secret, _ = await confirmed(web, workspace, time)
    monkeypatch.setattr(second_factor, "_MOST_FAILURES", 3)
    for _ in range(3):
        assert await sign_in(web, "000-000") == (401, "code_wrong")
    assert (await sign_in(web, code(secret, time)))[0] == 429
    time.pass_by(16 * 60)
    assert (await sign_in(web, code(secret, time)))[0] == 201


async def test_programs_are_not_asked_and_cannot_change_it(web: Web, workspace: Workspace, time: Time) -> None:
    program = await web.client(workspace.agent)
    assert (await program.get("me/second-factor")).status_code == 403
    assert (await program.post("me/second-factor", json={"password": PASSWORD})).status_code == 403
    _, browser, _, _ = await confirmed(web, workspace, time)
    token = (
        await browser.post(f"agents/{(await browser.get('me')).json()['agent']['id']}/tokens", json={"name": "t"})
    ).json()
    (own := await web.client()).headers["Authorization"] = f"Bearer {token['token']}"
    assert (await own.get("me")).status_code == 200


async def test_it_is_turned_off_with_the_password_only(web: Web, workspace: Workspace, time: Time) -> None:
    _, browser, _, _ = await confirmed(web, workspace, time)
    refused = await browser.post("me/second-factor/off", json={"password": "not this one"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "password")
    assert (await browser.post("me/second-factor/off", json={"password": PASSWORD})).status_code == 204
    assert (await sign_in(web))[0] == 201


async def test_an_owner_or_the_terminal_takes_it_away(
    web: Web, workspace: Workspace, time: Time, database: Database
) -> None:
    agent_id, _, secret, _ = await confirmed(web, workspace, time)
    owner, ken = await web.client(workspace.owner), await web.client(workspace.supervisor)
    assert [each["agent_id"] for each in (await owner.get("agents/second-factors")).json()] == [agent_id]
    assert (await ken.get("agents/second-factors")).status_code == 403
    assert (await ken.delete(f"agents/{agent_id}/second-factor")).status_code == 403
    assert (await owner.delete(f"agents/{agent_id}/second-factor")).status_code == 403, "a program of the owner's"
    boss = await second_owner(web, workspace)
    assert await sessions_of(database, agent_id) > 0
    assert (await boss.delete(f"agents/{agent_id}/second-factor")).status_code == 204
    assert await sessions_of(database, agent_id) == 0, "the lost telephone is signed out"
    assert (await sign_in(web))[0] == 201
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT 1 FROM agent_recovery_codes")).fetchall()
        logged = await (await tx.execute("SELECT action FROM audit_entries WHERE action LIKE '%second%'")).fetchall()
    assert (rows, len(logged)) == ([], 2)

    browser = await web.signed_in(EMAIL, PASSWORD)
    again = (await browser.post("me/second-factor", json={"password": PASSWORD})).json()["secret"]
    assert again != secret
    await browser.post("me/second-factor/confirm", json={"code": code(again, time)})
    assert await second_factor.do_reset_by_email(database, " New@Example.com") == 1
    assert await second_factor.do_reset_by_email(database, EMAIL) == 0
    assert (await sign_in(web))[0] == 201


async def sessions_of(database: Database, agent_id: str) -> int:
    async with database.system() as tx:
        found = await tx.execute("SELECT count(*) AS n FROM sessions WHERE agent_id = %s::uuid", (agent_id,))
        row = await found.fetchone()
    return int(row["n"]) if row else 0


async def second_owner(web: Web, workspace: Workspace) -> httpx.AsyncClient:
    given = {"name": "Boss", "email": "boss@example.com", "password": PASSWORD, "role": "owner"}
    answer = await (await web.client(workspace.owner)).post("agents", json=given)
    assert answer.status_code == 201, answer.text
    return await web.signed_in("boss@example.com", PASSWORD)


async def test_an_open_session_alone_takes_no_account_over(web: Web, workspace: Workspace, time: Time) -> None:
    boss = await second_owner(web, workspace)
    own = (await boss.get("me")).json()["agent"]["id"]
    secret = (await boss.post("me/second-factor", json={"password": PASSWORD})).json()["secret"]
    assert (await boss.post("me/second-factor/confirm", json={"code": code(secret, time)})).status_code == 201
    assert (await boss.delete(f"agents/{own}/second-factor")).status_code == 403
    assert (await boss.post(f"agents/{own}/invitation")).status_code == 403
    assert (await boss.get("me/second-factor")).json()["enabled"] is True


async def test_whoever_was_signed_in_without_it_has_to_sign_in_again(
    web: Web, workspace: Workspace, time: Time, database: Database
) -> None:
    agent_id, browser, secret = await begun(web, workspace)
    stranger = await web.signed_in(EMAIL, PASSWORD)
    assert await sessions_of(database, agent_id) == 2
    assert (await browser.post("me/second-factor/confirm", json={"code": code(secret, time)})).status_code == 201
    assert await sessions_of(database, agent_id) == 1
    assert (await stranger.get("me")).status_code == 401
    assert (await browser.get("me")).status_code == 200


async def test_codes_are_taken_as_people_type_them(web: Web, workspace: Workspace, time: Time) -> None:
    _, _, secret, codes = await confirmed(web, workspace, time)
    wide = code(secret, time).translate({ord("0") + n: ord("\uff10") + n for n in range(10)})
    assert (await sign_in(web, f"{wide[:3]}\u3000{wide[3:]}"))[0] == 201
    assert (await sign_in(web, codes[0].replace("-", "")))[0] == 201
    assert (await sign_in(web, codes[1].replace("-", " ")))[0] == 201
    assert await sign_in(web, codes[0]) == (401, "code_wrong")


async def test_a_clock_that_was_ahead_locks_nobody_out_and_a_lock_is_written_down(
    web: Web, workspace: Workspace, time: Time, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, secret, _ = await confirmed(web, workspace, time)
    monkeypatch.setattr(second_factor, "_MOST_FAILURES", 3)
    time.pass_by(86_400)
    for _ in range(3):
        assert await sign_in(web, "000-000") == (401, "code_wrong")
    assert (await sign_in(web, "000-000"))[0] == 429
    time.pass_by(-86_400)
    assert (await sign_in(web, code(secret, time)))[0] == 201
    async with database.workspace(workspace.id) as tx:
        found = await tx.execute("SELECT 1 FROM audit_entries WHERE action = 'agent.second_factor_locked'")
        assert len(await found.fetchall()) == 1


async def test_neither_secret_nor_codes_lie_open_in_the_database(
    web: Web, workspace: Workspace, time: Time, database: Database
) -> None:
    _, _, secret, codes = await confirmed(web, workspace, time)
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT secret FROM agent_second_factors")).fetchall()
        digests = await (await tx.execute("SELECT digest FROM agent_recovery_codes")).fetchall()
    assert secret.encode() not in bytes(rows[0]["secret"])
    assert not any(each.encode() in bytes(row["digest"]) for each in codes for row in digests)

"""The short form of `make faults`: a few faults, and after each the provider's side and ours agree."""

import tempfile
from pathlib import Path
from typing import Any

from tests.faults.storm import checker, faults, two_nodes
from tests.faults.storm.__main__ import storm


async def test_nothing_is_lost_twice_or_out_of_order() -> None:
    # Not pytest's folder: the path of the database's socket must stay short.
    with tempfile.TemporaryDirectory(prefix="mdgstorm") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240 - nothing waits yet
        outcomes = await storm(Path(name), faults.QUICK, per_second=8, say=False)
    assert [each.fault for each in outcomes] == [each.name for each in faults.QUICK]
    assert [each for each in outcomes if each.wrong] == []


async def test_a_node_that_is_cut_off_loses_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="mdgnodes") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240 - nothing waits yet
        outcomes = await storm(Path(name), two_nodes.ALL, per_second=8, say=False, kind=two_nodes.TwoNodes)
    assert [each for each in outcomes if each.wrong] == []
    assert len(outcomes) == 1


async def test_the_check_sees_what_is_wrong() -> None:
    """A check that cannot fail would prove nothing."""
    load = _FakeLoad()
    wrong = checker.check(_FakeInstallation(), {"id": "i"}, load)  # type: ignore[arg-type]
    assert [each.split(":")[0] for each in wrong] == [
        "customer 1",
        "sent 2 times",
        "delivered here, unknown to the provider",
        "c1",
        "the screen's numbers leap at [3]",
        "1 messages are not on the screen, m4 for one",
        "1 messages have another status on the screen, m2 for one",
    ]


def _message(number: int, direction: str, text: str, status: str) -> dict[str, Any]:
    return {"id": f"m{number}", "direction": direction, "text": text, "status": status}


class _FakeInstallation:
    """What the provider and our API would say."""

    def sent(self) -> list[dict[str, Any]]:
        return [{"biz_opaque_callback_data": each} for each in ("m3", "m2", "m2")]

    def api(self, _method: str, path: str) -> dict[str, Any]:
        items = [{"id": "c1"}] if path.startswith("/conversations?") else self._thread()[::-1]
        return {"items": items, "next_cursor": None}

    def _thread(self) -> list[dict[str, Any]]:
        return [
            _message(1, "in", "customer 1 message 0", "received"),
            _message(2, "out", "a", "read"),
            _message(3, "out", "b", "sent"),
            _message(4, "out", "c", "delivered"),
        ]


class _FakeLoad:
    def __init__(self) -> None:
        self.written = {"x": ["customer 1 message 0", "customer 1 message 1"]}
        self.ordered = {"c1": ["m2", "m3"]}
        self.screen = self
        self.seen = [1, 3]
        self.messages = {f"m{n}": {"status": "sent" if n > 1 else "received"} for n in (1, 2, 3)}

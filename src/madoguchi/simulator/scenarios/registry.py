"""What a scenario is, and the list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from madoguchi.simulator import drafts, inbound
from madoguchi.simulator.state import Customer, Json, Message, Number, Waba

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

Undo = Callable[[], None]


@dataclass(slots=True)
class Stage:
    """Whose chat a scenario plays in."""

    sim: "Simulator"
    number: Number
    customer: Customer

    @property
    def waba(self) -> Waba:
        return self.sim.world.wabas[self.number.waba_id]

    def write(self, request: Json) -> Message:
        draft = drafts.draft(self.sim, self.number, request)
        return inbound.send(self.sim, self.number, self.customer, draft)

    def fault(self, **entry: object) -> Undo:
        """Arm a fault until it is undone."""
        fault = self.sim.faults.add(entry)

        def undo() -> None:
            self.sim.faults.remove(fault.id)
            self.sim.dispatcher.kick()

        return undo


@dataclass(slots=True, frozen=True)
class Scenario:
    name: str
    group: str
    title: dict[str, str]
    about: dict[str, str]
    start: Callable[[Stage], Undo | None]

    def as_json(self, *, running: bool) -> Json:
        return {
            "name": self.name,
            "group": self.group,
            "title": self.title,
            "explanation": self.about,
            "running": running,
        }


LIBRARY: dict[str, Scenario] = {}

Words = tuple[str, str]


def scenario(
    name: str, group: str, en: Words, ja: Words
) -> Callable[[Callable[[Stage], Undo | None]], Callable[[Stage], Undo | None]]:
    """Registers what starts the scenario. What it returns restores the world as it was; None when
    there is nothing to restore, because a message was sent and that is all."""

    def register(start: Callable[[Stage], Undo | None]) -> Callable[[Stage], Undo | None]:
        LIBRARY[name] = Scenario(name, group, {"en": en[0], "ja": ja[0]}, {"en": en[1], "ja": ja[1]}, start)
        return start

    return register


class Running:
    """Scenarios that still have something to restore."""

    def __init__(self) -> None:
        self._undo: dict[str, Undo] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._undo

    def start(self, found: Scenario, stage: Stage) -> None:
        """Started again, a scenario is restored first."""
        self.restore(found.name)
        undo = found.start(stage)
        if undo:
            self._undo[found.name] = undo

    def restore(self, name: str) -> bool:
        undo = self._undo.pop(name, None)
        if undo:
            undo()
        return undo is not None

    def forget(self) -> None:
        self._undo.clear()

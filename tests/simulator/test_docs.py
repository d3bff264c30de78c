"""docs/simulator.md knows every route and every fault; the phone says everything in both languages."""

import json
import re
from pathlib import Path
from typing import Any

from madoguchi.simulator.faults import LIBRARY
from madoguchi.simulator.main import build
from madoguchi.simulator.scenarios import LIBRARY as SCENARIOS
from madoguchi.simulator.simulator import Simulator

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "simulator.md").read_text()
LOCALES = ROOT / "console" / "phone" / "locales"


def test_every_fault_is_described() -> None:
    assert [name for name in LIBRARY if f"`{name}`" not in DOCS] == []


def test_every_scenario_is_described_with_its_words() -> None:
    assert [s.name for s in SCENARIOS.values() if f"| `{s.name}` |" not in DOCS or s.about["en"] not in DOCS] == []


async def test_every_route_is_described() -> None:
    sim = Simulator()
    app = await build(sim)
    paths = {resource.canonical for resource in app.router.resources()}
    await sim.stop()
    ours = {
        re.sub(r"\{\w+\}", "{}", path).rstrip("/") for path in paths if path.startswith("/_sim/") and path != "/_sim/"
    }
    described = {re.sub(r"\{\w+\}", "{}", path).rstrip("/") for path in re.findall(r"/_sim/[a-z{}/_]+", DOCS)}
    assert ours - described == set()


def test_both_languages_say_the_same_things() -> None:
    english, japanese = (_keys(json.loads((LOCALES / f"{name}.json").read_text())) for name in ("en", "ja"))
    assert english == japanese


def _keys(words: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for key, value in words.items():
        path = f"{prefix}{key}"
        found |= _keys(value, f"{path}.") if isinstance(value, dict) else {path}
    return found

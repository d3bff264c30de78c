"""The tree is the vocabulary: its words are documented, its tests mirror it, its files say what they are for."""

import ast
import re

import pytest

from tests.architecture.modules import PACKAGE, ROOT, modules

_ARCHITECTURE = ROOT / "docs" / "architecture.md"
# Kinds of tests beside the mirror.
_TEST_KINDS = {"architecture", "engine", "faults", "growth", "journeys", "support"}
_FORBIDDEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|pytest\.(mark\.)?skip|@unittest\.skip")


def test_every_package_is_explained_in_the_architecture() -> None:
    text = _ARCHITECTURE.read_text(encoding="utf-8")
    packages = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    assert [name for name in packages if f"{name}/" not in text] == []


def test_every_test_folder_mirrors_a_package_or_is_a_kind() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")}
    assert folders - packages - _TEST_KINDS == set()


@pytest.mark.parametrize("name", [name for name, path in modules().items() if path.stat().st_size])
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(ast.parse(modules()[name].read_text(encoding="utf-8")))


def test_nothing_is_left_for_later() -> None:
    own = {ROOT / "tests" / "architecture" / "test_tree.py"}
    sources = [path for top in ("src", "tests", "tools", "bench") for path in (ROOT / top).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources
        if path not in own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _FORBIDDEN.search(line)
    ]
    assert found == []


def test_business_times_come_from_the_callers_clock() -> None:
    """SQL that asks the server for the time would not move with the demo's clock, nor with a test's."""
    times = re.compile(
        r"\b(now\(\)|current_timestamp|clock_timestamp\(\)|statement_timestamp\(\)|localtimestamp)", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in PACKAGE.rglob("*.sql")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if times.search(line.partition("--")[0])
    ]
    assert found == []

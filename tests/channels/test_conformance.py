"""Every channel against its own tables of cases."""

from pathlib import Path

import pytest

from madoguchi.channels import registry
from tests.channels.cases import Case, load_cases
from tests.channels.conformance import run_case

_ALL = [(name, case) for name in registry.channels() for case in load_cases(registry.FOLDER / name)]


@pytest.mark.parametrize("name, case", [pytest.param(n, c, id=f"{n}/{c.id}") for n, c in _ALL])
async def test_case(name: str, case: Case) -> None:
    await run_case(registry.channel(name), registry.FOLDER / name, case)


@pytest.mark.parametrize("name", registry.channels())
def test_every_channel_has_cases_for_what_it_must_do(name: str) -> None:
    folder: Path = registry.FOLDER / name
    assert {"in", "out", "verify"} <= {case.kind for case in load_cases(folder)}


@pytest.mark.parametrize("name", registry.channels())
def test_cases_have_names_of_their_own(name: str) -> None:
    ids = [case.id for case in load_cases(registry.FOLDER / name)]
    assert len(set(ids)) == len(ids)

from collections.abc import AsyncIterator

import pytest

from tests.simulator.lab import Lab, connect, open_lab


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        await connect(lab)
        yield lab

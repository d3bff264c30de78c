"""What is written about the channels is what is tested."""

import pytest

from madoguchi.channels import registry
from tests.channels.tools import ROOT, load_tool

tool = load_tool("channel_table")
DOCS = ROOT / "docs" / "channels"


@pytest.mark.parametrize("name", registry.channels())
def test_every_channel_is_described_with_its_table_of_cases(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text("utf-8")
    assert tool.updated(page, registry.FOLDER / name) == page, "run make generate"


@pytest.mark.parametrize("name", registry.channels())
def test_the_page_names_every_setting_with_its_default(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text("utf-8")
    for line in registry.channel(name).manifest.settings:
        assert f"`{line.key}`" in page, line.key
        assert str(line.default).lower() in page.lower(), line.key

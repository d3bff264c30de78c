"""Folders become channels; a faulty folder is named, with what is wrong in it."""

import shutil
from pathlib import Path

import pytest

from madoguchi.channels import registry
from madoguchi.core.errors import StartError

_LANGUAGES = {"en", "ja"}


def test_an_unknown_channel_is_a_clear_error() -> None:
    with pytest.raises(KeyError) as caught:
        registry.channel("pigeon")
    assert "no channel 'pigeon'" in str(caught.value)
    assert "whatsapp" in str(caught.value)


@pytest.mark.parametrize("name", registry.channels())
def test_the_manifest_is_complete(name: str) -> None:
    manifest = registry.channel(name).manifest
    assert manifest.title.keys() >= _LANGUAGES
    for line in (*manifest.credentials, *manifest.settings):
        assert line.label.keys() >= _LANGUAGES, line.key
        assert not line.help or line.help.keys() >= _LANGUAGES, line.key
    keys = [line.key for line in (*manifest.credentials, *manifest.settings)]
    assert len(set(keys)) == len(keys)
    assert manifest.account_key is None or manifest.account_key in keys


@pytest.mark.parametrize("name", registry.channels())
def test_every_capability_fits_the_others(name: str) -> None:
    capabilities = registry.channel(name).manifest.capabilities
    assert set(capabilities.media) <= set(capabilities.types)
    assert set(capabilities.window.outside) <= set(capabilities.types)
    assert capabilities.templates == ("template" in capabilities.types)


@pytest.mark.parametrize("name", registry.channels())
def test_every_error_has_words_in_every_language(name: str) -> None:
    for code, words in registry.channel(name).manifest.errors.items():
        assert words.keys() >= _LANGUAGES, code
        assert all(words.values()), code


def test_a_setting_falls_back_to_the_manifest() -> None:
    manifest = registry.channel("whatsapp").manifest
    defaults = {line.key: line.default for line in manifest.settings}
    assert isinstance(defaults.pop("stop_words"), str)
    assert isinstance(defaults.pop("start_words"), str)
    assert defaults == {
        "graph_url": "https://graph.facebook.com",
        "graph_version": "v26.0",
        "messages_per_second": 80,
        "media_hosts": "lookaside.fbsbx.com",
        "require_marketing_consent": True,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a channel's folder, to be spoilt."""
    shutil.copytree(registry.FOLDER / "whatsapp", tmp_path / "whatsapp")
    return tmp_path


def _spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("text_limit =", "text_limitt =", ["manifest.toml", "text_limitt"]),
        ("icon =", "icons =", ["manifest.toml", "icons"]),
        ('text_unit = "characters"', 'text_unit = "furlongs"', ["manifest.toml", "furlongs", "text_unit"]),
        ("hours = 24", 'hours = "a day"', ["manifest.toml", "hours"]),
        ('name = "whatsapp"', 'name = "telegraph"', ["manifest.toml", "telegraph", "whatsapp"]),
        ('name = "whatsapp"', "name = = 3", ["manifest.toml", "not TOML"]),
    ],
)
def test_a_fault_in_the_manifest_names_file_and_key(folder: Path, old: str, new: str, words: list[str]) -> None:
    _spoil(folder / "whatsapp" / "manifest.toml", old, new)
    with pytest.raises(StartError) as caught:
        registry.load_manifest(folder / "whatsapp")
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_fault_in_the_strings_names_the_file(folder: Path) -> None:
    _spoil(folder / "whatsapp" / "strings.toml", "[errors]", "[eroors]")
    with pytest.raises(StartError, match=r"strings\.toml.*eroors"):
        registry.load_manifest(folder / "whatsapp")


def test_a_folder_without_a_channel_class_is_named(tmp_path: Path) -> None:
    shutil.copytree(registry.FOLDER / "whatsapp", tmp_path / "whatsapp")
    with pytest.raises(StartError, match="no class Channel"):
        # `json.tool` stands for a module that has none.
        registry.load(tmp_path / "whatsapp", "json.tool")


def test_a_folder_without_a_manifest_is_no_channel(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert registry.scan(tmp_path, "nowhere") == {}

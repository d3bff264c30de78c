"""Settings: from the environment, in one clear line when they are wrong, handed on to children unchanged."""

import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from madoguchi.core.errors import StartError
from madoguchi.settings import PREFIX, environment_of, load_settings, secret_key_of


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_without_anything_the_database_is_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.embedded
    assert settings.data_dir == tmp_path / "data"
    assert settings.media_url == (tmp_path / "data" / "media").as_uri()


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MADOGUCHI_DATA_DIR", str(tmp_path / "environment"))
    assert load_settings().data_dir == tmp_path / "environment"
    assert load_settings(data_dir=tmp_path / "option").data_dir == tmp_path / "option"
    assert load_settings(data_dir=None).data_dir == tmp_path / "environment"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", "")
    assert load_settings().embedded


def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_SECRET_KEY", "tooshort")
    with pytest.raises(StartError, match="MADOGUCHI_SECRET_KEY is not right: at least 16") as refused:
        load_settings()
    assert "tooshort" not in str(refused.value)


def test_a_number_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_KEEP_EVENTS_DAYS", "7")
    assert load_settings().keep_events_days == 7
    monkeypatch.setenv("MADOGUCHI_KEEP_EVENTS_DAYS", "a week")
    with pytest.raises(StartError, match="MADOGUCHI_KEEP_EVENTS_DAYS is not right: a number of days"):
        load_settings()


def test_a_child_loads_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MADOGUCHI_LOG", "json")
    settings = load_settings(data_dir=tmp_path, s3_url="s3://bucket/folder")
    worked_out = {"database_url": "postgresql://host/name", "secret_key": "sixteen characters"}
    for name, value in environment_of(settings, **worked_out, public_url=None).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == replace(settings, **worked_out)


def test_the_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    key = secret_key_of(settings)
    assert len(key) >= 32
    assert secret_key_of(settings) == key
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_half_a_key_from_a_kill_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("half")
    assert len(secret_key_of(load_settings(data_dir=tmp_path))) >= 32


def test_a_given_key_is_taken(tmp_path: Path) -> None:
    assert secret_key_of(load_settings(data_dir=tmp_path, secret_key="given from outside")) == "given from outside"
    assert not (tmp_path / "secret.key").exists()


def test_nodes_that_share_a_database_must_be_given_the_key(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="SECRET_KEY is not set"):
        secret_key_of(load_settings(data_dir=tmp_path, database_url="postgresql://host/name"))

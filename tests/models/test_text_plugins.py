"""When the built-in text models may answer, and which of them is chosen."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from odai_core.contract import ModelPlugin, Problem, Secret
from odai_core.errors import SetupError
from odai_core.models import compatible_plugin, openai_plugin
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.choice import choose_model, choose_text_model
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings

URL = "http://127.0.0.1:9/v1"


def catalog(**environment: str) -> Catalog:
    """What the built-in models come to with these settings; other packages stay out of it."""
    host = PluginHost(Settings.load(environ={"ODAI_PLUGINS": "odai-core", **environment}))
    return host.refresh()


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({}, "ODAI_TEXT_BASE_URL is not set."),
        ({"ODAI_TEXT_BASE_URL": URL}, "ODAI_TEXT_MODEL is not set."),
        ({"ODAI_TEXT_BASE_URL": "ftp://x/v1", "ODAI_TEXT_MODEL": "m"}, "not an address"),
        ({"ODAI_TEXT_BASE_URL": "http://", "ODAI_TEXT_MODEL": "m"}, "not an address"),
        ({"ODAI_TEXT_BASE_URL": "http://x:99999/v1", "ODAI_TEXT_MODEL": "m"}, "not an address"),
        ({"ODAI_TEXT_BASE_URL": "localhost:8000", "ODAI_TEXT_MODEL": "m"}, "not an address"),
        ({"ODAI_TEXT_BASE_URL": URL, "ODAI_TEXT_MODEL": "m"}, None),
    ],
)
def test_compatible_says_what_is_missing(settings: dict[str, str], cause: str | None) -> None:
    problem = compatible_plugin.available({"ODAI_TEXT_BASE_URL": "", "ODAI_TEXT_MODEL": "", **settings})
    assert (problem is None) if cause is None else (problem is not None and cause in problem.cause)


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({}, "OPENAI_API_KEY is not set."),
        ({"OPENAI_REALTIME_URL": "ws://127.0.0.1:9"}, "OPENAI_API_KEY is not set."),
        ({"OPENAI_API_KEY": Secret("k")}, None),
        ({"OPENAI_API_KEY": Secret("k"), "OPENAI_BASE_URL": "nowhere"}, "not an address"),
        ({"OPENAI_API_KEY": Secret("k"), "OPENAI_BASE_URL": URL}, None),
    ],
)
def test_openai_says_what_chats_lack(settings: dict[str, Any], cause: str | None) -> None:
    problem = openai_plugin.chats_available(settings)
    assert (problem is None) if cause is None else (problem is not None and cause in problem.cause)


@pytest.mark.parametrize("text", ["0", "601", "soon", "nan"])
def test_a_wait_is_a_time_one_can_wait(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compatible_plugin.seconds(text)


def test_a_key_serves_calls_and_chats() -> None:
    found = catalog(OPENAI_API_KEY="k")
    assert (choose_model(found, "").name, choose_text_model(found, "").name) == ("openai", "openai")


def test_a_realtime_server_serves_calls_alone() -> None:
    found = catalog(OPENAI_REALTIME_URL="ws://127.0.0.1:9")
    assert choose_model(found, "").name == "openai"
    with pytest.raises(SetupError, match="Set OPENAI_API_KEY"):
        choose_text_model(found, "")
    with pytest.raises(SetupError, match="openai is not for chats: OPENAI_API_KEY is not set"):
        choose_text_model(found, "openai")


def test_an_address_goes_first_and_is_for_chats_alone() -> None:
    found = catalog(OPENAI_API_KEY="k", ODAI_TEXT_BASE_URL=URL, ODAI_TEXT_MODEL="m")
    assert (choose_model(found, "").name, choose_text_model(found, "").name) == ("openai", "compatible")
    with pytest.raises(SetupError, match="compatible is not for calls"):
        choose_model(found, "compatible")


def test_without_an_address_it_needs_setup() -> None:
    entry = catalog().find("models", "compatible")
    assert entry is not None
    assert entry.problem is not None
    assert "ODAI_TEXT_BASE_URL" in entry.problem.cause


def test_a_model_that_fails_to_say_is_not_chosen() -> None:
    def broken(settings: Any) -> Problem | None:
        raise KeyError("x")

    whole = catalog(OPENAI_API_KEY="k")
    plugin = ModelPlugin(
        name="odd",
        api=1,
        title="Odd",
        summary="x",
        text=lambda options: None,
        text_available=broken,  # type: ignore[arg-type,return-value]
    )
    entries = [entry for entry in whole.entries if entry.kind == "models" and entry.name == "openai"]
    odd = Entry(**{**vars(entries[0]), "name": "odd", "plugin": plugin})
    with pytest.raises(SetupError, match="KeyError"):
        choose_text_model(Catalog(**{**vars(whole), "entries": (odd,)}), "odd")


def test_they_name_the_model_for_the_price_table() -> None:
    assert openai_plugin.odai_models().text_model({"OPENAI_TEXT_MODEL": "gpt-5.4-mini"}) == "gpt-5.4-mini"
    assert compatible_plugin.odai_models().text_model({"ODAI_TEXT_MODEL": "qwen3"}) == "qwen3"


def test_declaring_them_imports_neither_sdk() -> None:
    program = (
        "import sys; from odai_core.models import compatible_plugin as c, openai_plugin as o; "
        "c.odai_models(); o.odai_models(); print({'agents', 'openai', 'httpx2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"

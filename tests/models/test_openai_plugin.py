"""The declaration of the OpenAI model: settings, availability, and how little it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest
from agents.realtime.openai_realtime import DEFAULT_REALTIME_MODEL

from odai_core.contract import Secret
from odai_core.models import openai_plugin
from odai_core.models.openai_realtime import OpenAIRealtime
from odai_core.models.openai_socket import shared_ssl_context


def test_it_declares_a_model_and_its_settings():
    plugin = openai_plugin.odai_models()
    assert (plugin.name, plugin.api) == ("openai", 1)
    defaults = {setting.name: setting.default for setting in plugin.settings}
    assert defaults == {
        "OPENAI_API_KEY": "",
        "OPENAI_REALTIME_URL": "",
        "OPENAI_REALTIME_MODEL": DEFAULT_REALTIME_MODEL,
        "OPENAI_TRANSCRIPTION_MODEL": "gpt-4o-mini-transcribe",
        "ODAI_VOICE": "sage",
        "OPENAI_TEXT_MODEL": "gpt-5.4-mini",
        "OPENAI_BASE_URL": "",
    }
    assert [setting.name for setting in plugin.settings if setting.secret] == ["OPENAI_API_KEY"]
    assert not any(setting.required for setting in plugin.settings)


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({}, "OPENAI_API_KEY is not set."),
        ({"OPENAI_API_KEY": Secret("")}, "OPENAI_API_KEY is not set."),
        ({"OPENAI_API_KEY": Secret("k")}, None),
        ({"OPENAI_REALTIME_URL": "ws://127.0.0.1:9"}, None),
        ({"OPENAI_REALTIME_URL": "https://example.test", "OPENAI_API_KEY": Secret("k")}, "not a WebSocket address"),
    ],
)
def test_it_says_what_is_missing(settings, cause):
    problem = openai_plugin.odai_models().available(settings)
    if cause is None:
        assert problem is None
    else:
        assert cause in problem.cause
        assert "OPENAI_" in problem.remedy or "wss://" in problem.remedy


def test_each_call_gets_a_model_of_its_own(phone):
    plugin = openai_plugin.odai_models()
    first, second = plugin.realtime(phone), plugin.realtime(phone)
    assert isinstance(first, OpenAIRealtime)
    assert first is not second


def test_warming_up_builds_the_shared_tls_context():
    shared_ssl_context.cache_clear()
    openai_plugin.odai_models().warm_up({})
    assert shared_ssl_context.cache_info().currsize == 1


def test_declaring_it_does_not_import_the_sdk():
    code = (
        "import sys; from odai_core.models import openai_plugin as p; p.odai_models().available({});"
        "print(sorted({'agents', 'openai', 'websockets', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"

"""ODAI: a voice assistant server made of pip packages. The smallest plugin is this module, named by an entry point:

    from odai_core import ToolPlugin, hookimpl

    async def tell_tide(harbour: str) -> str:
        '''Say when the next high tide is in a harbour.'''
        return f"High tide in {harbour} is at ten past four."

    @hookimpl
    def odai_tools():
        return ToolPlugin(name="tides", api=1, title="Tides", summary="tell the tides",
                          tools=[tell_tide], voice=True)

and in its pyproject.toml:

    [project.entry-points."odai.tools"]
    tides = "odai_tool_tides"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odai_core.calls import (
    PCM16_24K,
    ULAW_8K,
    AudioFormat,
    AudioProfile,
    Call,
    Caller,
    CallInfo,
    CallOptions,
    ToolInfo,
    TransportContext,
    Turn,
    TurnDetection,
    Values,
)
from odai_core.contract import (
    API_VERSION,
    AccountPlugin,
    Asset,
    ModelPlugin,
    Problem,
    Secret,
    Setting,
    ToolContext,
    ToolPlugin,
    TransportPlugin,
    tool,
)
from odai_core.errors import AssetError, CallRefused, OdaiError, PluginError, SettingError, SetupError, ToolError

if TYPE_CHECKING:
    from odai_core.hooks import hookimpl
    from odai_core.tools import speech
    from odai_core.tools.response import ToolResponse
    from odai_core.voice import events
    from odai_core.voice.orchestrator import AUDIO_AGENT, VOICE_ORCHESTRATOR_TOOLS
    from odai_core.web.app import create_app

# What costs time to import, or needs the installed plugins, is looked up when somebody asks for it.
_LAZY = {
    "AUDIO_AGENT": "odai_core.voice.orchestrator",
    "ToolResponse": "odai_core.tools.response",
    "VOICE_ORCHESTRATOR_TOOLS": "odai_core.voice.orchestrator",
    "create_app": "odai_core.web.app",
    "events": "odai_core.voice",
    "hookimpl": "odai_core.hooks",
    "speech": "odai_core.tools",
}

__all__ = [
    "API_VERSION",
    "AUDIO_AGENT",
    "PCM16_24K",
    "ULAW_8K",
    "VOICE_ORCHESTRATOR_TOOLS",
    "AccountPlugin",
    "Asset",
    "AssetError",
    "AudioFormat",
    "AudioProfile",
    "Call",
    "CallInfo",
    "CallOptions",
    "CallRefused",
    "Caller",
    "ModelPlugin",
    "OdaiError",
    "PluginError",
    "Problem",
    "Secret",
    "Setting",
    "SettingError",
    "SetupError",
    "ToolContext",
    "ToolError",
    "ToolInfo",
    "ToolPlugin",
    "ToolResponse",
    "TransportContext",
    "TransportPlugin",
    "Turn",
    "TurnDetection",
    "Values",
    "create_app",
    "events",
    "hookimpl",
    "speech",
    "tool",
]


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    # `events` and `speech` are submodules, the rest are names inside one.
    return import_module(f"{module}.{name}") if name in ("events", "speech") else getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)

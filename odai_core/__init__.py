"""ODAI: a voice and text assistant made of pip packages. The smallest plugin is this module, named by an entry point:

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
from odai_core.chats import Chat, ChatBook, ChatInfo, ChatSummary, PastTurn, TextOptions, Usage
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
from odai_core.errors import (
    AccountNeeded,
    AssetError,
    CallRefused,
    ForeignChat,
    ModelError,
    OdaiError,
    PluginError,
    QuotaReached,
    SettingError,
    SetupError,
    ToolError,
)
from odai_core.grants import Account, AccountContext, Grant, Link, LinkInfo

if TYPE_CHECKING:
    from odai_core import handshake
    from odai_core.hooks import hookimpl
    from odai_core.text import events as chat_events
    from odai_core.text.orchestrator import ORCHESTRATOR_AGENT
    from odai_core.tools import speech
    from odai_core.tools.response import ToolResponse
    from odai_core.voice import events
    from odai_core.voice.orchestrator import AUDIO_AGENT, VOICE_ORCHESTRATOR_TOOLS
    from odai_core.web import link_pages, pages
    from odai_core.web.app import create_app

# What costs time to import, or needs the installed plugins, is looked up when somebody asks for it.
_LAZY = {
    "AUDIO_AGENT": "odai_core.voice.orchestrator",
    "ORCHESTRATOR_AGENT": "odai_core.text.orchestrator",
    "ToolResponse": "odai_core.tools.response",
    "VOICE_ORCHESTRATOR_TOOLS": "odai_core.voice.orchestrator",
    "chat_events": "odai_core.text.events",
    "create_app": "odai_core.web.app",
    "events": "odai_core.voice.events",
    "handshake": "odai_core.handshake",
    "hookimpl": "odai_core.hooks",
    "link_pages": "odai_core.web.link_pages",
    "pages": "odai_core.web.pages",
    "speech": "odai_core.tools.speech",
}

_MODULES = frozenset({"chat_events", "events", "handshake", "link_pages", "pages", "speech"})

__all__ = [
    "API_VERSION",
    "AUDIO_AGENT",
    "ORCHESTRATOR_AGENT",
    "PCM16_24K",
    "ULAW_8K",
    "VOICE_ORCHESTRATOR_TOOLS",
    "Account",
    "AccountContext",
    "AccountNeeded",
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
    "Chat",
    "ChatBook",
    "ChatInfo",
    "ChatSummary",
    "ForeignChat",
    "Grant",
    "Link",
    "LinkInfo",
    "ModelError",
    "ModelPlugin",
    "OdaiError",
    "PastTurn",
    "PluginError",
    "Problem",
    "QuotaReached",
    "Secret",
    "Setting",
    "SettingError",
    "SetupError",
    "TextOptions",
    "ToolContext",
    "ToolError",
    "ToolInfo",
    "ToolPlugin",
    "ToolResponse",
    "TransportContext",
    "TransportPlugin",
    "Turn",
    "TurnDetection",
    "Usage",
    "Values",
    "chat_events",
    "create_app",
    "events",
    "handshake",
    "hookimpl",
    "link_pages",
    "pages",
    "speech",
    "tool",
]


def __getattr__(name: str) -> Any:
    module = "odai_core.voice.specialists" if name.startswith("REALTIME_") else _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = import_module(module)
    return found if name in _MODULES else getattr(found, name)


def __dir__() -> list[str]:
    return sorted(__all__)

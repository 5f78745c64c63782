"""The four hooks a plugin may implement, and the markers for them.

Core calls every implementation by itself, once per load, right after importing the module: nothing async crosses a
hook, and a plugin that raises here is `broken` while the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from odai_core.contract import AccountPlugin, ModelPlugin, ToolPlugin, TransportPlugin

PROJECT = "odai"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def odai_tools() -> ToolPlugin | Sequence[ToolPlugin]:
    """Return the connectors of this module. Entry-point group: `odai.tools`."""
    raise NotImplementedError


@hookspec
def odai_transports() -> TransportPlugin | Sequence[TransportPlugin]:
    """Return the transports of this module. Entry-point group: `odai.transports`."""
    raise NotImplementedError


@hookspec
def odai_models() -> ModelPlugin | Sequence[ModelPlugin]:
    """Return the models of this module. Entry-point group: `odai.models`."""
    raise NotImplementedError


@hookspec
def odai_accounts() -> AccountPlugin | Sequence[AccountPlugin]:
    """Return the account services of this module. Entry-point group: `odai.accounts`."""
    raise NotImplementedError

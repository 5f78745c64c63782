"""What answers: a catalog's agents and the model behind them, made once and closed when the last turn has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agents import Agent
from agents.models.interface import Model

from odai_core.chats import TextOptions
from odai_core.contract import ModelPlugin, ToolPlugin
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.choice import choose_text_model
from odai_core.plugins.host import PluginHost
from odai_core.text.orchestrator import orchestrator, text_tool_infos

CLOSE_SECONDS = 5.0
"""What a model gets to close."""

log = logging.getLogger("odai.text")


@dataclass
class Engine:
    """One catalog's."""

    catalog: Catalog
    plugin: ModelPlugin
    model: Model
    priced_as: str
    """The service's name of the model, for the price table."""
    agent: Agent[Any]
    entries: dict[str, Entry] = field(default_factory=dict)
    """By the names of their tools."""
    uses: int = 0

    @property
    def ready(self) -> tuple[Entry, ...]:
        """The connectors' entries."""
        return self.catalog.ready("tools")

    @property
    def connectors(self) -> tuple[ToolPlugin, ...]:
        """What they declared."""
        return tuple(entry.plugin for entry in self.ready if isinstance(entry.plugin, ToolPlugin))


class Engines:
    """The engine of the newest catalog, and older ones for as long as a turn uses them."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._current: Engine | None = None

    @property
    def model_name(self) -> str:
        """The model plugin that answers; "" when none is ready."""
        if self._current is not None:
            return self._current.plugin.name
        try:
            return choose_text_model(self._host.catalog, self._host.settings.core["ODAI_TEXT_PLUGIN"]).name
        except SetupError:
            return ""

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Engine]:
        """The engine of what is installed now. Raises SetupError when no model is ready."""
        catalog = await asyncio.to_thread(self._host.refresh)
        if self._current is None or self._current.catalog is not catalog:
            old, self._current = self._current, self._build(catalog)
            if old is not None and not old.uses:
                await _close(old)
        engine = self._current
        engine.uses += 1
        try:
            yield engine
        finally:
            engine.uses -= 1
            if not engine.uses and engine is not self._current:
                await _close(engine)

    async def close(self) -> None:
        """Close the model once nobody uses it."""
        engine, self._current = self._current, None
        if engine is not None and not engine.uses:
            await _close(engine)

    def _build(self, catalog: Catalog) -> Engine:
        entry = choose_text_model(catalog, self._host.settings.core["ODAI_TEXT_PLUGIN"])
        plugin = entry.plugin
        assert isinstance(plugin, ModelPlugin)
        assert plugin.text is not None
        values = catalog.settings_of(entry)
        try:
            model = plugin.text(TextOptions(settings=values, tools=text_tool_infos(catalog)))
            priced_as = plugin.text_model(values) or plugin.name
        except SetupError:
            raise
        except Exception as error:
            log.exception("the text model %s could not be made", entry.name)
            cause = f"The model {entry.name} failed while it was made: {type(error).__name__}."
            raise SetupError(cause, f"Look in the log, then upgrade {entry.candidate.distribution}.") from None
        return Engine(
            catalog,
            plugin,
            model,
            priced_as,
            orchestrator(catalog, model),
            {spec.name: owner for owner, spec in catalog.tools},
        )


async def _close(engine: Engine) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await engine.model.close()
    except Exception:
        log.exception("the text model %s did not close well", engine.plugin.name)

"""A call's tools at work: run, told to the screen, measured, and never dead air while they take their time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odai_core.calls import Caller
from odai_core.grants import Account
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.running import tool_context
from odai_core.tools.compact import for_model
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.response import ToolResponse
from odai_core.tools.schema import ToolSpec
from odai_core.voice import prompts
from odai_core.voice.audio import tick
from odai_core.voice.events import ToolEnded, ToolStarted
from odai_core.voice.hangup import HANGUP
from odai_core.voice.orchestrator import AGENT_NAME

if TYPE_CHECKING:
    from odai_core.voice.call import LiveCall

FILLER_SECONDS = 0.8
"""A tool that runs longer is filled with a soft tick, since silence on a phone sounds like a lost line."""
TICK_SECONDS = 0.6
"""From one tick to the next."""

Track = Callable[[str, Mapping[str, Any]], None]
AccountOf = Callable[[Entry], Account | None]


class ToolWork:
    """The tools of one call's catalog. `running` counts those under way."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        http: HttpClient,
        caller: Caller,
        demo: bool,
        track: Track,
        account_of: AccountOf = lambda entry: None,
    ) -> None:
        self._entries: dict[str, Entry] = {
            # Not only the voice tools: a call may be handed to the specialist of a connector that is not for voice.
            spec.name: entry
            for entry, spec in catalog.tools
            if not spec.options.confirm
        }
        self._http = http
        self._account_of = account_of
        self._caller = caller
        self._demo = demo
        self._track = track
        self._told_sample = False
        self._silences = self._ticks = 0
        self.running = 0

    async def run(self, call: LiveCall, spec: ToolSpec, call_id: str, arguments: str) -> str:
        """Run one tool; the text for the model, at most 1.5 kB. Raises only a cancellation."""
        entry = self._entries.get(spec.name)
        title = getattr(entry.plugin, "title", "") if entry else "ODAI"
        call.emit(ToolStarted(call_id, spec.name, arguments, title, spec.options.progress))
        self._track("Tool Called", {"tool_call": spec.name, "tool_description": spec.options.progress})
        loop = asyncio.get_running_loop()
        started = loop.time()
        self.running += 1
        if self.running == 1 and spec.name != HANGUP.name:
            self._silences += 1
            call.start(self._fill(call, self._silences), "filler")
        output, ok = None, False
        try:
            response = await self._response(entry, spec, arguments, title)
            output, ok = response.to_wire() if response.display_response else None, response.ok
        finally:
            self.running -= 1
            ms = round((loop.time() - started) * 1000)
            call.clock.tool(ms)
            call.emit(ToolEnded(call_id, spec.name, output, ms, ok))
        return for_model(self._with_notice(response))

    async def _response(self, entry: Entry | None, spec: ToolSpec, arguments: str, title: str) -> ToolResponse:
        if entry is None:
            return ToolResponse(response_type="twilio_hangup", response={"status": "ending"}, display_response=False)
        context = tool_context(
            entry,
            http=self._http,
            caller=self._caller,
            demo=self._demo,
            account=self._account_of(entry),
        )
        return await invoke(spec, arguments, context, agent_name=AGENT_NAME, friendly_name=title)

    def _with_notice(self, response: ToolResponse) -> ToolResponse:
        """Sample data is said aloud once per call."""
        if not response.sample or self._told_sample or not response.ok:
            return response
        self._told_sample = True
        return replace(response, spoken=prompts.SAMPLE_NOTICE + response.spoken)

    async def _fill(self, call: LiveCall, silence: int) -> None:
        """Tick while tools run and nothing else is to be heard. Each tick is an item, so none can be left half said."""
        sound = tick(call.info.audio.format)
        await asyncio.sleep(FILLER_SECONDS)
        while self.running and silence == self._silences:
            if not call.playback.active:
                self._ticks += 1
                item_id = f"filler-{self._ticks}"
                call.playback.add(item_id, sound, filler=True)
                call.playback.finish(item_id)
            await asyncio.sleep(TICK_SECONDS)

"""Opens calls: holds what they share, and gives each its catalog, its model and its limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from agents.realtime import RealtimeAgent

from odai_core.accounts.desk import Accounts
from odai_core.analytics.events import call_ended, call_started
from odai_core.analytics.segment import Analytics
from odai_core.calls import Call, CallInfo, CallOptions, Turn
from odai_core.contract import ModelPlugin
from odai_core.plugins.catalog import Catalog
from odai_core.plugins.choice import choose_model
from odai_core.plugins.host import PluginHost
from odai_core.tools.http import HttpClient
from odai_core.usage.ledger import Ledger
from odai_core.voice.call import Limits, LiveCall
from odai_core.voice.hangup import HANGUP
from odai_core.voice.meter import CallMeter
from odai_core.voice.orchestrator import audio_agent, call_instructions, tool_infos
from odai_core.voice.session import ModelSession
from odai_core.voice.toolwork import ToolWork


class Switchboard:
    """One per server. Owns none of what it is given; whoever made it closes it."""

    def __init__(
        self, host: PluginHost, *, http: HttpClient, accounts: Accounts, ledger: Ledger, analytics: Analytics
    ) -> None:
        self._host = host
        self._http = http
        self._accounts = accounts
        self._ledger = ledger
        self._analytics = analytics
        self._core = host.settings.core
        self.live: dict[str, LiveCall] = {}
        self.opened = 0
        self._agent: tuple[int, RealtimeAgent[Any]] | None = None

    @asynccontextmanager
    async def open_call(self, info: CallInfo) -> AsyncIterator[Call]:
        """A greeted call; leaving the context closes everything, exactly once. Raises SetupError or ModelLost.

        A caller who has had all that a day allows is told so and hung up on; one with a screen is a QuotaReached.
        """
        catalog = await asyncio.to_thread(self._host.refresh)
        call = self._make(info, catalog)
        await call.meter.check()
        if call.meter.refusal is not None and info.screen:
            raise call.meter.refusal
        started = asyncio.get_running_loop().time()
        try:
            await call.open()
            self.live[info.session_id] = call
            self.opened += 1
            self._track(info, *call_started(info.analytics_name, info.analytics))
            yield call
        finally:
            if self.live.pop(info.session_id, None) is not None:
                seconds = round(asyncio.get_running_loop().time() - started, 3)
                self._track(info, *call_ended(info.analytics_name, info.analytics, duration=seconds))
            await finish(call.close())

    def _make(self, info: CallInfo, catalog: Catalog) -> LiveCall:
        model = choose_model(catalog, self._core["ODAI_MODEL"])
        infos = tool_infos(catalog)
        agent = self._agent_of(catalog)
        chat_id = info.tool_chat_id or info.session_id

        async def connect(call: LiveCall, history: tuple[Turn, ...]) -> ModelSession:
            assert isinstance(model.plugin, ModelPlugin)
            assert model.plugin.realtime is not None
            options = CallOptions(
                audio=info.audio.format,
                turns=info.audio.turns,
                instructions=call_instructions(catalog, info.caller),
                tools=infos,
                settings=catalog.settings_of(model),
                caller=info.caller,
                history=history,
            )
            session = ModelSession(
                model.plugin.realtime(options),
                agent=agent,
                context=call,
                sink=call.on_model_event,
                tools=frozenset(tool.name for tool in infos),
                silent_tools=frozenset({HANGUP.name}),
                on_handoff=call.on_handoff,
                position=call.playback.position,
            )
            await session.open()
            return session

        def track(name: str, properties: Mapping[str, Any]) -> None:
            self._track(info, name, {"chat_id": chat_id, **properties})

        return LiveCall(
            info,
            connect=connect,
            work=ToolWork(
                catalog,
                http=self._http,
                account_of=lambda entry: self._accounts.account_of(catalog, entry, info.caller),
                caller=info.caller,
                demo=self._core["ODAI_DEMO"],
                track=track,
            ),
            meter=CallMeter(self._ledger, info, model.name, clock=asyncio.get_running_loop().time),
            limits=Limits(duration=self._core["ODAI_MAX_CALL_SECONDS"], idle=self._core["ODAI_IDLE_SECONDS"]),
            model_name=model.name,
            tool_names=tuple(tool.name for tool in infos),
        )

    def _agent_of(self, catalog: Catalog) -> RealtimeAgent[Any]:
        """An agent holds nothing of a call, so one serves all calls of a catalog."""
        if self._agent is None or self._agent[0] != catalog.generation:
            self._agent = (catalog.generation, audio_agent(catalog))
        return self._agent[1]

    def _track(self, info: CallInfo, name: str, properties: Mapping[str, Any]) -> None:
        self._analytics.track(name, properties, user_id=info.caller.user_id, anonymous_id=info.session_id)


async def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end even when the task around it is cancelled; the cancellation goes on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise

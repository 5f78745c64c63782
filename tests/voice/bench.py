"""A call on a bench: time that jumps instead of passing, a model that a test plays, and tools it can hold."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agents import realtime as sdk
from agents.realtime.model_events import RealtimeModelRawServerEvent, RealtimeModelToolCallEvent
from agents.realtime.model_inputs import RealtimeModelSendRawMessage, RealtimeModelSendToolOutput

from odai_core.calls import PCM16_24K, AudioFormat, AudioProfile, Caller, CallInfo, Turn, TurnDetection
from odai_core.contract import ToolPlugin
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.tools.schema import describe
from odai_core.voice import events
from odai_core.voice.call import Limits, LiveCall
from odai_core.voice.hangup import HANGUP
from odai_core.voice.meter import CallMeter
from odai_core.voice.orchestrator import audio_agent, tool_infos
from odai_core.voice.session import ModelSession
from odai_core.voice.toolwork import ToolWork

WAKE_SECONDS = 5.0


class _Jumping(selectors.DefaultSelector):
    """Never waits for time: it moves the loop's clock. Waiting for nothing at all is a deadlock."""

    loop: VirtualLoop

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(WAKE_SECONDS)
            if not ready:
                raise RuntimeError("deadlock: nothing is ready, and no timer runs")
            return ready
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose hours take no time."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a `VirtualLoop`; at its end no task may be left."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def main() -> None:
            await test(*args, **kwargs)
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, left

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())

    return run


class Model(sdk.RealtimeModel):
    """One connection. A test emits its events; `sent` is what it was given."""

    def __init__(self, *, refuses: Exception | None = None, drops: bool = False) -> None:
        self.refuses = refuses
        self.drops = drops
        self.sent: list[Any] = []
        self.fails_to_send: Exception | None = None
        self.listeners: list[Any] = []
        self.tracker: Any = None
        self.closed = 0
        self.speaks: Callable[[Model, str], Coroutine[Any, Any, None]] | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self.numbers = 0
        self.answered = asyncio.Event()
        """A tool's output has come."""

    async def connect(self, options):
        if self.refuses is not None:
            raise self.refuses
        self.tracker = options.get("playback_tracker")
        await self.emit(sdk.RealtimeModelConnectionStatusEvent(status="connected"))
        if self.drops:
            await self.emit(sdk.RealtimeModelConnectionStatusEvent(status="disconnected"))

    def add_listener(self, listener):
        self.listeners.append(listener)

    def remove_listener(self, listener):
        self.listeners.remove(listener)

    async def emit(self, event):
        for listener in tuple(self.listeners):
            await listener.on_event(event)

    async def send_event(self, event):
        if self.fails_to_send is not None:
            raise self.fails_to_send
        self.sent.append(event)
        if isinstance(event, RealtimeModelSendToolOutput):
            self.answered.set()
        if self.speaks is not None and isinstance(event, RealtimeModelSendRawMessage):
            text = event.message["other_data"]["response"]["metadata"]["say"]
            task = asyncio.create_task(self.speaks(self, text))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def close(self):
        self.closed += 1
        for task in self._answers:
            task.cancel()
        self._answers.clear()

    # -- what a test plays

    def said(self) -> list[str]:
        """What it was asked to say."""
        raw = [event for event in self.sent if isinstance(event, RealtimeModelSendRawMessage)]
        return [event.message["other_data"]["response"]["metadata"]["say"] for event in raw]

    def outputs(self) -> list[RealtimeModelSendToolOutput]:
        return [event for event in self.sent if isinstance(event, RealtimeModelSendToolOutput)]

    async def begin(self, response: str = "r1") -> None:
        await self.emit(sdk.RealtimeModelTurnStartedEvent(response_id=response))

    async def audio(self, item: str, ms: int, response: str = "r1") -> None:
        await self.emit(sdk.RealtimeModelAudioEvent(b"\1\0" * 24 * ms, response, item, 0))

    async def text(self, item: str, delta: str, response: str = "r1") -> None:
        await self.emit(sdk.RealtimeModelTranscriptDeltaEvent(item, delta, response))

    async def end(self, response: str = "r1") -> None:
        await self.emit(sdk.RealtimeModelTurnEndedEvent(response_id=response))

    async def call(self, name: str, call_id: str, arguments: str = "{}") -> None:
        await self.emit(RealtimeModelToolCallEvent(name=name, call_id=call_id, arguments=arguments, id=f"i-{call_id}"))

    async def raw(self, kind: str, **data: Any) -> None:
        await self.emit(RealtimeModelRawServerEvent(data={"type": kind, **data}))

    async def answer(self, text: str, ms: int = 400) -> None:
        """A whole spoken answer."""
        self.numbers += 1
        response, item = f"a{self.numbers}-{id(self)}", f"item{self.numbers}-{id(self)}"
        await self.begin(response)
        await self.audio(item, ms, response)
        await self.text(item, text, response)
        await self.emit(sdk.RealtimeModelAudioDoneEvent(item, 0))
        await self.end(response)


async def speak(model: Model, text: str) -> None:
    """Answers what it is asked to say, in 400 ms of audio."""
    await model.answer(text)


def entry(name: str, *tools: Any, **more: Any) -> Entry:
    plugin = ToolPlugin(name=name, api=1, title=name.title(), summary="be tested", tools=tools, voice=True, **more)
    return Entry(
        candidate=Candidate(kind="tools", name=name, module=name, distribution=f"odai-tool-{name}", version="1"),
        name=name,
        state=State.READY,
        plugin=plugin,
        specs=tuple(describe(tool) for tool in tools),
    )


class Book:
    """A ledger in memory: `records` in order; `refuses` is raised by every check, `fails` by every record."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}
        self.tries: list[str] = []
        self.refuses: Exception | None = None
        self.fails: BaseException | None = None
        self.open = asyncio.Event()
        self.open.set()

    def account(self, caller: Caller) -> str:
        return caller.user_id or "guest"

    async def check(self, user: str, *, call: bool = False) -> None:
        if self.refuses is not None:
            raise self.refuses

    async def record(self, usage: Any, *, id: str, user: str, kind: str, chat_id: str) -> None:
        self.tries.append(id)
        await self.open.wait()
        if self.fails is not None:
            raise self.fails
        self.records.setdefault(id, (user, kind, chat_id, usage))

    def sum(self, name: str) -> float:
        return sum(getattr(record[-1], name) for record in self.records.values())


@dataclass
class Bench:
    """A call and the models it connects to, in order: `plan` first, then models that speak."""

    catalog: Catalog
    profile: AudioProfile
    limits: Limits
    demo: bool = False
    plan: deque[Model] = field(default_factory=deque)
    models: list[Model] = field(default_factory=list)
    histories: list[tuple[Turn, ...]] = field(default_factory=list)
    tracked: list[tuple[str, Any]] = field(default_factory=list)
    seen: list[events.CallEvent] = field(default_factory=list)
    ledger: Book = field(default_factory=Book)
    reading: asyncio.Task[None] | None = None

    def make(self) -> LiveCall:
        work = ToolWork(
            self.catalog,
            http=None,
            caller=Caller(),
            demo=self.demo,
            track=lambda name, data: self.tracked.append((name, data)),
        )
        info = CallInfo(session_id="s1", caller=Caller(place="Ghent"), audio=self.profile, analytics_name="Test Call")
        meter = CallMeter(self.ledger, info, "bench", clock=asyncio.get_running_loop().time)
        self.call = LiveCall(
            info,
            connect=self.connect,
            work=work,
            meter=meter,
            limits=self.limits,
            model_name="bench",
            tool_names=("hangup_call",),
        )
        return self.call

    async def connect(self, call: LiveCall, history: tuple[Turn, ...]) -> ModelSession:
        self.histories.append(history)
        if self.plan:
            model = self.plan.popleft()
        else:
            model = Model()
            model.speaks = speak
        self.models.append(model)
        session = ModelSession(
            model,
            agent=audio_agent(self.catalog),
            context=call,
            sink=call.on_model_event,
            tools=frozenset(info.name for info in tool_infos(self.catalog)),
            silent_tools=frozenset({HANGUP.name}),
            on_handoff=call.on_handoff,
            position=call.playback.position,
        )
        await session.open()
        return session

    @property
    def model(self) -> Model:
        return self.models[-1]

    async def read(self) -> None:
        async for event in self.call.events():
            self.seen.append(event)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    async def ended(self) -> str:
        """Wait for the end (virtual time: a day at most); its reason."""
        async with asyncio.timeout(86400):
            await self.reading
        return self.of(events.Ended)[-1].reason


def profile(*, paced: bool = False, audio: AudioFormat = PCM16_24K) -> AudioProfile:
    return AudioProfile(format=audio, turns=TurnDetection(type="server_vad", interrupt=True), paced=paced)


@asynccontextmanager
async def on_bench(
    *tools: Entry,
    plan: list[Model] | None = None,
    duration: float = 3600,
    idle: float = 3000,
    rotate: float = 3300,
    demo: bool = False,
    paced: bool = False,
    greeted: bool = True,
    ledger: Book | None = None,
) -> AsyncIterator[Bench]:
    """An open call whose greeting was heard, read all the time; closed at the end of the block."""
    limits = Limits(duration=duration, idle=idle, rotate=rotate)
    bench = Bench(Catalog(entries=tools, generation=1), profile(paced=paced), limits, demo, deque(plan or ()))
    bench.ledger = ledger or bench.ledger
    call = bench.make()
    await call.meter.check()
    try:
        await call.open()
        bench.reading = asyncio.create_task(bench.read())
        if greeted:
            await asyncio.sleep(1)
        yield bench
    finally:
        await call.close()
        if bench.reading is not None:
            await bench.reading
        assert all(model.closed == 1 for model in bench.models), [model.closed for model in bench.models]

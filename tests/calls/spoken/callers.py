"""The callers: each makes one whole call over real sockets, and what came of it is written down."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from odai_model_local import speech

from odai_core import AudioFormat
from odai_core.calls import PCM16_24K, ULAW_8K
from odai_core.cli.phone import Answer, AppPeer, Clip, Line, TwilioPeer
from odai_core.testing.upstreams import UpstreamServer
from odai_core.voice.call import LiveCall
from odai_core.voice.events import CallEvent, ToolStarted, Transcript
from tests.calls.harness import Running, running
from tests.calls.spoken.judge import misheard, why_wrong
from tests.calls.spoken.scripts import Script, Turn
from tests.calls.spoken.sound import prepared, read_back
from tests.calls.spoken.voices import say_all

Transport = Literal["clean", "phone"]
TRANSPORTS: tuple[Transport, ...] = ("clean", "phone")
FORMATS: dict[Transport, AudioFormat] = {"clean": PCM16_24K, "phone": ULAW_8K}
QUIET: dict[Transport, float] = {"clean": 0.6, "phone": 1.2}
"""Seconds of silence that end an answer; the app tells when the assistant is at work, the phone does not."""
TALKERS = 10
LONGEST = 150.0
"""Seconds a call may take."""
FIRST_SOUND = 12.0
EARLY_SOUND = 2.0
"""Seconds to the first sound of an answer; after one that came while the caller spoke there may be no other."""
PLUGINS = "amtrak,flightaware,yelp,local,twilio,webrtc"
"""What is unsupported here stays so, whatever else is installed."""
PUBLIC_HOST = "voice.example.com"
TWILIO_TOKEN = "a token for tests"
ALONE = frozenset({"coffee-cambridge", "on-schedule", "how-are-you"})
"""Made one after the other before all others, so that their waits are those of a machine that is not busy."""


@dataclass(frozen=True)
class Exchange:
    """One turn as it went. `heard`: the server's transcript; `answer`: recognised from the audio that came back."""

    said: str
    heard: str
    tools: tuple[tuple[str, str], ...]
    answer: str
    latency_ms: int | None
    """From the end of speech to the first sound."""
    why: str
    """Empty: right."""


@dataclass
class Outcome:
    """One call as it went."""

    id: str
    voice: str
    transport: Transport
    alone: bool = False
    exchanges: list[Exchange] = field(default_factory=list)
    trouble: str = ""
    """Why the call could not be made, or broke off."""

    @property
    def right(self) -> bool:
        """Every turn was right, and the line held."""
        return not self.trouble and all(not exchange.why for exchange in self.exchanges)


class Wiretap(dict[str, list[CallEvent]]):
    """What every call of this process tells its transport, by session id, or by stream SID on the phone."""

    @classmethod
    @contextmanager
    def on(cls) -> Iterator[Wiretap]:
        """Listen in while the block runs: Twilio's protocol shows neither transcripts nor tools."""
        tap, emit = cls(), LiveCall.emit

        def emit_and_tell(self: LiveCall, event: CallEvent | None) -> None:
            if event is not None:
                key = str(self.info.analytics.get("stream_sid") or self.session_id)
                tap.setdefault(key, []).append(event)
            emit(self, event)

        LiveCall.emit = emit_and_tell  # type: ignore[method-assign]
        try:
            yield tap
        finally:
            LiveCall.emit = emit  # type: ignore[method-assign]


@dataclass(frozen=True)
class Exchangeboard:
    """The two servers that are called, and what is needed to follow a call."""

    live: Running
    demo: Running
    tap: Wiretap
    models: speech.Speech


@asynccontextmanager
async def servers() -> AsyncIterator[Exchangeboard]:
    """One with keys, whose connectors ask the stand-in; one without, in demo mode and without a network."""
    phone = {
        "ODAI_MODEL": "local", "ODAI_PLUGINS": PLUGINS, "ODAI_PUBLIC_HOST": PUBLIC_HOST,
        "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
    }  # fmt: skip
    with socket.socket() as closed, Wiretap.on() as tap:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with UpstreamServer() as upstream:
            keys = {
                "YELP_API_KEY": upstream.key, "YELP_BASE_URL": upstream.url("yelp"),
                "FLIGHTAWARE_API_KEY": upstream.key, "FLIGHTAWARE_BASE_URL": upstream.url("flightaware"),
                "AMTRAKER_BASE_URL": upstream.url("amtrak"),
            }  # fmt: skip
            async with (
                running(**phone, **keys) as live,
                running(**phone, ODAI_DEMO="1", AMTRAKER_BASE_URL=nobody) as demo,
            ):
                models = await asyncio.to_thread(speech.load, {"ODAI_MODELS_DIR": ""})
                yield Exchangeboard(live, demo, tap, models)


async def make_calls(
    chosen: Sequence[Script],
    *,
    transports: Collection[Transport] = TRANSPORTS,
    talkers: int = TALKERS,
    noise_db: float | None = None,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Make every call over every transport, `talkers` at a time; `ALONE` first. In the order of the scripts.

    `tell` gets each outcome when its call is over.
    """
    clips = await asyncio.to_thread(_clips, chosen)
    async with servers() as board:
        turnstile = asyncio.Semaphore(talkers)

        async def one(script: Script, transport: Transport, *, alone: bool = False) -> Outcome:
            async with turnstile:
                phone = transport == "phone"
                mine = [
                    await asyncio.to_thread(prepared, clip, phone=phone, noise_db=noise_db) for clip in clips[script.id]
                ]
                outcome = await call(board, script, mine, transport, alone=alone)
                tell(outcome)
                return outcome

        jobs = [(script, transport) for script in chosen for transport in transports]
        done = {}
        for script, transport in jobs:
            if script.id in ALONE:
                done[script.id, transport] = await one(script, transport, alone=True)
        rest = [(script, transport) for script, transport in jobs if script.id not in ALONE]
        outcomes = await asyncio.gather(*(one(script, transport) for script, transport in rest))
        done |= {(outcome.id, outcome.transport): outcome for outcome in outcomes}
        return [done[script.id, transport] for script, transport in jobs]


def _clips(chosen: Sequence[Script]) -> dict[str, list[Clip]]:
    """What each call says, turn by turn."""
    by_voice: dict[str, set[str]] = {}
    for script in chosen:
        if script.clip is None:
            by_voice.setdefault(script.voice, set()).update(turn.say for turn in script.turns)
    spoken = {voice: say_all(voice, sorted(texts)) for voice, texts in by_voice.items()}
    return {
        script.id: [script.clip] if script.clip else [spoken[script.voice][turn.say] for turn in script.turns]
        for script in chosen
    }


async def call(
    board: Exchangeboard, script: Script, clips: Sequence[Clip], transport: Transport, *, alone: bool
) -> Outcome:
    """One whole call: hear the greeting out, then say each clip and hear each answer out, and hang up."""
    outcome = Outcome(script.id, script.voice, transport, alone)
    server = board.demo if script.demo else board.live
    try:
        async with asyncio.timeout(LONGEST), _peer(server, transport) as peer:
            key = peer.session_id if isinstance(peer, AppPeer) else peer.stream_sid
            greeting = await peer.listen(quiet=QUIET[transport] / 2, timeout=FIRST_SOUND)
            if not greeting.audio:
                outcome.trouble = "no greeting was heard"
                return outcome
            for turn, clip in zip(script.turns, clips, strict=True):
                before = len(board.tap[key])
                answer = await _ask(peer.line, clip, QUIET[transport])
                outcome.exchanges.append(await _exchange(board, script, turn, transport, key, before, answer))
            if peer.line.violations:
                outcome.trouble = f"the server broke the protocol: {peer.line.violations[0]}"
    except Exception as error:
        outcome.trouble = f"{type(error).__name__}: {error}"
    return outcome


async def _ask(line: Line, clip: Clip, quiet: float) -> Answer:
    """Say it and hear the answer out. A caller who pauses is answered before the end, and hears that, too."""
    began, received = asyncio.get_running_loop().time(), line.ear.received
    await line.say(clip)
    early = line.ear.received > received
    answer = await line.listen(quiet=quiet, timeout=EARLY_SOUND if early else FIRST_SOUND)
    if not early:
        return answer
    left = line.ear.quiet_at() - asyncio.get_running_loop().time()
    await asyncio.sleep(max(0.0, left))
    return Answer(line.ear.heard(began), None, 0)


def _peer(server: Running, transport: Transport) -> AppPeer | TwilioPeer:
    if transport == "clean":
        return AppPeer(server.ws, token=server.token())
    return TwilioPeer(server.ws, auth_token=TWILIO_TOKEN, public_host=PUBLIC_HOST)


async def _exchange(
    board: Exchangeboard,
    script: Script,
    turn: Turn,
    transport: Transport,
    key: str,
    before: int,
    answer: Answer,
) -> Exchange:
    """What happened in a turn, and whether it was right."""
    events = board.tap[key][before:]
    lines = {event.item_id: event.text for event in events if isinstance(event, Transcript) and event.role == "user"}
    tools = tuple((event.tool, event.arguments) for event in events if isinstance(event, ToolStarted))
    heard = " ".join(lines.values())
    recognised = await asyncio.to_thread(read_back, board.models, answer.audio, FORMATS[transport])
    why = why_wrong(turn, list(tools), recognised)
    if script.clip is not None:
        why = misheard(script, heard) or why
    return Exchange(turn.say, heard, tools, recognised, answer.latency_ms, why)

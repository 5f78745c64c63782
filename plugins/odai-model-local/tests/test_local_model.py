"""The realtime model, with models that cost nothing: what it emits, when it stops, what it leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from agents.realtime.model import RealtimeModelListener
from agents.realtime.model_events import RealtimeModelEvent, RealtimeModelToolCallEvent
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendInterrupt,
    RealtimeModelSendRawMessage,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from odai_model_local import workers
from odai_model_local.audio import Encoder, Floats
from odai_model_local.brain.types import CallTool, Decision, Embed, Say
from odai_model_local.model import LocalRealtimeModel
from odai_model_local.speech import Speech

from odai_core import PCM16_24K, ULAW_8K, AssetError, AudioFormat, Caller, CallOptions, ToolInfo, TurnDetection

HANGUP = ToolInfo(name="hangup_call", description="End the call", parameters={"properties": {"why": {}}})
WEATHER = ToolInfo(name="get_weather", description="Weather", parameters={"properties": {}})


def vad(frame: Floats) -> float:
    return float(np.abs(frame).mean() > 0.05)


def speak(clause: str) -> Floats:
    """A tenth of a second a word."""
    return np.full(2400 * len(clause.split()), 0.3, np.float32)


def embed(texts: Sequence[str]) -> Floats:
    return np.zeros((len(texts), 384), np.float32)


@dataclass
class Parrot:
    """A brain that does what it is told."""

    answers: dict[str, Sequence[Decision]] = field(default_factory=dict)
    heard_texts: list[str] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)
    closed: int = 0
    hold: asyncio.Event | None = None
    cancelled: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def heard(self, text: str) -> Sequence[Decision]:
        self.heard_texts.append(text)
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        return self.answers.get(text, (Say(f"You said {text}"),))

    async def tool_result(self, name: str, output: str) -> Sequence[Decision]:
        self.results.append((name, output))
        return (Say(json.loads(output)["spoken"]),)

    async def close(self) -> None:
        self.closed += 1
        self.gone.set()


class Log(RealtimeModelListener):
    """Keeps every event; `until` waits for one."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.on: Callable[[Any], Awaitable[None]] | None = None
        self._news = asyncio.Event()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        self.events.append(event)
        self._news.set()
        if self.on is not None:
            await self.on(event)

    async def until(self, kind: str, count: int = 1) -> Any:
        async with asyncio.timeout(5):
            while len(found := self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return found[count - 1]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if self.name(event) == kind]

    @staticmethod
    def name(event: Any) -> str:
        return str(event.data["type"]) if event.type == "raw_server_event" else str(event.type)

    @property
    def kinds(self) -> list[str]:
        """The kinds in order, runs of audio as one."""
        names = [self.name(event) for event in self.events]
        return [name for at, name in enumerate(names) if name != "audio" or names[at - 1 : at] != ["audio"]]


@dataclass
class Talk:
    model: LocalRealtimeModel
    brain: Parrot
    log: Log
    transcripts: list[str]
    audio: AudioFormat

    async def speech(self, ms: int) -> None:
        await self._sound(ms, 0.5)

    async def silence(self, ms: int) -> None:
        await self._sound(ms, 0.0)

    async def say(self, text: str, silence_ms: int = 600) -> None:
        """One spoken turn of a second."""
        self.transcripts.append(text)
        await self.speech(1000)
        await self.silence(silence_ms)

    async def _sound(self, ms: int, level: float) -> None:
        tone = level * np.sin(2 * np.pi * 300 * np.arange(24 * ms) / 24000).astype(np.float32)
        data = Encoder(self.audio).feed(tone, last=True)
        step = 20 * self.audio.bytes_per_ms
        for at in range(0, len(data), step):
            await self.model.send_event(RealtimeModelSendAudio(audio=data[at : at + step]))


Open = Callable[..., Awaitable[Talk]]


@pytest.fixture
async def call() -> AsyncIterator[Open]:
    """Open a connected model; at the end it is closed and no task is left."""
    talks: list[Talk] = []

    async def open_(*, interrupt: bool = True, audio: AudioFormat = PCM16_24K, brain: Parrot | None = None) -> Talk:
        transcripts: list[str] = []
        mind = brain or Parrot()

        def transcribe(samples: Floats) -> str:
            return transcripts[0] if len(transcripts) == 1 else transcripts.pop(0) if transcripts else ""

        def make_brain(options: CallOptions, embed_: Embed | None) -> Parrot:
            assert embed_ is embed
            return mind

        speech = Speech(listen=lambda: vad, transcribe=transcribe, speak=speak, embed=embed)
        options = CallOptions(
            audio=audio,
            turns=TurnDetection(type="semantic_vad", interrupt=interrupt),
            instructions="",
            tools=(HANGUP, WEATHER),
            settings={},
            caller=Caller(),
        )
        model = LocalRealtimeModel(options, load=lambda settings: speech, make_brain=make_brain)
        log = Log()
        model.add_listener(log)
        await model.connect({})
        talks.append(Talk(model, mind, log, transcripts, audio))
        return talks[-1]

    yield open_
    for talk in talks:
        await talk.model.close()
        await talk.model.close()
        assert talk.brain.closed == 1
        assert [event.status for event in talk.log.of("connection_status")] == ["connected", "disconnected"]
    workers.close()
    assert ours() == []


def ours(prefix: str = "odai-local") -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith(prefix)]


def line(text: Any) -> RealtimeModelSendRawMessage:
    return RealtimeModelSendRawMessage(
        message={"type": "response.create", "other_data": {"response": {"metadata": {"say": text}}}}
    )


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
async def test_a_spoken_turn_from_audio_to_audio(call: Open, audio: AudioFormat) -> None:
    talk = await call(audio=audio)
    await talk.say("hello there")
    await talk.log.until("turn_ended")
    assert talk.log.kinds == [
        "connection_status",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "item_updated",
        "input_audio_transcription_completed",
        "turn_started",
        "item_updated",
        "transcript_delta",
        "odai.timing",
        "audio",
        "audio_done",
        "item_updated",
        "usage",
        "turn_ended",
    ]
    user, started, finished = (event.item for event in talk.log.of("item_updated"))
    assert (user.role, user.content[0].transcript) == ("user", "hello there")
    assert (started.status, finished.status) == ("in_progress", "completed")
    assert finished.content[0].transcript == "You said hello there"
    heard = talk.log.of("input_audio_transcription_completed")[0]
    assert (heard.item_id, heard.transcript) == (user.item_id, "hello there")
    sound = talk.log.of("audio")
    assert sum(len(event.data) for event in sound) == 400 * audio.bytes_per_ms
    assert {(event.item_id, event.response_id) for event in sound} == {
        (finished.item_id, talk.log.of("turn_ended")[0].response_id)
    }
    timing = talk.log.of("odai.timing")[0].data
    assert timing["end_of_turn_ms"] == 480
    assert {"stt_ms", "brain_ms", "tts_first_ms"} <= set(timing)


async def test_a_line_is_spoken_word_for_word_without_the_brain(call: Open) -> None:
    talk = await call()
    await talk.model.send_event(line("Welcome! How can I help?"))
    await talk.log.until("turn_ended")
    assert "".join(event.delta for event in talk.log.of("transcript_delta")) == "Welcome! How can I help?"
    assert talk.brain.heard_texts == []
    assert talk.log.of("item_updated")[-1].item.role == "assistant"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "response.create"},
        {"type": "response.create", "other_data": {"response": {"instructions": "Greet."}}},
        {"type": "response.create", "other_data": {"response": None}},
        {"type": "response.create", "other_data": {"response": {"metadata": {"say": 7}}}},
        {"type": "conversation.item.truncate", "other_data": {"item_id": "x"}},
    ],
)
async def test_other_messages_say_nothing(call: Open, message: Any) -> None:
    talk = await call()
    await talk.model.send_event(RealtimeModelSendRawMessage(message=message))
    await talk.model.send_event(line("done"))
    await talk.log.until("turn_ended")
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["done"]


async def test_typed_text_is_a_turn(call: Open) -> None:
    talk = await call()
    content: Any = [
        {"type": "input_text", "text": "one"},
        {"type": "input_image"},
        {"type": "input_text", "text": "two"},
    ]
    await talk.model.send_event(RealtimeModelSendUserInput(user_input="typed"))
    await talk.model.send_event(
        RealtimeModelSendUserInput(user_input={"type": "message", "role": "user", "content": content})
    )
    await talk.log.until("turn_ended", 2)
    assert talk.brain.heard_texts == ["typed", "one two"]
    assert talk.log.of("item_updated")[0].item.content[0].text == "typed"


async def test_a_tool_is_called_after_its_preface_and_its_answer_spoken(call: Open) -> None:
    brain = Parrot(answers={"weather": (CallTool("get_weather", '{"place": "Boston"}', preface="One moment."),)})
    talk = await call(brain=brain)
    await talk.say("weather")
    request = await talk.log.until("function_call")
    await talk.log.until("turn_ended")
    assert (request.name, json.loads(request.arguments)) == ("get_weather", {"place": "Boston"})
    assert talk.log.kinds.index("audio") < talk.log.kinds.index("function_call")
    output = '{"spoken": "It is sunny.", "ok": true}'
    await talk.model.send_event(RealtimeModelSendToolOutput(tool_call=request, output=output, start_response=True))
    await talk.log.until("turn_ended", 2)
    assert brain.results == [("get_weather", output)]
    assert talk.log.of("transcript_delta")[-1].delta == "It is sunny."


async def test_two_outputs_make_one_answer(call: Open) -> None:
    talk = await call()
    for number, start in ((1, False), (2, True)):
        tool_call = RealtimeModelToolCallEvent(name="get_weather", call_id=str(number), arguments="{}")
        output = json.dumps({"spoken": f"Answer {number}."})
        await talk.model.send_event(
            RealtimeModelSendToolOutput(tool_call=tool_call, output=output, start_response=start)
        )
    await talk.log.until("turn_ended")
    assert "".join(event.delta for event in talk.log.of("transcript_delta")) == "Answer 1. Answer 2."


async def test_a_goodbye_is_spoken_and_then_hung_up(call: Open) -> None:
    talk = await call(brain=Parrot(answers={"bye": (Say("Goodbye!", then_end=True),)}))
    await talk.say("bye")
    request = await talk.log.until("function_call")
    await talk.log.until("turn_ended")
    assert (request.name, json.loads(request.arguments)) == ("hangup_call", {"why": None})
    assert talk.log.kinds.index("audio") < talk.log.kinds.index("function_call")
    await talk.model.send_event(RealtimeModelSendToolOutput(tool_call=request, output="bye", start_response=True))
    await talk.model.send_event(line("end"))
    await talk.log.until("turn_ended", 2)
    assert talk.brain.results == []


async def test_barge_in_stops_what_plays(call: Open) -> None:
    talk = await call()
    await talk.model.send_event(line("A rather long answer that plays for a while."))
    await talk.log.until("turn_ended")
    item = talk.log.of("audio")[-1].item_id
    await talk.say("stop")
    await talk.log.until("turn_ended", 2)
    kinds = talk.log.kinds
    assert kinds.index("audio_interrupted") == kinds.index("input_audio_buffer.speech_started") + 1
    assert talk.log.of("audio_interrupted")[0].item_id == item
    assert talk.brain.heard_texts == ["stop"]


async def test_barge_in_in_the_middle_of_making_stops_the_making(call: Open) -> None:
    talk = await call()

    async def at_first_audio(event: Any) -> None:
        if event.type == "audio":
            talk.log.on = None
            await talk.speech(200)

    talk.log.on = at_first_audio
    await talk.model.send_event(line("First sentence here. Second sentence here. Third sentence here."))
    await talk.log.until("turn_ended")
    assert len(talk.log.of("audio")) == 1
    assert talk.log.of("item_updated")[-1].item.status == "incomplete"
    assert "audio_done" not in talk.log.kinds
    talk.transcripts.append("other")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert [event.item_id for event in talk.log.of("audio_interrupted")] == [talk.log.of("audio")[0].item_id]
    assert len({event.response_id for event in talk.log.of("audio")}) == 2


async def test_barge_in_while_the_brain_thinks_cancels_the_thought(call: Open) -> None:
    brain = Parrot(hold=asyncio.Event())
    talk = await call(brain=brain)
    await talk.say("first")
    await talk.log.until("turn_started")
    await asyncio.sleep(0)
    talk.transcripts.clear()
    await talk.speech(500)
    await talk.log.until("turn_ended")
    assert talk.log.of("audio") == talk.log.of("audio_interrupted") == []
    brain.hold = None
    talk.transcripts.append("second")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert brain.cancelled
    assert brain.heard_texts == ["first", "second"]


async def test_without_barge_in_the_answer_goes_on_and_the_next_turn_waits(call: Open) -> None:
    brain = Parrot(hold=asyncio.Event())
    talk = await call(interrupt=False, brain=brain)
    await talk.say("first")
    await talk.log.until("turn_started")
    talk.transcripts.clear()
    await talk.say("second")
    assert talk.log.of("turn_ended") == []
    assert brain.hold is not None
    brain.hold.set()
    await talk.log.until("turn_ended", 2)
    assert brain.heard_texts == ["first", "second"]
    assert talk.log.of("audio_interrupted") == []
    assert {event.item.status for event in talk.log.of("item_updated") if event.item.role == "assistant"} == {
        "in_progress",
        "completed",
    }


async def test_a_tools_answer_waits_until_the_caller_has_finished(call: Open) -> None:
    talk = await call()
    await talk.speech(500)
    tool_call = RealtimeModelToolCallEvent(name="get_weather", call_id="1", arguments="{}")
    await talk.model.send_event(
        RealtimeModelSendToolOutput(tool_call=tool_call, output='{"spoken": "Sunny."}', start_response=True)
    )
    await asyncio.sleep(0)
    assert "turn_started" not in talk.log.kinds
    talk.transcripts.append("and tomorrow")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["Sunny.", "You said and tomorrow"]


async def test_an_interrupt_of_the_call_stops_it_once(call: Open) -> None:
    talk = await call()
    await talk.model.send_event(RealtimeModelSendInterrupt())
    await talk.model.send_event(line("Some words to stop."))
    ended = await talk.log.until("turn_ended")
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id="resp_other"))
    assert talk.log.of("audio_interrupted") == []
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id=ended.response_id, cancel_response_only=True))
    assert talk.log.of("audio_interrupted") == []
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id=ended.response_id))
    await talk.model.send_event(RealtimeModelSendInterrupt())
    assert len(talk.log.of("audio_interrupted")) == 1
    assert len(talk.log.of("turn_ended")) == 1


async def test_an_unfinished_sentence_is_waited_for(call: Open) -> None:
    talk = await call()
    await talk.say("find sushi in", silence_ms=250)
    await asyncio.wait(ours("odai-local-speculation"))
    talk.transcripts.clear()
    await talk.silence(400)
    assert "input_audio_buffer.speech_stopped" not in talk.log.kinds
    await talk.say("find sushi in boston")
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["find sushi in boston"]
    assert len(talk.log.of("input_audio_buffer.speech_started")) == 1


async def test_silence_that_nobody_sends_ends_a_turn_too(call: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odai_model_local.hearing.STALL_SECONDS", 0.05)
    talk = await call()
    talk.transcripts.append("muted")
    await talk.speech(500)
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["muted"]


async def test_a_commit_ends_a_turn_at_once(call: Open) -> None:
    talk = await call()
    talk.transcripts.append("pressed")
    await talk.speech(500)
    await talk.model.send_event(RealtimeModelSendAudio(audio=b"", commit=True))
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["pressed"]


async def test_a_noise_without_words_is_no_turn(call: Open) -> None:
    talk = await call()
    await talk.speech(500)
    await talk.silence(600)
    await talk.model.send_event(line("done"))
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == []
    assert [event.item.role for event in talk.log.of("item_updated")] == ["assistant", "assistant"]


async def test_nothing_to_speak_still_ends_the_turn(call: Open) -> None:
    talk = await call(brain=Parrot(answers={"quiet": (), "blank": (Say("  "),)}))
    for text in ("quiet", "blank"):
        await talk.model.send_event(RealtimeModelSendUserInput(user_input=text))
    await talk.log.until("turn_ended", 2)
    assert talk.log.of("audio") == []


async def test_a_brain_that_fails_is_an_error_and_the_call_goes_on(call: Open) -> None:
    talk = await call(brain=Parrot(answers={"bad": None}))  # type: ignore[dict-item]
    talk.brain.answers["worse"] = 5  # type: ignore[assignment]
    await talk.model.send_event(RealtimeModelSendUserInput(user_input="worse"))
    error = await talk.log.until("error")
    assert error.error["code"] == "response_failed"
    assert len(talk.log.of("turn_ended")) == 1
    await talk.model.send_event(RealtimeModelSendUserInput(user_input="good"))
    await talk.log.until("turn_ended", 2)
    assert talk.log.of("audio")


async def test_too_many_turns_at_once_are_refused(call: Open) -> None:
    brain = Parrot(hold=asyncio.Event())
    talk = await call(brain=brain)
    for number in range(20):
        await talk.model.send_event(RealtimeModelSendUserInput(user_input=str(number)))
    error = await talk.log.until("error")
    assert error.error["code"] == "busy"
    assert brain.hold is not None
    brain.hold.set()
    await talk.log.until("turn_ended", 16)


async def test_a_listener_may_close_the_model_from_inside(call: Open) -> None:
    talk = await call()

    async def close_at_audio(event: Any) -> None:
        if event.type == "audio":
            await talk.model.close()

    talk.log.on = close_at_audio
    await talk.model.send_event(line("Some long words to close on. And more of them."))
    async with asyncio.timeout(5):
        await talk.brain.gone.wait()
        await asyncio.gather(*ours("odai-local-turns"))
    assert len(talk.log.of("audio")) == 1
    assert "turn_ended" not in talk.log.kinds


async def test_closing_in_the_middle_of_everything(call: Open) -> None:
    brain = Parrot(hold=asyncio.Event())
    talk = await call(brain=brain)
    await talk.model.send_event(RealtimeModelSendUserInput(user_input="think"))
    await talk.log.until("turn_started")
    await asyncio.sleep(0)
    await talk.say("more", silence_ms=250)
    await talk.model.close()
    assert brain.cancelled
    before = len(talk.log.events)
    await talk.speech(300)
    await talk.model.send_event(line("late"))
    assert await talk.model.send_event_if(line("late"), lambda: True) is False
    assert len(talk.log.events) == before


async def test_a_conditional_send_asks_first(call: Open) -> None:
    talk = await call()
    assert await talk.model.send_event_if(line("no"), lambda: False) is False
    assert await talk.model.send_event_if(line("yes"), lambda: True) is True
    await talk.log.until("turn_ended")
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["yes"]


async def test_a_removed_listener_hears_nothing(call: Open) -> None:
    talk = await call()
    other = Log()
    talk.model.add_listener(other)
    talk.model.remove_listener(other)
    talk.model.remove_listener(other)
    await talk.model.send_event(line("hello"))
    await talk.log.until("turn_ended")
    assert other.events == []


def options() -> CallOptions:
    turns = TurnDetection(type="semantic_vad", interrupt=True)
    return CallOptions(audio=PCM16_24K, turns=turns, instructions="", tools=(), settings={}, caller=Caller())


async def test_missing_files_fail_the_connection_by_name() -> None:
    def load(settings: Any) -> Speech:
        raise AssetError("Files are missing.", "Type: odai models fetch")

    model = LocalRealtimeModel(options(), load=load)
    with pytest.raises(RuntimeError):
        await model.send_event(line("early"))
    with pytest.raises(AssetError, match="odai models fetch"):
        await model.connect({})
    await model.close()
    with pytest.raises(RuntimeError):
        await model.connect({})
    workers.close()


async def test_closing_while_it_connects_leaves_nothing() -> None:
    brain = Parrot()
    model: LocalRealtimeModel

    def make_brain(options_: CallOptions, embed_: Embed | None) -> Parrot:
        asyncio.run_coroutine_threadsafe(model.close(), loop).result(5)
        return brain

    loop = asyncio.get_running_loop()
    speech = Speech(listen=lambda: vad, transcribe=lambda samples: "", speak=speak, embed=embed)
    model = LocalRealtimeModel(options(), load=lambda settings: speech, make_brain=make_brain)
    with pytest.raises(RuntimeError):
        await model.connect({})
    assert brain.closed == 1
    workers.close()
    assert ours() == []

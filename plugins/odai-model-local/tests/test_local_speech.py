"""The fetched models themselves: what is spoken is understood, noise is not speech, a whole call runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from agents.realtime.model_inputs import RealtimeModelSendAudio, RealtimeModelSendToolOutput
from odai_model_local import assets, speech, workers
from odai_model_local.audio import Decoder, Encoder, Floats
from odai_model_local.listen import Ear, Snippet
from odai_model_local.model import LocalRealtimeModel

from odai_core import PCM16_24K, ULAW_8K, AudioFormat, Caller, CallOptions, ToolInfo, TurnDetection

pytestmark = pytest.mark.speech

STORY = """
It was a bright cold day in the town where I grew up.|My grandfather had a little shop near the old harbor.|
Every morning he walked down the hill with his dog.|The fishermen knew him and always waved from their boats.|
One winter the whole bay was frozen for two weeks.|Nobody could go out and the market stayed empty.|
So he opened the cellar and gave away all his apples.|People still talk about it when I visit them.|
The shop was sold many years ago to a young couple.|They kept the sign above the door and the green shutters.|
My sister sends me a picture of it every summer.|And that is how I learned to love the sea.
"""

SETTINGS = {"ODAI_MODELS_DIR": os.environ.get("ODAI_MODELS_DIR", "")}
TURNS = TurnDetection(type="semantic_vad", interrupt=True)
FORMATS = pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
WEATHER = ToolInfo(
    name="get_weather",
    description="Get the weather for a place.",
    parameters={
        "type": "object",
        "properties": {"location": {"type": "string", "description": "The city."}},
        "required": ["location"],
        "additionalProperties": False,
    },
    examples=("what's the weather in {location:Paris}", "is it raining in {location:Rome}"),
    plugin="weather",
    title="Weather",
    summary="tell the weather",
)


@pytest.fixture(scope="module")
def models() -> Iterator[speech.Speech]:
    problem = assets.available(SETTINGS)
    if problem is not None:
        pytest.skip(f"{problem.cause} {problem.remedy}")
    speech.warm_up(SETTINGS)
    yield speech.load(SETTINGS)
    speech.clear()
    workers.close()


def spoken(models: speech.Speech, text: str, audio: AudioFormat) -> bytes:
    """A sentence between two silences, as a call's bytes."""
    parts = [np.zeros(12_000, np.float32), models.speak(text), np.zeros(24_000, np.float32)]
    return Encoder(audio).feed(np.concatenate(parts), last=True)


def understood(models: speech.Speech, data: bytes, audio: AudioFormat) -> list[str]:
    ear = Ear(audio, TURNS, models.listen())
    step = 20 * audio.bytes_per_ms
    events = [event for at in range(0, len(data), step) for event in ear.feed(data[at : at + step])]
    return [models.transcribe(event.samples) for event in events if isinstance(event, Snippet) and event.final]


def words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalnum() or c.isspace()).split()


@FORMATS
@pytest.mark.parametrize(
    "text",
    ["What's the weather in Boston tomorrow?", "Find a restaurant near the station.", "How much is one bitcoin?"],
)
def test_what_is_spoken_is_understood(models: speech.Speech, audio: AudioFormat, text: str) -> None:
    heard = understood(models, spoken(models, text, audio), audio)
    assert [words(line) for line in heard] == [words(text)]


@FORMATS
def test_noise_and_tones_are_no_speech(models: speech.Speech, audio: AudioFormat) -> None:
    random = np.random.default_rng(11)
    noise = random.normal(0, 0.1, 72_000).astype(np.float32)
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(72_000) / 24_000)).astype(np.float32)
    for sound in (noise, tone, np.zeros(72_000, np.float32)):
        assert understood(models, Encoder(audio).feed(sound, last=True), audio) == []


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(16_000, np.float32),
        np.full(16_000, np.nan, np.float32),
        np.full(16_000, np.inf, np.float32),
    ],
    ids=["none", "silence", "nan", "infinite"],
)
def test_hostile_audio_has_no_words(models: speech.Speech, samples: Floats) -> None:
    assert models.transcribe(samples) == ""


@pytest.mark.parametrize("samples", [np.ones(1, np.float32), np.ones(16_000 * 60, np.float32)], ids=["one", "a minute"])
def test_audio_of_any_length_is_taken(models: speech.Speech, samples: Floats) -> None:
    assert isinstance(models.transcribe(samples), str)


@pytest.mark.parametrize("text", ["", "   ", "今日は", "🎉", "\x00"])
def test_what_cannot_be_spoken_is_silent(models: speech.Speech, text: str) -> None:
    assert np.abs(models.speak(text)).max(initial=0.0) < 0.2


def test_like_sentences_have_like_vectors(models: speech.Speech) -> None:
    vectors = models.embed(["what's the weather in Paris", "will it rain in Paris today", "play some jazz"])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 0.6 > 0.3 > alike[0, 2]
    assert models.embed([]).shape == (0, 384)


@FORMATS
async def test_a_question_becomes_a_tool_call_and_its_answer_is_heard(
    models: speech.Speech, audio: AudioFormat, log: Any
) -> None:
    options = CallOptions(
        audio=audio, turns=TURNS, instructions="", tools=(WEATHER,), settings=SETTINGS, caller=Caller()
    )
    model = LocalRealtimeModel(options)
    model.add_listener(log)
    await model.connect({})
    try:
        await talk(model, spoken(models, "What's the weather in Boston?", audio), audio)
        request = await log.until("function_call")
        assert (request.name, request.arguments) == ("get_weather", '{"location": "Boston"}')
        answer = "It is sunny in Boston, with a high of seventy degrees."
        output = f'{{"ok": true, "spoken": "{answer}"}}'
        await model.send_event(RealtimeModelSendToolOutput(tool_call=request, output=output, start_response=True))
        await log.until("turn_ended", 2)
        sound = b"".join(event.data for event in log.of("audio"))
        assert words(models.transcribe(Decoder(audio).feed(sound))) == words(answer)

        await talk(model, spoken(models, "Stop, please.", audio), audio)
        assert (await log.until("audio_interrupted")).item_id == log.of("audio")[0].item_id
    finally:
        await model.close()


async def test_a_long_story_gets_two_answers_at_most(
    models: speech.Speech, log: Any, parrot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = TurnDetection(type="server_vad", interrupt=False)
    options = CallOptions(
        audio=PCM16_24K, turns=turns, instructions="", tools=(WEATHER,), settings=SETTINGS, caller=Caller()
    )
    model = LocalRealtimeModel(options, make_brain=lambda options, embed: parrot)
    model.add_listener(log)
    await model.connect({})
    sentences = [models.speak(" ".join(sentence.split())) for sentence in STORY.split("|")]
    pause, rest = np.zeros(18_000, np.float32), np.zeros(240_000, np.float32)
    parts = [part for sentence in sentences for part in (sentence, pause)]
    try:
        await in_quarter_time(model, Encoder(PCM16_24K).feed(np.concatenate([*parts, rest]), last=True), monkeypatch)
        lines = [event.transcript for event in log.of("input_audio_transcription_completed")]
        assert len(lines) > 6
        assert len(parrot.heard_texts) <= 2
        assert " ".join(parrot.heard_texts) == " ".join(lines)
    finally:
        await model.close()


async def in_quarter_time(model: LocalRealtimeModel, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Talk as in a call, but let the event loop's clock go four times as fast."""
    loop = asyncio.get_running_loop()
    real, skipped = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: real() + skipped[0])
    step = 100 * PCM16_24K.bytes_per_ms
    for at in range(0, len(data), step):
        await model.send_event(RealtimeModelSendAudio(audio=data[at : at + step]))
        skipped[0] += 0.075
        await asyncio.sleep(0.025)


async def talk(model: LocalRealtimeModel, data: bytes, audio: AudioFormat) -> None:
    step = 20 * audio.bytes_per_ms
    for at in range(0, len(data), step):
        await model.send_event(RealtimeModelSendAudio(audio=data[at : at + step]))

"""How well and how fast the local voice is: word error rates, time per stage, and whole turns in real time.

    python benchmarks/local.py                 everything, one talker
    python benchmarks/local.py --talkers 8     whole turns with eight calls at once
    python benchmarks/local.py --only errors   or stages, or turns

Needs the fetched models (`odai models fetch`); human recordings are fetched by benchmarks/recordings.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import time
import wave
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soxr
from agents.realtime.model import RealtimeModelListener
from agents.realtime.model_events import RealtimeModelEvent
from agents.realtime.model_inputs import RealtimeModelSendAudio, RealtimeModelSendToolOutput
from odai_model_local import speech, workers
from odai_model_local.audio import VOICE_RATE, Encoder, Floats
from odai_model_local.listen import Ear, Snippet
from odai_model_local.model import LocalRealtimeModel
from odai_model_local.tts import clauses
from odai_model_local.vad import FRAME
from recordings import recordings

from odai_core import PCM16_24K, ULAW_8K, AudioFormat, Caller, CallOptions, ToolInfo, TurnDetection

T = TypeVar("T")

SETTINGS = {"ODAI_MODELS_DIR": os.environ.get("ODAI_MODELS_DIR", "")}
TURNS = TurnDetection(type="semantic_vad", interrupt=True)
REQUESTS = (
    "what's the weather in Boston tomorrow",
    "find me a sushi restaurant near Union Square",
    "track flight United four fifty six",
    "how much is one bitcoin right now",
    "what's Apple's stock price",
    "find a flight from New York to Chicago on Friday",
    "are there any hotels in Denver for next weekend",
    "where is my package",
    "what's on the news today",
    "who won the Lakers game last night",
    "find me a plumber in Austin",
    "what time does the train to Washington leave",
    "look up who invented the telephone",
    "is there a pharmacy open near me",
    "what restaurants are good for a birthday dinner",
    "play something relaxing",
    "how is the traffic on the bridge",
    "is it going to rain this afternoon in Seattle",
    "find tickets for a concert in San Francisco",
    "what does this company do",
    "tell me about the museum of modern art",
    "I need a cheap flight to London in March",
    "how far is it to the airport",
    "thank you, that's all, goodbye",
)
ANSWERS = (
    "Tomorrow in Boston it will be sunny, with a high of fifty four degrees and light wind from the west.",
    "I found three places. The best rated is Akiko's, a sushi bar on Bush Street, with four and a half stars.",
    "United four fifty six to Chicago is on time. It leaves at three oh five PM from gate B twelve.",
    "One bitcoin costs $67,123.45, up two percent since yesterday.",
)
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


# -- words ------------------------------------------------------------------------------------------

_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_VALUES = {word: value for value, word in enumerate(_ONES.split())}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_DECADES.split(), 2)}
_SAME = {"mr": "mister", "goodbye": "good bye", "meters": "metres", "ok": "okay"}


def words(text: str) -> list[str]:
    """Lower-case words; numbers, said or written, as runs of digits: "four fifty six" and "456" are the same."""
    text = text.lower().replace("’", "'").replace("-", " ")
    result: list[str] = []
    number = ""
    tens = False
    for word in [*re.findall(r"[a-z']+|\d+", text), ""]:
        value = word if word.isdigit() else str(_VALUES.get(word, _TENS.get(word, "")))
        if value and tens and len(value) == 1 and value != "0":
            number = number[:-1] + value
        else:
            number += value
        tens = word in _TENS
        if not value:
            result += [number] if number else []
            result += _SAME.get(word, word).split()
            number = ""
    return result


def errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Words to change, add or remove."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference, 1):
        last, row[0] = row[0], i
        for j, word in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != expected))
    return row[-1]


# -- sound ------------------------------------------------------------------------------------------


def read_wav(path: Path) -> Floats:
    """Float32 at 24 kHz."""
    with wave.open(str(path)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32) / 32768
        return np.asarray(soxr.resample(samples, sound.getframerate(), VOICE_RATE), np.float32)


def on_the_phone(samples: Floats) -> Floats:
    """300 to 3400 Hz with white noise 25 dB below the speech; the call's mu-law comes on top."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / VOICE_RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, len(samples))
    noise = np.random.default_rng(7).normal(0, np.sqrt(np.mean(narrow**2)) * 10 ** (-25 / 20), len(samples))
    return (narrow + noise).astype(np.float32)


def hear(models: speech.Speech, samples: Floats, audio: AudioFormat, spent: list[float]) -> list[str]:
    """What a call would understand, through its ear; `spent` gets the recogniser's milliseconds."""
    quiet = np.zeros(VOICE_RATE // 2, np.float32)
    data = Encoder(audio).feed(np.concatenate([quiet, samples, quiet, quiet]), last=True)
    heard: list[str] = []
    for event in Ear(audio, TURNS, models.listen()).feed(data):
        if isinstance(event, Snippet) and event.final:
            started = time.perf_counter()
            heard += words(models.transcribe(event.samples))
            spent.append((time.perf_counter() - started) * 1000)
    return heard


def measure_errors(models: speech.Speech) -> None:
    """Word error rates: human recordings by kind, and requests in the assistant's own voice."""
    clips = [(clip.kind, read_wav(clip.path), clip.text) for clip in recordings()]
    sets: dict[str, list[tuple[Floats, str]]] = {}
    for kind, samples, text in clips:
        sets.setdefault(f"human, {kind}", []).append((samples, text))
    sets["synthesized requests"] = [(models.speak(text), text) for text in REQUESTS]
    rows = []
    for name, items in sets.items():
        rates: list[str] = []
        for audio, prepare in ((PCM16_24K, lambda samples: samples), (ULAW_8K, on_the_phone)):
            spent: list[float] = []
            wrong = sum(errors(words(text), hear(models, prepare(samples), audio, spent)) for samples, text in items)
            rates.append(f"{100 * wrong / sum(len(words(text)) for _, text in items):.1f} %")
        total = sum(len(words(text)) for _, text in items)
        rows.append([name, str(len(items)), str(total), *rates, f"{statistics.median(spent):.0f} ms"])
    table(["word error rate", "clips", "words", "browser", "phone", "median decode"], rows)


# -- time -------------------------------------------------------------------------------------------


def timed(work: Callable[[T], object], matters: Sequence[T], times: int) -> list[float]:
    """Milliseconds of each run."""
    spent = []
    for matter in matters:
        for _ in range(times):
            started = time.perf_counter()
            work(matter)
            spent.append((time.perf_counter() - started) * 1000)
    return spent


def measure_stages(models: speech.Speech) -> None:
    """Each model by itself."""
    requests = [soxr.resample(models.speak(text), VOICE_RATE, 16_000) for text in REQUESTS]
    seconds = sum(map(len, requests)) / 16_000 / len(requests)
    firsts = [next(clauses(text)) for text in ANSWERS]
    stages = {
        "speech detector, 32 ms frame": timed(models.listen(), [np.zeros(FRAME, np.float32)], 500),
        f"recogniser, {seconds:.1f} s request": timed(models.transcribe, requests, 2),
        "voice, first clause": timed(models.speak, firsts, 10),
        "voice, whole answer": timed(lambda text: [models.speak(clause) for clause in clauses(text)], ANSWERS, 5),
        "sentence encoder": timed(lambda text: models.embed([text]), REQUESTS, 5),
    }
    table(["stage", "median", "p95"], [[name, *figures(spent)] for name, spent in stages.items()])


class Watch(RealtimeModelListener):
    """Answers tool calls at once and notes when the first audio after a turn comes."""

    def __init__(self, model: LocalRealtimeModel) -> None:
        self.model = model
        self.silent_since = 0.0
        self.waits: list[float] = []
        self.notes: dict[str, list[float]] = {}
        self.answered = asyncio.Event()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        if event.type == "function_call":
            output = '{"ok": true, "spoken": "' + ANSWERS[0] + '"}'
            await self.model.send_event(RealtimeModelSendToolOutput(event, output, start_response=True))
        elif event.type == "audio" and not self.answered.is_set():
            self.waits.append((time.perf_counter() - self.silent_since) * 1000)
            self.answered.set()
        elif event.type == "raw_server_event" and event.data["type"] == "odai.timing":
            for name, value in event.data.items():
                if name != "type":
                    self.notes.setdefault(name, []).append(value)


async def call(audio: AudioFormat, questions: Iterable[Floats], delay: float) -> Watch:
    """One call in real time: frames of 20 ms, a question every few seconds."""
    options = CallOptions(
        audio=audio, turns=TURNS, instructions="", tools=(WEATHER,), settings=SETTINGS, caller=Caller()
    )
    model = LocalRealtimeModel(options)
    watch = Watch(model)
    model.add_listener(watch)
    await model.connect({})
    await asyncio.sleep(delay)
    try:
        for samples in questions:
            watch.answered.clear()
            voiced = np.flatnonzero(np.abs(samples) > 0.02)[-1] / VOICE_RATE
            await _talk(model, Encoder(audio).feed(samples, last=True), audio, watch, voiced)
            await _talk(model, Encoder(audio).feed(np.zeros(VOICE_RATE * 3, np.float32), last=True), audio)
            async with asyncio.timeout(10):
                await watch.answered.wait()
    finally:
        await model.close()
    return watch


async def _talk(
    model: LocalRealtimeModel, data: bytes, audio: AudioFormat, watch: Watch | None = None, voiced: float = 0.0
) -> None:
    step = 20 * audio.bytes_per_ms
    started = time.perf_counter()
    for number, at in enumerate(range(0, len(data), step)):
        due = started + number * 0.02
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await model.send_event(RealtimeModelSendAudio(audio=data[at : at + step]))
    if watch is not None:
        watch.silent_since = started + voiced


async def measure_turns(models: speech.Speech, talkers: int) -> None:
    """From the end of speech to the first audio of the answer, through the tool router."""
    cities = ("Boston", "Denver", "Chicago", "Seattle", "London")
    questions = [models.speak(f"What's the weather in {city}?") for city in cities]
    rows = []
    for audio in (PCM16_24K, ULAW_8K):
        busy = time.process_time()
        started = time.perf_counter()
        calls = [call(audio, questions, delay=0.6 * index) for index in range(talkers)]
        watches = await asyncio.gather(*calls)
        share = 100 * (time.process_time() - busy) / (time.perf_counter() - started) / talkers
        waits = [wait for watch in watches for wait in watch.waits]
        notes = {name: [n for watch in watches for n in watch.notes.get(name, [])] for name in watches[0].notes}
        parts = ", ".join(f"{name} {statistics.median(values):.0f}" for name, values in notes.items())
        rows.append([f"{audio.name}, {talkers} at once", str(len(waits)), *figures(waits), f"{share:.1f} %", parts])
    table(["end of speech to first audio", "turns", "median", "p95", "core per call", "medians in ms"], rows)


# -- figures ----------------------------------------------------------------------------------------


def figures(spent: Sequence[float]) -> list[str]:
    """Median and 95th percentile."""
    ranked = sorted(spent)
    return [f"{value:.1f} ms" for value in (statistics.median(ranked), ranked[int(0.95 * (len(ranked) - 1) + 0.5)])]


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    widths = [max(len(line[column]) for line in [head, *rows]) for column in range(len(head))]
    for line in [head, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
    print()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("errors", "stages", "turns"))
    parser.add_argument("--talkers", type=int, default=1)
    chosen: Any = parser.parse_args()
    speech.warm_up(SETTINGS)
    models = speech.load(SETTINGS)
    if chosen.only in (None, "errors"):
        measure_errors(models)
    if chosen.only in (None, "stages"):
        measure_stages(models)
    if chosen.only in (None, "turns"):
        asyncio.run(measure_turns(models, chosen.talkers))
    workers.close()


if __name__ == "__main__":
    main()

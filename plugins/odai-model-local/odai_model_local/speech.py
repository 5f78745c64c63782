"""The models of this process: each loaded once, when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from odai_core import Values
from odai_model_local.assets import models_folder
from odai_model_local.audio import HEARING_RATE, Floats
from odai_model_local.vad import FRAME, Vad


@dataclass(frozen=True)
class Speech:
    """What a call needs of the models. All but `listen` block for some tens of milliseconds."""

    listen: Callable[[], Vad]
    """A new stream of the speech detector."""
    transcribe: Callable[[Floats], str]
    """Float32 at 16 kHz -> text."""
    speak: Callable[[str], Floats]
    """One clause -> float32 at 24 kHz."""
    embed: Callable[[Sequence[str]], Floats]
    """Sentences -> float32 [n, 384] of length 1."""


_loaded: dict[Path, Speech] = {}
_embedders: dict[Path, Callable[[Sequence[str]], Floats]] = {}
_lock = threading.Lock()


def load(settings: Values) -> Speech:
    """The models of the settings' folder. Blocking: 0.6 s the first time. Raises AssetError."""
    folder = models_folder(settings)
    with _lock:
        if folder not in _loaded:
            _loaded[folder] = _load(folder)
        return _loaded[folder]


def embedder(settings: Values) -> Callable[[Sequence[str]], Floats]:
    """The sentence encoder alone, which is all that chats need. Blocking: 0.2 s the first time. Raises AssetError."""
    folder = models_folder(settings)
    with _lock:
        return _embedder(folder)


def _embedder(folder: Path) -> Callable[[Sequence[str]], Floats]:
    from odai_model_local.embed import Embedder

    if folder not in _embedders:
        _embedders[folder] = Embedder(folder)
    return _embedders[folder]


def clear() -> None:
    """Forget every model; a call that holds them keeps them."""
    with _lock:
        _loaded.clear()
        _embedders.clear()


def warm_up(settings: Values) -> None:
    """Load everything and run it once: the first run of each allocates its memory."""
    speech = load(settings)
    speech.listen()(np.zeros(FRAME, np.float32))
    noise = np.random.default_rng(0).normal(0, 0.01, HEARING_RATE).astype(np.float32)
    speech.transcribe(noise)
    speech.speak("Hello there.")
    speech.embed(["hello"])


def _load(folder: Path) -> Speech:
    from odai_model_local.stt import Recogniser
    from odai_model_local.tts import Voice
    from odai_model_local.vad import Detector

    return Speech(
        listen=Detector(folder).stream,
        transcribe=Recogniser(folder).transcribe,
        speak=Voice().speak,
        embed=_embedder(folder),
    )

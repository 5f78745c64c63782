"""Speech to text: Moonshine base, English, one utterance at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from odai_core import AssetError
from odai_model_local import runtime
from odai_model_local.assets import MOONSHINE, REMEDY, file_path
from odai_model_local.audio import HEARING_RATE, Floats
from odai_model_local.normalise import normalise

START, END = 1, 2
MIN_TOKENS = 2
"""No end before this: noisy short phrases would come back empty."""
TOKENS_PER_SECOND, TOKENS_EXTRA = 6.5, 8
"""The most that speech can hold; above it the model is repeating itself."""
PEAK = 0.7
SILENCE = 1e-4
MIN_SAMPLES = HEARING_RATE // 2
MAX_SAMPLES = HEARING_RATE * 21


class Recogniser:
    """The model, loaded once per process; calls are safe from several threads."""

    def __init__(self, folder: Path) -> None:
        self._tokens = read_tokens(file_path(folder, MOONSHINE, "tokenizer.bin").read_bytes())
        self._encoder = runtime.load(file_path(folder, MOONSHINE, "encoder.onnx"))
        self._decoder = runtime.load(file_path(folder, MOONSHINE, "decoder.onnx"))
        shapes = {item.name: item.shape for item in self._decoder.get_inputs()}
        self._caches = {name: shape for name, shape in shapes.items() if name.startswith("past_key_values.")}
        # The caches over the audio never change after the first step; asking for them would copy them every time.
        self._own = [name for name in self._caches if ".decoder." in name]

    def transcribe(self, samples: Floats) -> str:
        """Float32 at 16 kHz, trimmed to speech -> what was said, or "". Blocking: about 25 ms a second of speech."""
        samples = np.nan_to_num(samples[:MAX_SAMPLES], nan=0.0, posinf=0.0, neginf=0.0)
        peak = float(np.abs(samples).max(initial=0.0))
        if peak < SILENCE:
            return ""
        loud = samples * np.float32(PEAK / peak)
        if len(loud) < MIN_SAMPLES:
            loud = np.pad(loud, (0, MIN_SAMPLES - len(loud)))
        (hidden,) = self._encoder.run(None, {"input_values": loud[None, :].astype(np.float32)})
        limit = int(TOKENS_PER_SECOND * len(samples) / HEARING_RATE) + TOKENS_EXTRA
        return normalise(self._text(self._decode(np.asarray(hidden, np.float32), limit)))

    def _decode(self, hidden: Floats, limit: int) -> list[int]:
        feeds: dict[str, np.ndarray] = {
            name: np.zeros((1, shape[1], 0, shape[3]), np.float32) for name, shape in self._caches.items()
        }
        feeds["encoder_hidden_states"] = hidden
        tokens = [START]
        while len(tokens) <= limit:
            first = len(tokens) == 1
            feeds["input_ids"] = np.array([tokens[-1:]], np.int64)
            feeds["use_cache_branch"] = np.array([not first])
            kept = list(self._caches) if first else self._own
            present = [name.replace("past_key_values", "present") for name in kept]
            logits, *caches = self._decoder.run(["logits", *present], feeds)
            feeds.update(zip(kept, caches, strict=True))
            scores = logits[0, -1]
            if len(tokens) <= MIN_TOKENS:
                scores[END] = -np.inf
            token = int(scores.argmax())
            if token == END:
                break
            tokens.append(token)
        return tokens[1:]

    def _text(self, tokens: list[int]) -> str:
        pieces = b"".join(self._tokens[token] for token in tokens if token < len(self._tokens))
        return pieces.decode("utf-8", "replace").replace("▁", " ").strip()


def read_tokens(data: bytes) -> list[bytes]:
    """The pieces of a tokenizer.bin: each a length (one byte, or two from 128 on), then that many bytes.

    Raises AssetError when it is cut short.
    """
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128:
            if at >= len(data):
                raise AssetError("The recogniser's vocabulary is cut short.", REMEDY)
            length += 128 * (data[at] - 1)
            at += 1
        if at + length > len(data):
            raise AssetError("The recogniser's vocabulary is cut short.", REMEDY)
        piece = data[at : at + length]
        at += length
        pieces.append(b"" if piece.startswith(b"<") and piece.endswith(b">") and length > 1 else piece)
    return pieces

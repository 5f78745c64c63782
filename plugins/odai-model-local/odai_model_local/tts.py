"""Text to speech: the text in clauses, so that the first is heard while the others are made."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import numpy as np
from hibari import Hibari

from odai_model_local.audio import Floats

FIRST_WORDS = 12
"""The longest first clause: about 4 s of speech, made in 30 ms."""
MAX_CHARACTERS = 2000
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=\S)")
_TITLE = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|St|Prof|Jr|Sr|vs|No|[A-Z])\.)$")
_BREAK = re.compile(r"[,;:—–]$")
_LINKING = "and at because but by for from in near of on or so that then to when which while who with"
_LINK = frozenset(_LINKING.split())
_URL = re.compile(
    r"\b(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+(?:com|org|net|gov|edu|io|ai|app|dev|co\.uk|uk))\b(?:/\S*)?", re.I
)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])[A-Z0-9]{6,}\b|\b\d{9,}\b")


PRONOUNCED = {
    "Des Moines": "dəmˈYn",
    "La Jolla": "lə hˈYə",
    "Los Angeles": "lɔs ˈænʤələs",
    "Reagan": "ɹˈAɡən",
    "San Jose": "sˌæn hOzˈA",
    "Santa Fe": "sˌæntə fˈA",
    "Yosemite": "jOsˈɛmətˌi",
}
"""Names that the voice reads by the letter, in its phonemes."""
_NAME = re.compile(rf"\b(?:{'|'.join(PRONOUNCED)})\b")


class Voice:
    """The voice, loaded once per process; a lock keeps the parts that are not ours to trust to one thread."""

    def __init__(self) -> None:
        self._hibari = Hibari()
        self._lock = threading.Lock()

    def speak(self, clause: str) -> Floats:
        """One clause -> float32 at 24 kHz, -1..1; empty when there is nothing to say. Blocking: about 30 ms."""
        with self._lock:
            phonemes = self._hibari.phonemize(_NAME.sub(lambda name: f"[{name[0]}](/{PRONOUNCED[name[0]]}/)", clause))
        sounds = [self._hibari.from_phonemes(part, seed=0) for part in phonemes]
        return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)


def clauses(text: str) -> Iterator[str]:
    """The text in the pieces to be spoken: a first one of at most 12 words, then whole sentences."""
    first = True
    for sentence in sentences(spoken_form(text)):
        if first:
            head, sentence = cut(sentence)
            yield head
            first = False
        if sentence:
            yield sentence


def sentences(text: str) -> Iterator[str]:
    """Whole sentences; the dot of a title or an initial ends none."""
    start = 0
    for match in _SENTENCE.finditer(text):
        if not _TITLE.search(text[start : match.start()]):
            yield text[start : match.start()].strip()
            start = match.end()
    if text[start:].strip():
        yield text[start:].strip()


def cut(sentence: str) -> tuple[str, str]:
    """A beginning of at most 12 words, ending where a speaker might breathe, and the rest."""
    words = sentence.split()
    if len(words) <= FIRST_WORDS:
        return sentence, ""
    stops = [count for count in range(3, FIRST_WORDS + 1) if _BREAK.search(words[count - 1])]
    stops = stops or [count for count in range(5, FIRST_WORDS + 1) if words[count].lower() in _LINK]
    count = stops[-1] if stops else FIRST_WORDS
    return " ".join(words[:count]), " ".join(words[count:])


def spoken_form(text: str) -> str:
    """What the voice reads badly in words it reads well: addresses, and long codes letter by letter."""
    text = " ".join(text[:MAX_CHARACTERS].replace("\x00", " ").split())
    text = _CODE.sub(lambda match: " ".join(match[0]), text)
    return _URL.sub(lambda match: match[1].replace(".", " dot "), text)

"""What people say to a voice that is no request: greetings, thanks, who are you, say that again, goodbye."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from odai_model_local.brain.utterance import Utterance

MAX_WORDS = 16
"""No small talk is longer."""
_FILLERS = re.compile(
    r"\b(?:u+m+|u+h+|er+m*|hmm+|well|so|ok|okay|oh|alright|all right|right|great|perfect|cool|awesome|wonderful|nice|"
    r"please|sorry|just|actually|then|there|dear|my friend|oh dye|odai|assistant|very|really|again|today|yeah|yes)\b"
)


def _read() -> dict[str, tuple[re.Pattern[str], ...]]:
    """Kind -> its expressions."""
    file: dict[str, Any] = tomllib.loads(files(__package__).joinpath("smalltalk.toml").read_text("utf-8"))
    parts = {name: f"(?:{'|'.join(options)})" for name, options in file["parts"].items()}

    def compiled(text: str) -> re.Pattern[str]:
        for name, part in parts.items():
            text = text.replace(f"{{{name}}}", part)
        return re.compile(text)

    return {kind: tuple(map(compiled, texts)) for kind, texts in file["kinds"].items()}


KINDS: Final = _read()


def small_talk(utterance: Utterance) -> str:
    """Which kind of small talk the whole utterance is: a key of `KINDS`, or "" when it is none."""
    bare = " ".join(re.sub(r"[^a-z0-9' ]+", " ", utterance.raw.lower()).split())
    if not bare or len(bare.split()) > MAX_WORDS:
        return ""
    # "great, thanks": the words around the core go. "okay" alone is all fillers and means yes.
    core = " ".join(_FILLERS.sub(" ", bare).split())
    for text in (bare, core):
        for kind, patterns in KINDS.items():
            if text and any(pattern.fullmatch(text) for pattern in patterns):
                return kind
    return "" if core else "yes"


def clock(now: datetime) -> str:
    """The caller's time: "It's 3:05 PM." In UTC, which means that the zone is unknown, it says so."""
    hour = now.strftime("%I:%M %p").lstrip("0")
    return f"It's {hour} UTC." if str(now.tzinfo) == "UTC" else f"It's {hour}."


def calendar(now: datetime) -> str:
    """The caller's day: "It's Monday, November 23."."""
    return f"It's {now:%A, %B} {now.day}."


FIXED: Final = {
    "greeting": "Hello! How can I help you?",
    "how": "I'm well, thank you. How can I help you?",
    "thanks": "You're welcome. Is there anything else?",
    "stop": "Okay.",
    "there": "Yes, I'm here. How can I help you?",
    "yes": "What would you like me to look up?",
    "no": "Okay. Just ask when you need something.",
}
"""Kinds of small talk that always get the same answer."""

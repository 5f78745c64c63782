"""An utterance as words: cleaned of what speech recognition adds, numbers as digits, frames of politeness off."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from odai_model_local.brain.numbers import join_addresses, join_letters, to_digits


def bag(words: str) -> frozenset[str]:
    """The words of a line as a set."""
    return frozenset(words.split())


MAX_CHARACTERS = 600
MAX_WORDS = 100
STOP = bag(
    "a an the this that these those some any my your our his her its their of in on at to for from with by about is "
    "are was were be been am do does did has have had will would can could should i you we he she it they me us him "
    "them "
    "and or but so if then than as there here what which who whom when where how why please just also still yet now "
    "much many more most very really up out down off not no yes one ones get got go going let lets s "
    "i'm i'd i've i'll we'd we've we'll don't doesn't didn't isn't aren't can't won't you're they're we're"
)
_LEAD = re.compile(
    r"^(?:(?:u+m+|u+h+|er+m*|hmm+|hey|hi|hello|ok|okay|so|well|alright|please|thanks|thank you|yeah|yes|oh|oh dye|odai|"
    r"and then|then|good (?:morning|afternoon|evening)|excuse me|sorry|actually|"
    r"(?:can|could|would|will|can't|couldn't) (?:you|u)(?: please| maybe| just)?|(?:would|do) you mind|"
    r"i(?:'d| would) (?:like|love) (?:you )?to know|i want(?:ed)? to know|i was wondering(?: if)?|i wonder(?: if)?|"
    r"tell me(?= (?:what|where|when|who|how|if|the|about|whether)\b)|let me know|do you know|"
    r"i(?:'d| would) like you to|i (?:want|need) you to)\b[,.!]*\s+)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,]+(?:please|thanks|thank you|for me|if you (?:can|could)|will you|would you|right now|"
    r"odai|oh dye))+[.?!]*$",
    re.IGNORECASE,
)
# "Which hotels would you recommend in Lisbon" asks for hotels in Lisbon.
_ASIDE = re.compile(
    r"(?<=\w) (?:(?:would|do|can|could) you (?:recommend|suggest)|are there)(?= (?:in|near|around|at)\b)", re.IGNORECASE
)
_NOUN = re.compile(r"(?:which|what) \w+", re.IGNORECASE)
# What the recogniser writes with a hyphen although it is one word.
_HYPHENATED = re.compile(r"\b(to|micro|face|you|net|e|i)-(?=\w)", re.IGNORECASE)
_SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ings", ""),
    ("ing", ""),
    ("s", ""),
)


def stem(word: str) -> str:
    """A word in lower case without its plural or -ing: enough to meet its own other forms."""
    low = word.lower().replace("’", "'")
    low = low.removesuffix("'s").removesuffix("'")
    for suffix, instead in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= 3 and not low.endswith(("ss", "us", "is")):
            return low[: -len(suffix)] + instead
    return low


@dataclass(frozen=True)
class Token:
    """One word. `ends`: punctuation follows, so no phrase crosses it."""

    text: str
    ends: bool = False

    @cached_property
    def low(self) -> str:
        return self.text.lower().removesuffix("'s")

    @cached_property
    def stem(self) -> str:
        return stem(self.text)

    @property
    def content(self) -> bool:
        """It carries meaning of its own."""
        return self.low not in STOP


@dataclass(frozen=True)
class Utterance:
    """What was said, as a text and as words."""

    raw: str
    """Cleaned, as said."""
    text: str
    """Numbers as digits, letters joined, polite frames off: what is routed."""
    tokens: tuple[Token, ...]

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(token.stem for token in self.tokens)

    @cached_property
    def sentences(self) -> tuple[Utterance, ...]:
        """Each as an utterance of its own."""
        parts = re.split(r"(?<=[.?!])\s+", self.text)
        cores = [_TAIL.sub("", _LEAD.sub("", part)) or part for part in parts]
        return tuple(Utterance(core, core, tokenize(core)) for core in cores)

    @classmethod
    def parse(cls, text: str) -> Utterance:
        """Read anything at all; what is too long is cut."""
        raw = clean(text)
        words = join_letters(to_digits(raw.split()))
        spoken = join_addresses(" ".join(words))
        core = _TAIL.sub("", _LEAD.sub("", spoken)) or spoken
        core = _ASIDE.sub("", core) if _NOUN.match(core) else core
        return cls(raw, core, tokenize(core))


def clean(text: str) -> str:
    """One line of printable text, straight apostrophes, no hyphens inside words, at most 600 characters."""
    text = unicodedata.normalize("NFKC", str(text)[: 2 * MAX_CHARACTERS]).replace("’", "'")
    text = "".join(char if char.isprintable() else " " for char in text)
    text = _HYPHENATED.sub(r"\1", text)
    # "Amtrak-66", and letters spelled as "e_z_1".
    text = re.sub(r"(?<=[A-Za-z]{4})-(?=\d)|(?<=\b[A-Za-z\d])_(?=[A-Za-z\d])|(?<=_[A-Za-z\d])_(?=\w)", " ", text)
    return " ".join(re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", " ", text).split())[:MAX_CHARACTERS].strip()


def tokenize(text: str) -> tuple[Token, ...]:
    """Words without the punctuation around them."""
    tokens: list[Token] = []
    for word in text.split()[:MAX_WORDS]:
        core = word.strip(",.?!;:\"()[]{}<>*_`~|'\\")
        if core:
            tokens.append(Token(core, ends=word[-1] in ",.?!;:"))
    return tuple(tokens)


def words_of(name: str) -> list[str]:
    """The words of an identifier: "stateCode", "state_code" -> ["state", "code"]."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]

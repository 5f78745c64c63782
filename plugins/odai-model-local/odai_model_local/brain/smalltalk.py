"""What people say to a voice that is no request: greetings, thanks, who are you, say that again, goodbye."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from odai_model_local.brain.utterance import Utterance

_FILLERS = re.compile(
    r"\b(?:u+m+|u+h+|er+m*|hmm+|well|so|ok|okay|oh|alright|all right|right|great|perfect|cool|awesome|wonderful|nice|"
    r"please|sorry|just|actually|then|there|dear|my friend|oh dye|odai|assistant|very|really|again|"
    r"today|yeah|yes|(?:good )?very)\b"
)
_NAMES: Final[tuple[tuple[str, str], ...]] = (
    ("goodbye", r"(?:(?:no )?(?:thanks|thank you)(?: (?:a lot|so much|very much|for .{0,30}))? )?(?:good ?bye|bye|bye ?bye|bye for now|"
                r"see you(?: later| soon| around)?|talk to you later|have a (?:good|nice|great) (?:day|night|evening|one)|good night|"
                r"hang up(?: now)?|(?:you can )?(?:end|hang up) the call|farewell|ciao|take care|i have to go|i(?:'ve| have) got to go|i gotta go)"
                r"(?: (?:and )?(?:good ?bye|bye|bye ?bye|thanks|thank you|now|have a (?:good|nice|great) (?:day|night|evening|one)))*"),
    ("goodbye", r"(?:no )?(?:thanks |thank you )?(?:that(?:'s| is| was| will be|'ll be) (?:all|it|everything)|nothing else|i(?:'m| am) (?:all )?(?:done|finished|good))"
                r"(?: i (?:need|needed|wanted))?(?: for (?:now|today))?(?: (?:thanks|thank you|bye|bye ?bye|good ?bye))*"),
    ("stop", r"(?:no )?(?:stop(?: it| that| talking)?|never ?mind(?: that)?|forget (?:it|that|about it)|cancel(?: that| it)?|shut up|be quiet|quiet|enough|"
             r"wait|hold on|pause|don't(?: worry(?: about it)?)?|it doesn't matter|no thanks|no thank you)(?: never ?mind)?"),
    ("thanks", r"(?:(?:thanks|thank you|thank u|thx|cheers|much appreciated|i appreciate (?:it|that))"
               r"(?: (?:a lot|so much|a million|much|very much|for (?:your|the) (?:help|info|information)|for (?:that|helping(?: me)?)|a bunch))?(?: |$))+"
               r"(?:that(?:'s| is| was) (?:helpful|good|nice|useful))?|that(?:'s| is| was) (?:helpful|good|nice|useful|fine|it)? ?(?:thanks|thank you)"),
    ("repeat", r"(?:can you |could you |would you )?(?:repeat(?: (?:that|it|yourself|what you said))?|say (?:that|it)(?: (?:one more time|once more))?|what did you (?:say)|"
               r"what was that|come|pardon(?: me)?|excuse me|i (?:didn't|did not) (?:hear|catch|get|understand) (?:that|you|it)|what|huh|one more time|once more)"),
    ("who", r"(?:and )?(?:who|what) (?:are|r) you(?: called)?|what(?:'s| is) your name|who am i (?:talking|speaking) (?:to|with)|who(?:'s| is) (?:this|that)|"
            r"are you (?:a |an )?(?:robot|human|real|person|real person|machine|ai|bot|computer)|(?:introduce|tell me about) yourself|do you have a name|what do i call you|who made you"),
    ("can", r"(?:so )?(?:what|which things) (?:all )?(?:can|could|do) you(?: do| help(?: me)?(?: with)?| know| look up| find| offer)(?: for me| about)?|what (?:else )?can (?:i|you) (?:ask(?: you)?|do|say)(?: for me)?|"
            r"(?:can you )?help(?: me)?|how (?:can|could|do) you help(?: me)?|what are you (?:able to do|good at|capable of)|what(?:'s| is) possible|"
            r"what(?: else)? (?:can|do) you do|what are (?:your|the) (?:skills|options|features|commands)|i need help|how does this work|what (?:kind|kinds|sort|sorts) of (?:things|stuff) can you do"),
    ("greeting", r"(?:(?:hi|hello|hey|hiya|howdy|greetings|yo|good (?:morning|afternoon|evening|day)|what's up|sup)(?: |$))+(?:everyone|everybody|computer|you)?"),
    ("how", r"(?:(?:hi|hello|hey) )?(?:how are you(?: doing| feeling)?|how(?:'s| is) it going|how do you do|how(?:'s| is) your day(?: going)?|are you (?:ok|well|fine))"),
    ("there", r"(?:hello )?(?:are you (?:still )?(?:here|listening|working|on)|can you hear me(?: now)?|is (?:anyone|anybody|someone)(?: here)?|test(?:ing)?(?: (?:test|1|2|3|12|123))*)"),
    ("time", r"(?:do you (?:know|have) |tell me )?(?:what time is it(?: now)?|what(?:'s| is) the (?:current )?time(?: now)?|the time)"),
    ("day", r"(?:do you know |tell me )?what (?:day|date)(?: of the week)? is it|what(?:'s| is) (?:the |the current )?(?:date|day)(?: is it)?|what(?:'s| is) day is it"),
)
_PATTERNS: Final = tuple((name, re.compile(pattern)) for name, pattern in _NAMES)
YES = re.compile(
    r"(?:yes|yeah|yep|yup|sure|correct|right|that's right|exactly|of course|please do|go ahead|ok|okay|definitely|absolutely|fine|please)"
    r"(?: (?:please|yes|yeah|sure|that one|do that|go ahead|thanks))*"
)
NO = re.compile(r"(?:no|nope|nah|not really|neither|none|neither of them|none of them)(?: (?:thanks|thank you|please|no))*")


def _bare(utterance: Utterance) -> str:
    """The words alone, in lower case."""
    return re.sub(r"[^a-z0-9' ]+", " ", utterance.raw.lower()).strip()


def is_yes(utterance: Utterance) -> bool:
    return bool(YES.fullmatch(" ".join(_bare(utterance).split())))


def is_no(utterance: Utterance) -> bool:
    return bool(NO.fullmatch(" ".join(_bare(utterance).split())))


def small_talk(utterance: Utterance) -> str:
    """Which kind of small talk the whole utterance is: a name of `_NAMES`, "yes", "no", or "" when it is none."""
    bare = " ".join(_bare(utterance).split())
    # "great, thanks": the words around the core go; "okay" alone must not become nothing.
    core = " ".join(_FILLERS.sub(" ", bare).split())
    for text in dict.fromkeys((bare, core)):
        if text:
            for name, pattern in _PATTERNS:
                if pattern.fullmatch(text):
                    return name
    if YES.fullmatch(bare) or (bare and not core):
        return "yes"
    return "no" if NO.fullmatch(bare) else ""


def clock(now: datetime) -> str:
    """The caller's time, as it is said: "It's 3:05 PM." In UTC, which means that the zone is unknown, it says so."""
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

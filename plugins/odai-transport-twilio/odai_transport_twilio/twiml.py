"""The XML that tells Twilio what to do with a call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def connect(url: str, parameters: Mapping[str, str]) -> str:
    """Join the call to the stream at `url`. Twilio hands `parameters` back in the stream's `start` frame."""
    inner = "".join(f"<Parameter name={_attribute(name)} value={_attribute(parameters[name])}/>" for name in parameters)
    return f"{_HEAD}<Response><Connect><Stream url={_attribute(url)}>{inner}</Stream></Connect></Response>"


def apologise(words: str) -> str:
    """Say `words` and hang up."""
    return f"{_HEAD}<Response><Say>{escape(_NOT_XML.sub('', words))}</Say><Hangup/></Response>"


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))

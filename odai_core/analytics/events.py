"""Every event and trait we may tell Segment, by its exact name, and what of it is personal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple


class Privacy(Enum):
    """What leaves the process without ODAI_ANALYTICS_PII."""

    PLAIN = "the value"
    TEXT = "its length, as <name>_length"
    IDENTIFIER = "a salted hash"


PROPERTIES: Mapping[str, Privacy] = {
    # What a model writes about a request repeats the request.
    "capability_description": Privacy.TEXT,
    "capability_requested": Privacy.TEXT,
    "prompt": Privacy.TEXT,
    "email": Privacy.IDENTIFIER,
    "name": Privacy.IDENTIFIER,
    "phone_number": Privacy.IDENTIFIER,
    "target_email": Privacy.IDENTIFIER,
    "user_email": Privacy.IDENTIFIER,
    "user_name": Privacy.IDENTIFIER,
    "agent_name": Privacy.PLAIN,
    "call_sid": Privacy.PLAIN,
    "chat_id": Privacy.PLAIN,
    "created_at": Privacy.PLAIN,
    "duration": Privacy.PLAIN,
    "has_google_integration": Privacy.PLAIN,
    "has_plaid_integration": Privacy.PLAIN,
    "session_id": Privacy.PLAIN,
    "stream_sid": Privacy.PLAIN,
    "tool_call": Privacy.PLAIN,
    "tool_description": Privacy.PLAIN,
    "user_id": Privacy.PLAIN,
}
"""Every property and trait by name; a name that is not here is as personal as an identifier."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "Agent Called": ("chat_id", "agent_name"),
    "App Voice Chat Ended": ("session_id", "duration"),
    "App Voice Chat Started": ("session_id",),
    "Chat Created": ("chat_id",),
    "Existing Chat Used": ("chat_id",),
    "Google Access Request": ("user_id", "user_email", "target_email", "user_name"),
    "Google Connected": (),
    "New User Created": (),
    "Plaid Connected": (),
    "Prompt Submitted": ("chat_id", "prompt"),
    "Response Sent": ("chat_id",),
    "Tool Called": ("chat_id", "tool_call", "tool_description"),
    "Twilio Call Ended": ("stream_sid", "call_sid", "duration", "phone_number"),
    "Twilio Call Started": ("stream_sid", "call_sid", "phone_number"),
    "Unhandled Request": ("chat_id", "prompt", "capability_requested", "capability_description"),
    "User Signed Up": ("email", "name"),
}
"""The properties of each event. "<X> Started" and "<X> Ended" of a third-party transport need no line here."""

TRAITS = ("has_google_integration", "has_plaid_integration", "created_at", "email", "name")
"""What may be said of a user."""


class Event(NamedTuple):
    """A name and its properties: `analytics.track(*event, user_id=..., anonymous_id=...)`."""

    name: str
    properties: Mapping[str, Any]


def call_started(analytics_name: str, properties: Mapping[str, Any]) -> Event:
    """The start of a call, named by `CallInfo.analytics_name`."""
    return Event(f"{analytics_name} Started", dict(properties))


def call_ended(analytics_name: str, properties: Mapping[str, Any], *, duration: float) -> Event:
    """The end of a call that took `duration` seconds."""
    return Event(f"{analytics_name} Ended", {**properties, "duration": round(duration, 3)})


def is_known(name: str) -> bool:
    """An event of the table, or the start or end of somebody's call."""
    return name in EVENTS or is_of_a_call(name)


def is_of_a_call(name: str) -> bool:
    """The start or end of a call; its properties are the transport's own."""
    return name.endswith((" Started", " Ended"))

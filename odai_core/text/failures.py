"""What goes wrong in a turn, as one sentence for the user; details that may hold the user's words go nowhere."""

from __future__ import annotations

import logging

from agents.exceptions import (
    AgentsException,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelRefusalError,
    ModelTimeoutError,
)

from odai_core.calls import Caller
from odai_core.errors import ForeignChat, ModelError, QuotaReached, SetupError
from odai_core.text.events import ChatError

log = logging.getLogger("odai.text")

BUSY = ChatError("busy", "This chat is still answering in another window. Wait for it, then send that again.", True)
DRAIN = ChatError("drain", "The server is restarting. Please send that again in a moment.", True)
EMPTY_PROMPT = ChatError("internal", "There was nothing to read in that. Please write a few words.", False)
NO_ANSWER = ChatError("model", "The model had nothing to say to that. Please try again.", True)
NOT_KEPT = ChatError("internal", "This answer could not be saved, so I will not remember it.", False)
TOO_LONG = ChatError("too_long", "That is too long for one message. Please send it in parts.", False)
TOO_SLOW = ChatError("model", "This took longer than one answer may take. Ask me to go on, or for less at once.", True)

# Models end every failure as a ModelError; these are for one that forgot.
_OF_SERVICES = frozenset({"openai", "httpx", "httpx2"})
_SENTENCES: dict[type[AgentsException], tuple[str, bool]] = {
    MaxTurnsExceeded: ("This took more steps than one answer may take. Ask me to go on, or for less at once.", True),
    ModelRefusalError: ("The model declined to answer that. Please ask in another way.", False),
    ModelTimeoutError: ("The model took too long to answer. Please try again.", True),
    ModelBehaviorError: ("The model gave an answer I cannot use. Please try again.", True),
}


def explained(error: BaseException, caller: Caller) -> ChatError:
    """The event that ends a turn in which this was raised; the log gets its kind, never its words."""
    match error:
        case ModelError():
            return ChatError(error.code, error.message, error.retryable)
        case QuotaReached():
            return ChatError("quota", str(error), False)
        case ForeignChat():
            return ChatError("unavailable", "This chat was deleted, and its id is not yours any more.", False)
        case SetupError():
            log.warning("no chat can be answered: %s %s", error.cause, error.remedy)
            # Who runs the server on this machine can do something about it; anybody else only needs to know.
            remedy = f"{error.cause} {error.remedy}" if caller.user_id == "local" else "Please try again later."
            return ChatError("unavailable", f"I can't answer at the moment. {remedy}", False)
    for kind, (sentence, retryable) in _SENTENCES.items():
        if isinstance(error, kind):
            log.info("a turn ended with %s", type(error).__name__)
            return ChatError("model", sentence, retryable)
    # TimeoutError and ConnectionError are of this kind too.
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _OF_SERVICES:
        log.warning("the model failed: %s", type(error).__name__)
        return ChatError("model", "The model did not answer. Please try again in a moment.", True)
    log.error("a turn failed: %s at %s", type(error).__name__, _place(error))
    return ChatError("internal", "Something went wrong on my side. Please try again.", True)


def _place(error: BaseException) -> str:
    traceback = error.__traceback__
    if traceback is None:
        return "an unknown place"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}"

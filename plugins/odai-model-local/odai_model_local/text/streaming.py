"""A finished decision as the Responses API streams it: the events, in their order, and the response they add up to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from agents.items import TResponseOutputItem, TResponseStreamEvent
from agents.models.fake_id import FAKE_RESPONSES_ID
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseInProgressEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from odai_model_local.text.planning import Step

MODEL = "local"
_PIECES = re.compile(r"\s*(?:\S+\s*){1,4}")
"""Some words at a time: as quick to read as a model writes, and a tenth of the events."""


def output_of(step: Step) -> list[TResponseOutputItem]:
    """The items of a step: what it says, then its call."""
    items: list[TResponseOutputItem] = []
    if step.text:
        part = ResponseOutputText(text=step.text, type="output_text", annotations=[], logprobs=[])
        items.append(_message([part], "completed"))
    if step.call is not None:
        items.append(
            ResponseFunctionToolCall(
                id=FAKE_RESPONSES_ID,
                call_id=f"call_{uuid4().hex[:24]}",
                name=step.call.name,
                arguments=step.call.arguments,
                type="function_call",
                status="completed",
            )
        )
    return items


def events(step: Step) -> Iterator[TResponseStreamEvent]:
    """Created, the items piece by piece, completed."""
    number = count()
    begun = _response([], "in_progress")
    yield ResponseCreatedEvent(response=begun, type="response.created", sequence_number=next(number))
    yield ResponseInProgressEvent(response=begun, type="response.in_progress", sequence_number=next(number))
    items = output_of(step)
    for index, item in enumerate(items):
        if isinstance(item, ResponseOutputMessage):
            yield from _message_events(item, step.text, index, number)
        elif isinstance(item, ResponseFunctionToolCall):
            yield from _call_events(item, index, number)
    whole = _response(items, "completed")
    yield ResponseCompletedEvent(response=whole, type="response.completed", sequence_number=next(number))


def _message_events(
    item: ResponseOutputMessage, text: str, index: int, number: Iterator[int]
) -> Iterator[TResponseStreamEvent]:
    at: dict[str, Any] = {"item_id": item.id, "output_index": index}
    empty = ResponseOutputText(text="", type="output_text", annotations=[], logprobs=[])
    yield _added(_message([], "in_progress"), index, number)
    yield ResponseContentPartAddedEvent(
        **at, content_index=0, part=empty, type="response.content_part.added", sequence_number=next(number)
    )
    for piece in _PIECES.findall(text):
        yield ResponseTextDeltaEvent(
            **at,
            content_index=0,
            delta=piece,
            logprobs=[],
            type="response.output_text.delta",
            sequence_number=next(number),
        )
    yield ResponseTextDoneEvent(
        **at,
        content_index=0,
        text=text,
        logprobs=[],
        type="response.output_text.done",
        sequence_number=next(number),
    )
    part = item.content[0]
    assert isinstance(part, ResponseOutputText)
    yield ResponseContentPartDoneEvent(
        **at, content_index=0, part=part, type="response.content_part.done", sequence_number=next(number)
    )
    yield _done(item, index, number)


def _call_events(item: ResponseFunctionToolCall, index: int, number: Iterator[int]) -> Iterator[TResponseStreamEvent]:
    at: dict[str, Any] = {"item_id": str(item.id), "output_index": index}
    yield _added(item.model_copy(update={"arguments": "", "status": "in_progress"}), index, number)
    yield ResponseFunctionCallArgumentsDeltaEvent(
        **at,
        delta=item.arguments,
        type="response.function_call_arguments.delta",
        sequence_number=next(number),
    )
    yield ResponseFunctionCallArgumentsDoneEvent(
        **at,
        arguments=item.arguments,
        type="response.function_call_arguments.done",
        sequence_number=next(number),
    )
    yield _done(item, index, number)


def _added(item: TResponseOutputItem, index: int, number: Iterator[int]) -> TResponseStreamEvent:
    return ResponseOutputItemAddedEvent(
        item=item, output_index=index, type="response.output_item.added", sequence_number=next(number)
    )


def _done(item: TResponseOutputItem, index: int, number: Iterator[int]) -> TResponseStreamEvent:
    return ResponseOutputItemDoneEvent(
        item=item, output_index=index, type="response.output_item.done", sequence_number=next(number)
    )


def _message(content: list[Any], status: Any) -> ResponseOutputMessage:
    return ResponseOutputMessage(id=FAKE_RESPONSES_ID, content=content, role="assistant", type="message", status=status)


def _response(items: list[TResponseOutputItem], status: Any) -> Response:
    # It has no tokens, so it counts none.
    usage = ResponseUsage(
        input_tokens=0,
        output_tokens=0,
        total_tokens=0,
        input_tokens_details=InputTokensDetails.model_validate({"cached_tokens": 0, "cache_write_tokens": 0}),
        output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
    )
    return Response(
        id=FAKE_RESPONSES_ID,
        created_at=time.time(),
        model=MODEL,
        object="response",
        output=items,
        status=status,
        tool_choice="auto",
        tools=[],
        parallel_tool_calls=False,
        usage=usage if status == "completed" else None,
    )

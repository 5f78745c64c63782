"""What is asked of a mailbox: lists of mails, read five at a time, and mails sent once."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from odai_core import Link, ToolContext, ToolError
from odai_tool_gmail import reading, writing
from odai_tool_gmail.google import ask
from odai_tool_gmail.reading import Mail
from odai_tool_gmail.shapes import Found, Message, Profile, Sent, Thread
from odai_tool_gmail.writing import ADDRESS, MARK, Draft

AT_ONCE = 5
NEWEST = 10
_FIELDS = "id,threadId,labelIds,snippet,internalDate,payload"
_HEADERS = ["Message-ID", "References", "In-Reply-To", "Subject", MARK]
_OF_THE_MAIL = {"not_found", "bad_shape", "upstream", "timeout", "rate_limited", "unavailable", "bad_request"}
"""What may be wrong with one mail; anything else is wrong with all of them."""


async def search(ctx: ToolContext, link: Link, query: str, zone: ZoneInfo) -> list[Mail]:
    """The ten newest that fit, with their texts."""
    params = {"q": query, "maxResults": NEWEST, "fields": "messages(id),resultSizeEstimate"}
    ids = (await ask(ctx, link, "messages", params=params, type=Found)).ids()[:NEWEST]
    full = {"format": "full", "fields": _FIELDS}
    messages = await _gathered(ask(ctx, link, "messages", id, params=full, type=Message) for id in ids)
    # Reading a mail is some work, and the event loop has others to serve.
    import asyncio  # 20 ms, for whoever only lists plugins

    return await asyncio.to_thread(lambda: [reading.read(message, zone) for message in messages])


async def send(ctx: ToolContext, link: Link, draft: Draft) -> Sent:
    """Send it, unless an earlier try of the same action did."""
    sender = await _sender(ctx, link)
    earlier = await _sent(ctx, link, draft, sender)
    return earlier or await _post(ctx, link, {"raw": writing.raw(draft, sender)})


async def reply(ctx: ToolContext, link: Link, draft: Draft, thread_id: str, reply_to: str) -> tuple[Sent, str]:
    """Send it into its conversation, unless an earlier try did; and the subject it has there."""
    params: Mapping[str, Any] = {"format": "metadata", "metadataHeaders": _HEADERS}
    thread: Thread = await ask(ctx, link, "threads", thread_id, params=params, type=Thread)
    mails = thread.mails()
    if not any(writing.is_mail(mail, reply_to) for mail in mails):
        raise ToolError("not_found", "I couldn't find the mail you want to answer.")
    subject, references = writing.answering(draft, mails, reply_to)
    earlier = next((mail for mail in mails if mail.header(MARK) == draft.mark), None)
    if earlier is not None:
        return Sent(id=earlier.id, threadId=thread.id), subject
    sender = await _sender(ctx, link)
    raw = writing.raw(draft, sender, subject=subject, reply_to=reply_to, references=references)
    return await _post(ctx, link, {"raw": raw, "threadId": thread_id}), subject


async def _sender(ctx: ToolContext, link: Link) -> str:
    """The mailbox's own address: nobody sends as anybody else."""
    address: str = (await ask(ctx, link, "profile", params={"fields": "emailAddress"}, type=Profile)).emailAddress
    if not ADDRESS.fullmatch(address):
        raise ToolError("bad_shape", "Gmail gave an answer I can't read. Please try again in a moment.")
    return address


async def _sent(ctx: ToolContext, link: Link, draft: Draft, sender: str) -> Sent | None:
    """The mail of this action, by its Message-ID or, where Gmail gave it another one, by its mark among the newest."""
    ours = {"q": f"rfc822msgid:{writing.message_id(draft, sender).strip('<>')}", "maxResults": 1}
    found = (await ask(ctx, link, "messages", params=ours, type=Found)).ids()
    if found:
        return Sent(id=found[0])
    # Without a search: a list of a label knows a mail at once, the search only after some moments.
    newest = {"labelIds": "SENT", "maxResults": NEWEST}
    ids = (await ask(ctx, link, "messages", params=newest, type=Found)).ids()[:NEWEST]
    params: Mapping[str, Any] = {"format": "metadata", "metadataHeaders": [MARK]}
    mails = await _gathered(
        (ask(ctx, link, "messages", id, params=params, type=Message) for id in ids), all_of_them=True
    )
    return next((Sent(id=mail.id, threadId=mail.threadId) for mail in mails if mail.header(MARK) == draft.mark), None)


async def _post(ctx: ToolContext, link: Link, mail: Mapping[str, Any]) -> Sent:
    return await ask(ctx, link, "messages", "send", send=mail, type=Sent)  # type: ignore[no-any-return]


async def _gathered(asking: Iterable[Awaitable[Message]], *, all_of_them: bool = False) -> Sequence[Message]:
    """Those that could be had, five at a time. Raises ToolError when none could, or for `all_of_them` when one not."""
    import asyncio  # 20 ms, for whoever only lists plugins

    places = asyncio.Semaphore(AT_ONCE)

    async def one(waiting: Awaitable[Message]) -> Message:
        async with places:
            return await waiting

    results = await asyncio.gather(*map(one, asking), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    good = [result for result in results if isinstance(result, Message)]
    for error in failed:
        if all_of_them or not good or getattr(error, "code", "") not in _OF_THE_MAIL:
            raise error
    return good

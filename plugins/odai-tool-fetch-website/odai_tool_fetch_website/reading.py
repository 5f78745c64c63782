"""Running the reader: started while the page is on its way, killed when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from odai_core import ToolError
from odai_tool_fetch_website.shapes import Page, Text

# What a Python may need to start; everything else in our environment is none of a page's business.
_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_PROGRAM = Path(__file__).with_name("extract.py")


Read = Callable[[Page], Awaitable[Text]]


@asynccontextmanager
async def reader(program: Path = _PROGRAM) -> AsyncIterator[Read]:
    """One reader for one page; gone when the context is left. `program` is for tests."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(program),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )
    try:
        yield lambda page: _read(process, page)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _read(process: Process, page: Page) -> Text:
    header = msgspec.json.encode({"html": page.html, "charset": page.charset})
    output, _ = await process.communicate(header + b"\n" + page.body)
    try:
        found = msgspec.json.decode(output, type=Text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ToolError("bad_shape", "That page is built in a way I can't read.") from None
    if not found.text:
        raise ToolError("not_found", "I found nothing to read on that page.")
    return found

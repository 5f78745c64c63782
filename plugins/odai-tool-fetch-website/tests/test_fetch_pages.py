"""Pages as the worst of servers send them."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest
from odai_tool_fetch_website import target
from odai_tool_fetch_website.fetching import MAX_BODY, Fetcher
from odai_tool_fetch_website.shapes import Page
from odai_tool_fetch_website.unpacking import unpacked

from odai_core import ToolError

from .conftest import Answer, Site, html, http

URL = "http://example.com/"


@pytest.fixture(params=[URL])
def get(request, site: Site, fetcher: Fetcher):
    async def ask(answer: Answer) -> Page:
        site.answers["/"] = answer
        return await fetcher.get(target.check(request.param))

    return ask


async def code(asked) -> str:
    with pytest.raises(ToolError) as caught:
        await asked
    assert caught.value.message.endswith(".")
    assert "http" not in caught.value.message
    return f"{caught.value.code}: {caught.value.message}"


async def test_a_page_comes_with_what_was_said_of_it(get, site: Site):
    page = await get(http(html("Hello."), kind='Text/HTML; Charset="ISO-8859-1"'))
    assert (page.url, page.html, page.charset, page.cut) == (URL, True, "ISO-8859-1", False)
    assert b"Hello." in page.body
    head = site.heads[0].lower()
    assert "accept-encoding: gzip, deflate\r\n" in head
    assert "user-agent: odai" in head
    assert "cookie" not in head


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (http(b"%PDF-1.7", kind="application/pdf"), "bad_request: That is a PDF"),
        (http(b"%PDF-1.7 ...", kind="text/html"), "bad_request: That is a PDF"),
        (http(b"%PDF-1.7 ...", kind=""), "bad_request: That is a PDF"),
        (http(b"\x89PNG", kind="image/png"), "bad_request: That is a picture"),
        (http(b"x", kind="audio/mpeg"), "bad_request: That is a recording"),
        (http(b"x", kind="video/mp4"), "bad_request: That is a video"),
        (http(b"{}", kind="application/json"), "bad_request: That is a file of another kind"),
        (http(b"x", kind="\x00;;;"), "upstream"),
        (http(b"x", kind="text/htmlx"), "bad_request: That is a file"),
        (http(b"MZ\x00\x01", kind=""), "bad_request: That is a file"),
        (b"HTTP/1.1 204 X\r\n\r\n", "not_found: That page is empty"),
        (http(b""), "not_found: That page is empty"),
        (http(b" \r\n\t "), "not_found: That page is empty"),
        (http(status=304), "bad_shape"), (http(status=401), "plan"), (http(status=402), "plan"),
        (http(status=403), "plan: That website doesn't let me"), (http(status=404), "not_found: That page doesn't"),
        (http(status=410), "not_found"), (http(status=418), "bad_shape"), (http(status=429), "rate_limited"),
        (http(status=451), "plan"), (http(status=500), "upstream"), (http(status=503), "upstream"),
        (http(status=999), "upstream"), (b"", "upstream"), (b"\x16\x03\x01nonsense\r\n\r\n", "upstream"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90\r\n\r\n<p>cut", "upstream"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "upstream"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "upstream"),
        (b"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n", "upstream"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 300_000 + b"\r\n\r\n", "upstream"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 60_000 + b"\r\n", "upstream"),
        (http(gzip.compress(b"x" * 99)[:-20], Content_Encoding="gzip, gzip"), "bad_shape"),
        (http(b"not packed", Content_Encoding="gzip"), "bad_shape"),
        (http(b"not packed", Content_Encoding="deflate"), "bad_shape"),
        (http(b"\x1b\x00", Content_Encoding="br"), "bad_shape"),
        (http(b"(\xb5/\xfd", Content_Encoding="zstd"), "bad_shape"),
    ],
)  # fmt: skip
async def test_what_is_no_page_is_a_sentence(answer, said, get):
    assert (await code(get(answer))).startswith(said)


@pytest.mark.parametrize(
    ("answer", "is_html"),
    [
        (http(b"Plain words.", kind="text/plain"), False), (http(b"# Words", kind="text/markdown"), False),
        (http(b"<p>Hi", kind=""), True), (http(b"\xef\xbb\xbf<p>Hi", kind=""), True), (http(b"Hi", kind=""), False),
        (http(b"<?xml version='1.0'?><html/>", kind="application/xhtml+xml"), True),
        (http("\ufeffHi".encode("utf-16-le"), kind="text/plain"), False),
        (http("\ufeff<p>Hi".encode("utf-16-le"), kind="text/html"), True), (http(b"x", status=203), True),
        (http(gzip.compress(b"<p>Hi"), Content_Encoding="gzip"), True),
        (http(gzip.compress(b"<p>Hi") + b"and more", Content_Encoding="x-gzip"), True),
        (b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
         + b"%x\r\n" % len(gzip.compress(b"<p>Hi")) + gzip.compress(b"<p>Hi") + b"\r\n3\r\nand\r\n0\r\n\r\n", True),
        (http(zlib.compress(b"<p>Hi"), Content_Encoding="Deflate "), True),
        (http(zlib.compress(b"<p>Hi")[2:-4], Content_Encoding="deflate"), True),
        (http(b"<p>Hi", Content_Encoding="identity"), True),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Until the end", True),
    ],
)  # fmt: skip
async def test_every_way_to_send_text_is_understood(answer, is_html, get):
    page = await get(answer)
    assert (page.html, page.cut, len(page.body) > 0) == (is_html, False, True)


async def test_a_bomb_is_unpacked_to_the_limit_and_no_further(get):
    bomb = gzip.compress(b"<p>" + b"a" * (64 * MAX_BODY))
    page = await get(http(bomb, Content_Encoding="gzip"))
    assert (len(page.body), page.cut) == (MAX_BODY, True)


@pytest.mark.parametrize(("size", "cut"), [(MAX_BODY - 1, False), (MAX_BODY, False), (MAX_BODY + 1, True)])
async def test_the_limit_is_exact(size, cut):
    async def chunks():
        body = gzip.compress(b"a" * size)
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    found, more = await unpacked(chunks(), "gzip", MAX_BODY)
    assert (len(found), more) == (min(size, MAX_BODY), cut)


async def test_a_body_that_breaks_later_is_bad_shape():
    async def chunks():
        packed = zlib.compress(b"words " * 1000)
        yield packed[:-4]
        yield b"sum?"

    assert (await code(unpacked(chunks(), "deflate", MAX_BODY))).startswith("bad_shape")


async def test_an_endless_body_is_left_at_the_limit(get, site: Site):
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"<p>words words words</p>" * 1000)
            await writer.drain()

    page = await get(endless)
    assert (len(page.body), page.cut) == (MAX_BODY, True)
    async with asyncio.timeout(5):
        await site.gone.wait()


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
                                  b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"])  # fmt: skip
async def test_a_server_that_drips_is_left_and_hung_up_on(part, get, site: Site):
    dripping = asyncio.Event()

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(part)
        await writer.drain()
        dripping.set()
        while not writer.transport.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.001)

    asked = asyncio.create_task(get(drip))
    await dripping.wait()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    async with asyncio.timeout(5):
        await site.gone.wait()

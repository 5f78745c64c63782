"""The page and its files, as a browser's security sees them."""

from __future__ import annotations

import re
from typing import Any

import httpx2 as httpx
import pytest
from odai_transport_webrtc.routes import FILES


@pytest.mark.parametrize("path", ["/", "/app/voice/"])
async def test_the_page_is_strict_and_never_stored(site: Any, path: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(site.http + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["permissions-policy"].startswith("microphone=(self)")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert '<meta name="odai-token" content="good.token">' in answer.text
    assert not re.search(r"https?://", answer.text)
    assert " style=" not in answer.text
    assert site.ctx.asked == [("127.0.0.1", f"127.0.0.1:{site.port}")]


async def test_a_stranger_gets_the_page_without_a_token(site: Any) -> None:
    site.ctx.local = False
    async with httpx.AsyncClient() as client:
        answer = await client.get(site.http)
    assert "odai-token" not in answer.text


async def test_every_file_the_page_names_is_served_with_its_type(site: Any) -> None:
    types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    async with httpx.AsyncClient(base_url=site.http) as client:
        waiting, seen = re.findall(r'(?:src|href)="(/app/voice/static/[^"]+)"', (await client.get("/")).text), set()
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(types[path.rsplit(".", 1)[1]]), path
            assert answer.headers["x-content-type-options"] == "nosniff"
            found = re.findall(r'"\./([a-z-]+\.js)"', answer.text)
            waiting += [full for name in found if (full := f"/app/voice/static/{name}") not in seen]
    # Every file is reached from the page: none is left over from an earlier one.
    assert seen == {f"/app/voice/static/{name}" for name in FILES.found if name != "index.html"}


async def test_an_unchanged_file_is_not_sent_again(site: Any) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:
        first = await client.get("/app/voice/static/main.js")
        again = await client.get("/app/voice/static/main.js", headers={"If-None-Match": first.headers["etag"]})
        other = await client.get("/app/voice/static/main.js", headers={"If-None-Match": '"other"'})
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.js", "index.html", "..%2f__init__.py", "%2e%2e/page.py", "..%5cpage.py", "", "%00"]
)
async def test_nothing_but_the_files_is_served(site: Any, name: str) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:
        assert (await client.get(f"/app/voice/static/{name}")).status_code == 404


async def test_a_dry_run_tells_a_browser_why_it_would_be_refused(site: Any) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:

        async def check(token: str, **headers: str) -> httpx.Response:
            return await client.post("/app/voice/check", headers={"Authorization": f"Bearer {token}", **headers})

        assert (await check("good.token")).status_code == 204
        assert (await check("wrong")).status_code == 401
        assert (await check("good.token", Origin="https://elsewhere.example")).status_code == 403
        site.ctx.limit = 0
        full = await check("good.token")
    assert (full.status_code, full.headers["retry-after"]) == (503, "5")
    assert not site.ctx.live
    assert site.ctx.opened == 0

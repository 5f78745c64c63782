"""The page and its files, as a browser's security sees them."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from typing import Any

import httpx2 as httpx
import pytest
from odai_transport_chat import odai_transports
from odai_transport_chat.page import FILES

STATIC = files("odai_transport_chat").joinpath("static")


async def test_the_page_is_strict_and_never_stored(site: Any) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{site.http}/chat/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["permissions-policy"].startswith("microphone=()")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "trusted-types 'none'" in policy
    assert "unsafe" not in policy
    assert '<meta name="odai-token" content="good.token">' in answer.text
    assert "/app/voice/" not in answer.text, "there is no such page on this server"
    assert not re.search(r"https?://| style=| on[a-z]+=", answer.text)


async def test_a_stranger_gets_the_page_without_a_token(site: Any) -> None:
    site.ctx.local = False
    async with httpx.AsyncClient() as client:
        assert "odai-token" not in (await client.get(f"{site.http}/chat/")).text


async def test_every_file_is_reached_from_the_page_and_has_its_type(site: Any) -> None:
    types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    async with httpx.AsyncClient(base_url=site.http) as client:
        waiting, seen = re.findall(r'(?:src|href)="(/chat/static/[^"]+)"', (await client.get("/chat/")).text), set()
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(types[path.rsplit(".", 1)[1]]), path
            found = re.findall(r'from "\./([a-z-]+\.js)"', answer.text)
            waiting += [full for name in found if (full := f"/chat/static/{name}") not in seen]
    assert seen == {f"/chat/static/{name}" for name in FILES.found if name != "index.html"}


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "markdown-it.LICENSE.txt", "..%2fpage.py", "%00"])
async def test_nothing_but_the_files_is_served(site: Any, name: str) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:
        assert (await client.get(f"/chat/static/{name}")).status_code == 404


def test_the_library_is_the_one_its_licence_names() -> None:
    named = re.search(r"^sha256 ([0-9a-f]{64})$", STATIC.joinpath("markdown-it.LICENSE.txt").read_text(), re.M)
    assert named is not None
    assert hashlib.sha256(STATIC.joinpath("markdown-it.js").read_bytes()).hexdigest() == named[1]


@pytest.mark.parametrize(
    "name",
    [name for name in FILES.found if name.endswith(".js") and name != "markdown-it.js"],
)
def test_no_text_becomes_markup(name: str) -> None:
    source = FILES.found[name].body.decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source)


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("ODAI_CHAT_IDLE", {"60": 60.0, "0.5": 0.5}, ["0", "-1", "x", "nan", "1e9"]),
        ("ODAI_CHAT_STALL", {"10": 10.0}, ["0", "inf"]),
    ],
)
def test_settings_are_read_or_refused(name: str, good: dict[str, float], bad: list[str]) -> None:
    setting = next(one for one in odai_transports()[0].settings if one.name == name)
    assert setting.type(setting.default) > 0
    for text, value in good.items():
        assert setting.type(text) == value
    for text in bad:
        with pytest.raises(ValueError):
            setting.type(text)

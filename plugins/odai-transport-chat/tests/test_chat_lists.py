"""The list of somebody's chats, what was said in one, and forgetting it: only one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest

from odai_core import Caller, ChatInfo, chat_events

ANN = {"Authorization": "Bearer good.ann"}


def fill(site: Any, user: str, chat_id: str, turns: int = 1) -> None:
    info = ChatInfo(chat_id=chat_id, caller=Caller(user_id=user))
    usage = chat_events.ChatUsage(1, 0, 1, 2, None)
    for number in range(turns):
        site.ctx.chats.keep(info, f"prompt {number}", [chat_events.TextDelta(f"answer {number}", "ODAI"), usage])


@pytest.fixture
async def client(site: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=site.http) as opened:
        yield opened


async def test_the_list_has_the_newest_first_and_pages(site: Any, client: httpx.AsyncClient) -> None:
    for number in range(5):
        fill(site, "ann", f"chat-{number}")
    fill(site, "bob", "bobs")
    site.ctx.chats.titles["chat-4"] = "Tides"
    answer = await client.get("/chats/?limit=2", headers=ANN)
    first = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert [row["chat_id"] for row in first["chats"]] == ["chat-4", "chat-3"]
    assert first["chats"][0] == {"chat_id": "chat-4", "title": "Tides", "created_at": 1.0, "updated_at": 1005.0}
    found = []
    page = first
    while page["before"] is not None:
        page = (await client.get("/chats/", params={"limit": 2, "before": page["before"]}, headers=ANN)).json()
        found += [row["chat_id"] for row in page["chats"]]
    assert found == ["chat-2", "chat-1", "chat-0"]


async def test_a_chat_is_read_from_its_end_and_pages_backwards(site: Any, client: httpx.AsyncClient) -> None:
    fill(site, "ann", "mine", 5)
    told = (await client.get("/chats/mine?limit=2", headers=ANN)).json()
    assert [turn["prompt"] for turn in told["turns"]] == ["prompt 3", "prompt 4"]
    assert told["turns"][0] == {
        "id": "t3",
        "at": 1004.0,
        "prompt": "prompt 3",
        "answer": "answer 3",
        "shown": [
            {
                "type": "usage",
                "input_tokens": 1,
                "cached_input_tokens": 0,
                "output_tokens": 1,
                "total_tokens": 2,
                "cost_usd": None,
            }
        ],
        "status": "completed",
    }
    assert (told["chat_id"], told["before"]) == ("mine", "t3")
    rest = (await client.get("/chats/mine?limit=3&before=t3", headers=ANN)).json()
    assert [turn["id"] for turn in rest["turns"]] == ["t0", "t1", "t2"]
    assert rest["before"] is None
    assert (await client.get("/chats/mine?before=nonsense", headers=ANN)).json()["turns"] == []


async def test_deleting_forgets_and_says_so_once(site: Any, client: httpx.AsyncClient) -> None:
    fill(site, "ann", "mine")
    first = await client.delete("/chats/mine", headers=ANN)
    assert (first.status_code, first.content) == (204, b"")
    assert (await client.delete("/chats/mine", headers=ANN)).status_code == 404
    assert (await client.get("/chats/mine", headers=ANN)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_another_users_chat_looks_like_none(site: Any, client: httpx.AsyncClient, method: str) -> None:
    fill(site, "bob", "bobs")
    foreign = await client.request(method, "/chats/bobs", headers=ANN)
    missing = await client.request(method, "/chats/nobodys", headers=ANN)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json() == {"code": "not_found", "message": "There is no such chat of yours."}
    assert "bobs" in site.ctx.chats.chats["bob"]
    assert (await client.get("/chats/", headers=ANN)).json() == {"chats": [], "before": None}


@pytest.mark.parametrize("method, path", [("GET", "/chats/"), ("GET", "/chats/mine"), ("DELETE", "/chats/mine")])
@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({}, 401, "bad_token"),
        ({"Authorization": "Bearer wrong"}, 401, "bad_token"),
        ({"Authorization": "Basic good.ann"}, 401, "bad_token"),
        ({"Authorization": "Bearer guest"}, 403, "guest"),
        ({**ANN, "Origin": "https://elsewhere.example"}, 403, "foreign_origin"),
    ],
)
async def test_who_may_not_is_told_in_json(
    site: Any, client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    fill(site, "ann", "mine")
    answer = await client.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"
    assert "mine" in site.ctx.chats.chats["ann"]


async def test_a_raw_token_is_tolerated(site: Any, client: httpx.AsyncClient) -> None:
    assert (await client.get("/chats/", headers={"Authorization": "good.ann"})).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=1e2", "limit=%D9%A3", "before=x", "before=nan",
     "before=inf", "before=-5"],
)  # fmt: skip
async def test_nonsense_is_refused(site: Any, client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/chats/?{query}", headers=ANN)).status_code == 400
    assert site.ctx.chats.asked == []


async def test_an_odd_id_is_refused(site: Any, client: httpx.AsyncClient) -> None:
    for path in ["/chats/" + "x" * 129, "/chats/a%20b", "/chats/a?limit=0"]:
        assert (await client.get(path, headers=ANN)).status_code == 400

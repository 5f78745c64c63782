"""Google News's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from odai_tool_google_news import get_google_news_top_stories, search_google_news, spoken
from odai_tool_google_news.shapes import Headline, Source, Story

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import serpapi
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
BOSTON = "America/New_York"
TOP = (get_google_news_top_stories, {})
RATES = (search_google_news, {"query": "interest rates"})


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key") -> ToolContext:
    base = server.url("serpapi") if server else "http://127.0.0.1:1"
    values = {"SERPAPI_API_KEY": Secret(key), "SERPAPI_BASE_URL": base}
    caller = Caller(time_zone=BOSTON)
    return ToolContext(http=http, settings=values, caller=caller, log=logging.getLogger("test"), demo=not server)


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    return await invoke(describe(tool), json.dumps(arguments), ctx)


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    await client.aclose()


@pytest.fixture
def ctx(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(server, http)


async def test_the_front_page_is_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(*TOP, ctx)
    assert response.response_type == "google_news_top_stories"
    assert response.spoken == (
        "Here are the top stories. First, Central bank holds rates, from Reuters, twenty minutes ago. Second, Storm "
        "nears coast, from AP News, two hours ago. Third, New museum opens downtown, five hours ago. Would you like to "
        "hear more about one of them?"
    )
    assert [headline["title"] for headline in response.response] == [
        "Central bank holds rates", "Storm nears coast", "New museum opens downtown", "Team wins the cup",
    ]  # fmt: skip
    assert [story["title"] for story in response.response[1]["stories"]] == ["Evacuations ordered", "Schools close"]
    assert response.voice["headlines"][1] == {
        "title": "Storm nears coast", "source": "AP News", "age": "two hours ago", "also": "Evacuations ordered",
    }  # fmt: skip
    assert server.seen[0].path == "/search.json"
    assert server.seen[0].query == {"engine": "google_news", "gl": "us", "hl": "en", "api_key": "test-key"}


async def test_a_search_is_told(ctx: ToolContext, server: UpstreamServer):
    response = await call(*RATES, ctx)
    assert response.response_type == "google_news_search_results"
    assert response.spoken.startswith("In the news about interest rates: First, Central bank holds rates, from Reuters")
    assert server.seen[0].query["q"] == "interest rates"


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    for tool, arguments in (TOP, TOP, RATES, RATES):
        assert (await call(tool, arguments, ctx)).ok
    assert len(server.seen) == 2


@pytest.mark.parametrize("query", ["", " ", "\u202e", "###"])
async def test_a_search_without_words_is_not_made(query, ctx: ToolContext, server: UpstreamServer):
    assert (await call(search_google_news, {"query": query}, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_long_search_is_cut(ctx: ToolContext, server: UpstreamServer):
    await call(search_google_news, {"query": "rates " * 200}, ctx)
    assert len(server.seen[0].query["q"]) <= 200


async def test_nothing_found_is_a_sentence(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_google_news, {"query": "nothing"}, ctx)
    assert (response.response["code"], response.spoken) == ("not_found", "I couldn't find any news about nothing.")
    server.answer("serpapi", {"search_metadata": serpapi.metadata(), "error": serpapi.NOTHING})
    assert (await call(*TOP, ctx)).response["code"] == "not_found"


@pytest.mark.parametrize("status", ["Error", "Queued"])
async def test_a_failed_search_is_asked_again(status, ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"search_metadata": serpapi.metadata(status), "error": "It went wrong."})
    assert (await call(*TOP, ctx)).response["code"] == "bad_shape"
    assert (await call(*TOP, ctx)).ok


@pytest.mark.parametrize(("status", "code"), [(401, "auth"), (403, "plan"), (429, "rate_limited")])
async def test_a_refusal_has_its_code(status, code, ctx: ToolContext, server: UpstreamServer):
    server.fail("serpapi", str(status))
    assert (await call(*TOP, ctx)).response["code"] == code


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (429, "Your account has run out of searches.", "plan"), (429, "You are over the hourly limit.", "rate_limited"),
        (429, "", "rate_limited"), (500, "Your account has run out of searches.", "upstream"),
    ],
)  # fmt: skip
async def test_searches_used_up_are_the_plans(status, text, code, ctx: ToolContext, server: UpstreamServer):
    for _ in range(3):
        server.answer("serpapi", serpapi.failure(status, text).body, status=status)
    response = await call(*TOP, ctx)
    assert response.response["code"] == code
    assert "account" not in response.spoken
    assert len(server.seen) == (3 if code == "rate_limited" else 1)


async def test_one_odd_story_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    body = serpapi.news_body()
    odd = [None, 7, {"title": ["x"]}, {"title": "\u200b"}, {"highlight": 5, "stories": "x"}, {"highlight": None}]
    body["news_results"] = odd + body["news_results"]
    body["news_results"][7]["stories"].append({"title": None})
    server.answer("serpapi", body)
    shown = (await call(*TOP, ctx)).response
    assert [len(headline["stories"]) for headline in shown] == [0, 2, 0, 0]


async def test_a_picture_in_text_and_a_script_are_left_out(ctx: ToolContext, server: UpstreamServer):
    odd = serpapi.story("Odd", "CNN", 5, thumbnail="data:image/png;base64,xx", link="javascript:alert(1)")
    server.answer("serpapi", {"news_results": [odd]})
    response = await call(*TOP, ctx)
    assert (response.response[0]["link"], response.response[0]["thumbnail"]) == (None, None)
    assert response.spoken == "The top story is this: Odd, from CNN, five minutes ago."


@pytest.mark.parametrize("body", [{}, {"news_results": [None, 7]}, {"news_results": None}])
async def test_an_answer_without_a_readable_story_is_no_answer(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", body)
    assert (await call(*TOP, ctx)).response["code"] == "bad_shape"


# -- what is said ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (NOW + timedelta(minutes=5), "less than a minute ago"),
        (NOW + timedelta(hours=5), ""),
        (NOW - timedelta(minutes=59, seconds=29), "fifty nine minutes ago"),
        (NOW - timedelta(minutes=59, seconds=40), "one hour ago"),
        (NOW - timedelta(hours=5, minutes=50), "six hours ago"),
        (NOW - timedelta(hours=7), "this morning"),
        (NOW - timedelta(hours=12), "last night"),
        (NOW - timedelta(hours=17), "yesterday"),
        (NOW - timedelta(days=3), "last Thursday"),
        (NOW - timedelta(days=20), "on November second"),
        (None, ""),
    ],
)
def test_an_age_is_as_people_say_it(published, said):
    assert spoken.age(published, NOW, BOSTON) == said


@pytest.mark.parametrize(("hour", "said"), [(4, "last night"), (11, "this morning"), (13, "this afternoon")])
def test_the_part_of_the_day_is_that_of_the_caller(hour, said):
    midnight = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert spoken.age(midnight + timedelta(hours=hour), midnight + timedelta(hours=23, minutes=55), BOSTON) == said


@pytest.mark.parametrize(
    ("iso", "date", "known"),
    [
        ("2026-11-22T08:30:00Z", None, True),
        (None, "11/22/2026, 08:30 AM, +0000 UTC", True),
        ("soon", "11/22/2026, 03:30 AM, -0500 UTC", True),
        ("2026-11-22T08:30:00", "2 hours ago", False),
        (None, None, False),
    ],
)
def test_a_moment_is_read_in_both_forms(iso, date, known):
    published = Story(title="x", iso_date=iso, date=date).published
    assert published == (datetime(2026, 11, 22, 8, 30, tzinfo=UTC) if known else None)


def headline(title: str, paper: str | None = None, minutes: int | None = None) -> Headline:
    iso = (NOW - timedelta(minutes=minutes)).isoformat() if minutes is not None else None
    return Headline(title=title, source=Source(name=paper), iso_date=iso)


@pytest.mark.parametrize(
    ("headlines", "said"),
    [
        ([headline("Rates fall.")], "News: Rates fall."),
        ([headline("Booking.com sold", "Boston.com", 9)], "News: Booking dot com sold, from Boston, nine minutes ago."),
        ([headline("Who wins?", "BBC.co.uk"), headline("<b>Snow</b>")],
         "News: First, Who wins, from BBC. Second, Snow. Would you like to hear more about one of them?"),
    ],
)  # fmt: skip
def test_each_case_has_its_sentence(headlines, said):
    assert spoken.news("News:", headlines, NOW, BOSTON) == said


@pytest.mark.parametrize("length", [20, 60, 80, 100, 400])
def test_long_headlines_still_fit_a_breath(length):
    told = spoken.news("News:", [headline("word " * (length // 5), "The Daily Paper", 70)] * 3, NOW, BOSTON)
    assert len(told) <= 300
    assert told.count("from The Daily Paper") >= (3 if length <= 60 else 2)


# -- demo mode ---------------------------------------------------------------------------------------


async def test_sample_news_are_fresh(http: HttpClient):
    response = await call(*TOP, context(None, http, key=""))
    assert response.sample
    assert "Central bank leaves interest rates unchanged, from The Harbor Post, forty" in response.spoken
    assert len(response.response) == 9


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("electric cars", "Electric cars pass a quarter of new sales"),
        ("the hurricane", "First winter storm heads for the northeast"),
        ("the new space telescope", "Telescope finds water clouds around a nearby planet"),
    ],
)
async def test_samples_are_about_what_was_asked_for(query, first, http: HttpClient):
    response = await call(search_google_news, {"query": query}, context(None, http, key=""))
    assert (response.sample, response.response[0]["title"]) == (True, first)


async def test_what_the_samples_lack_is_said(http: HttpClient):
    response = await call(search_google_news, {"query": "submarines"}, context(None, http, key=""))
    assert response.response["code"] == "not_found"
    assert "My sample data only has news about the economy" in response.spoken


async def test_with_a_key_demo_mode_is_live(ctx: ToolContext, server: UpstreamServer):
    assert not (await call(*TOP, replace(ctx, demo=True))).sample
    assert len(server.seen) == 1


@pytest.mark.parametrize("tool", [get_google_news_top_stories, search_google_news])
def test_there_are_enough_examples(tool):
    assert len(describe(tool).options.examples) >= 8

"""Google Search's tool, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from odai_tool_google_search import search_google, spoken
from odai_tool_google_search.shapes import Answer, Graph, Page, Results

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import serpapi
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

TALLEST = "the tallest building in Boston"


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key") -> ToolContext:
    base = server.url("serpapi") if server else "http://127.0.0.1:1"
    values = {"SERPAPI_API_KEY": Secret(key), "SERPAPI_BASE_URL": base}
    return ToolContext(http=http, settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server)


async def call(query: str, ctx: ToolContext) -> ToolResponse:
    return await invoke(describe(search_google), json.dumps({"query": query}), ctx)


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


async def test_the_answer_box_is_told_and_all_is_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(TALLEST, ctx)
    assert response.response_type == "google_search_results"
    assert response.spoken == (
        "According to Example Atlas: At 790 feet, 200 Clarendon Street is the tallest building in Boston."
    )
    assert response.response.keys() == {"answer_box", "knowledge_graph", "organic_results", "related_questions"}
    assert [page["title"] for page in response.response["organic_results"]] == [
        "List of tallest buildings in Boston", "Boston's skyline", "Untold", "Towers of the world",
    ]  # fmt: skip
    assert response.response["related_questions"][0]["question"] == "How tall is it?"
    assert response.voice["answer"] == "At 790 feet, 200 Clarendon Street is the tallest building in Boston."
    assert response.voice["about"] == "200 Clarendon Street is a sixty-two story skyscraper in Boston."
    assert response.voice["pages"][:2] == [
        {"title": "List of tallest buildings in Boston", "source": "Wikipedia", "date": "Oct 3, 2026",
         "text": "The tallest structure is 200 Clarendon."},
        {"title": "Boston's skyline", "source": "Boston", "date": None,
         "text": "A view from above is on boston dot com. It is open daily."},
    ]  # fmt: skip
    assert server.seen[0].path == "/search.json"
    assert server.seen[0].query == {
        "engine": "google_light", "q": TALLEST, "gl": "us", "hl": "en", "api_key": "test-key",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("answer_box",), "According to Wikipedia: 200 Clarendon Street is a sixty-two story skyscraper in Boston."),
        (("answer_box", "knowledge_graph"), "According to Wikipedia: The tallest structure is 200 Clarendon. Boston: A "
         "view from above is on boston dot com. It is open daily. Towers of the world: Towers, sorted by height."),
        (("answer_box", "knowledge_graph", "organic_results"), ""),
    ],
)  # fmt: skip
async def test_what_is_missing_is_made_up_for(without, said, ctx: ToolContext, server: UpstreamServer):
    body = serpapi.web_body()
    for part in without:
        body[part] = None
    server.answer("serpapi", body)
    response = await call(TALLEST, ctx)
    assert response.spoken == (said or "Google gave an answer I can't read. Please try again in a moment.")


@pytest.mark.parametrize(
    "box",
    [None, 5, [], {}, {"type": "weather_result", "temperature": "44"}, {"answer": {"a": 1}}, {"snippet": "\u200b"}],
)
async def test_a_box_without_words_is_passed_over(box, ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", serpapi.web_body() | {"answer_box": box})
    response = await call(TALLEST, ctx)
    assert response.spoken.startswith("According to Wikipedia: 200 Clarendon Street is")
    assert response.response["answer_box"] is None


async def test_one_odd_page_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    body = serpapi.web_body()
    odd = [None, 7, {"title": ["x"]}, {"title": "\u200b"}, {"title": "x", "snippet": 5}]
    body["organic_results"] = odd + body["organic_results"]
    body["organic_results"][5]["link"] = "javascript:alert(1)"
    body["related_questions"].append({"question": None})
    server.answer("serpapi", body)
    shown = (await call(TALLEST, ctx)).response
    assert [page["link"] for page in shown["organic_results"]][:2] == [None, "https://www.boston.com/skyline"]
    assert len(shown["organic_results"]) == 4
    assert len(shown["related_questions"]) == 1


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    assert [(await call(TALLEST, ctx)).ok for _ in range(2)] == [True, True]
    assert len(server.seen) == 1


@pytest.mark.parametrize("query", ["", "  ", "\u202e", "***"])
async def test_a_question_without_words_is_not_asked(query, ctx: ToolContext, server: UpstreamServer):
    assert (await call(query, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_long_question_is_cut(ctx: ToolContext, server: UpstreamServer):
    await call("why " * 500, ctx)
    assert len(server.seen[0].query["q"]) <= 400


async def test_nothing_found_is_a_sentence(ctx: ToolContext, server: UpstreamServer):
    response = await call("nothing", ctx)
    assert (response.response["code"], response.spoken) == ("not_found", "Google found nothing about nothing.")
    server.answer("serpapi", {"organic_results": []})
    assert (await call("void", ctx)).response["code"] == "not_found"


async def test_a_failed_search_is_asked_again(ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"search_metadata": serpapi.metadata("Error"), "error": "It went wrong."})
    assert (await call(TALLEST, ctx)).response["code"] == "bad_shape"
    assert (await call(TALLEST, ctx)).ok


@pytest.mark.parametrize(("status", "code"), [(401, "auth"), (403, "plan"), (429, "rate_limited")])
async def test_a_refusal_has_its_code(status, code, ctx: ToolContext, server: UpstreamServer):
    server.fail("serpapi", str(status))
    assert (await call(TALLEST, ctx)).response["code"] == code


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
    response = await call(TALLEST, ctx)
    assert response.response["code"] == code
    assert "account" not in response.spoken
    assert len(server.seen) == (3 if code == "rate_limited" else 1)


# -- what is said ------------------------------------------------------------------------------------


def results(answer: Answer | None = None, graph: Graph | None = None, pages: tuple[Page, ...] = ()) -> Results:
    return Results(answer_box=answer, knowledge_graph=graph, organic_results=list(pages), related_questions=[])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (results(Answer(answer="", result=0)), "Google says 0."),
        (results(Answer(result="3.14159265", title="Pi")), "3.14, according to Pi."),
        (results(Answer(answer="790 feet", snippet="Tall.", source="Atlas.com")), "790 feet, according to Atlas."),
        (results(Answer(answer="Canberra", snippet="canberra is it", title="X")), "According to X: canberra is it."),
        (results(Answer(snippet="Yes! ...")), "Yes!"),
        (results(graph=Graph(title="Jazz", description="A kind of music, ")), "According to Jazz: A kind of music."),
        (results(graph=Graph(description="Music", source={"name": 5})), "Music."),
        (results(pages=(Page(title="One"), Page(title="Two", source="T.org"))), "I found pages about jazz: One and T."),
        (results(pages=(Page(title="One.", snippet="First… then more"),)), "According to One: First. then more."),
    ],
)  # fmt: skip
def test_each_case_has_its_sentence(found, said):
    assert spoken.search(found, "jazz") == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Nov 2, 2026 — It rained.", "It rained."),
        ("2 days ago · It rained · a lot", "It rained, a lot"),
        ("See https://example.org/x or visit booking.com now ...", "See or visit booking dot com now."),
        ("0.00123456 of 1234.5678 and 0.5", "0.0012 of 1234.57 and 0.5"),
        (None, ""),
    ],
)
def test_the_words_of_a_page_are_made_fit_to_be_said(words, said):
    assert spoken.text(words, 100) == said


@pytest.mark.parametrize(("length", "pages"), [(10, 3), (70, 3), (110, 2), (400, 2)])
def test_long_snippets_still_fit_a_breath(length, pages):
    page = Page(title="A title " * 20, snippet="word " * (length // 5), source="Source")
    told = spoken.search(results(pages=(page,) * 5), "jazz")
    assert len(told) <= 300
    assert told.count("Source:") == pages


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("how tall is the tallest building in Boston", "According to Open Almanac: At 790 feet"),
        ("who wrote Moby Dick", "Herman Melville"),
        ("how far away is the moon", "239,000 miles"),
        ("how high is Mount Everest", "29,032 feet"),
        ("how many ounces are in a pound", "sixteen ounces"),
    ],
)
async def test_samples_answer_what_was_asked(query, said, http: HttpClient):
    response = await call(query, context(None, http, key=""))
    assert response.sample
    assert said in response.spoken


@pytest.mark.parametrize("query", ["submarines", "the moon", "boats in Boston"])
async def test_what_the_samples_lack_is_said(query, http: HttpClient):
    response = await call(query, context(None, http, key=""))
    assert response.response["code"] == "not_found"
    assert "My sample data only knows a few facts" in response.spoken


async def test_with_a_key_demo_mode_is_live(ctx: ToolContext, server: UpstreamServer):
    assert not (await call(TALLEST, replace(ctx, demo=True))).sample
    assert len(server.seen) == 1


def test_there_are_enough_examples():
    assert len(describe(search_google).options.examples) >= 8

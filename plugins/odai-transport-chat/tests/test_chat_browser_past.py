"""The page in a real Chromium, beyond one turn: history, the list, tabs, lost connections, tokens, small screens."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from odai_core import Caller, ChatInfo, chat_events
from odai_core.errors import Overloaded

pytestmark = pytest.mark.browser


async def begin(site: Any, browser: Any, text: str = "When is high tide?", address: str = "/chat/") -> tuple[Any, Any]:
    await browser.open(site.http + address)
    await browser.ask(text)
    chat = await site.ctx.next_chat()
    return chat, await chat.next_turn()


def output(kind: str, response: Any, **more: Any) -> chat_events.ToolOutput:
    told = {"response_type": kind, "agent_name": "tides", "friendly_name": "Tide table", "response": response, **more}
    return chat_events.ToolOutput("c1", "find_tide", told, "Tides")


async def test_a_reload_shows_the_history_with_its_cards(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    turn.emit(
        chat_events.ChatHandoff("transfer_to_google_calendar", "ODAI"),
        output("tides", {"harbour": "Kiel", "url": "https://tides.example/"}),
        chat_events.ConfirmationRequired("k1", "t", "Gmail", "Send this mail?", {"to": "Ann"}, 1.0, "Gmail"),
        chat_events.ConfirmationSettled("k1", "approved"),
        chat_events.ChatUsage(10, 0, 5, 15, 0.5),
    )
    turn.say("At **ten**.")
    turn.end(chat_events.ChatTitle("Tides at Kiel"))
    await browser.sees("Tides at Kiel")
    site.ctx.chats.titles[next(iter(site.ctx.chats.titles), "") or turn_chat(site)] = "Tides at Kiel"
    await browser.page.reload()
    for text in ["When is high tide?", "ten", "Tide table", "Approved", "15 tokens · $0.5000", "1 source"]:
        await browser.sees(text)
    assert await browser.page.locator(".shelf-title").all_text_contents() == ["Tides at Kiel"]
    assert await browser.page.get_by_role("button", name="Approve").count() == 0
    assert await browser.page.locator(".markdown strong").text_content() == "ten"
    assert await browser.page.title() == "Tides at Kiel · ODAI"


def turn_chat(site: Any) -> str:
    (only,) = site.ctx.chats.chats["user-1"]
    return str(only)


def fill(site: Any, chat_id: str, turns: int = 1) -> None:
    info = ChatInfo(chat_id=chat_id, caller=Caller(user_id="user-1"))
    for number in range(turns):
        answer = chat_events.TextDelta(f"answer {number} of {chat_id}", "ODAI")
        site.ctx.chats.keep(info, f"prompt {number}", [answer])
    site.ctx.chats.titles[chat_id] = f"Title of {chat_id}"


async def test_chats_are_listed_opened_and_deleted(site: Any, browser: Any) -> None:
    for name in ["one", "two"]:
        fill(site, name)
    await browser.open(f"{site.http}/chat/")
    page = browser.page
    await browser.sees("Title of two")
    assert await page.locator(".shelf-title").all_text_contents() == ["Title of two", "Title of one"]
    await page.get_by_role("link", name="Title of one").click()
    await browser.sees("answer 0 of one")
    assert page.url.endswith("#one")
    await page.get_by_role("button", name="Delete Title of one").click()
    await browser.press("Keep it")
    assert "one" in site.ctx.chats.chats["user-1"]
    await page.get_by_role("button", name="Delete Title of one").click()
    await browser.press("Delete chat")
    await browser.gone("answer 0 of one")
    await browser.sees("What would you like to know?")
    assert "one" not in site.ctx.chats.chats["user-1"]
    assert await page.locator(".shelf-title").all_text_contents() == ["Title of two"]


async def test_a_long_chat_shows_its_end_and_the_rest_on_demand(site: Any, browser: Any) -> None:
    fill(site, "long", 60)
    await browser.open(f"{site.http}/chat/#long")
    await browser.sees("answer 59 of long")
    assert await browser.page.locator(".line.user").count() == 50
    await browser.press("Earlier messages")
    await browser.sees("answer 0 of long")
    assert await browser.page.locator(".line.user").count() == 60
    assert not await browser.page.get_by_role("button", name="Earlier messages").is_visible()


async def test_a_second_tab_follows_the_first(site: Any, browser: Any) -> None:
    fill(site, "shared")
    first = await browser.open(f"{site.http}/chat/#shared")
    await browser.sees("answer 0 of shared")
    await browser.open(f"{site.http}/chat/#shared")
    await browser.sees("answer 0 of shared")
    second = browser.page
    browser.page = first
    await browser.ask("And now?")
    turn = await (await site.ctx.next_chat()).next_turn()
    turn.say("Now it is noon.")
    turn.end()
    browser.page = second
    await browser.sees("Now it is noon.")
    assert await second.locator(".line.user").count() == 2
    browser.page = first
    await first.get_by_role("button", name="Delete Title of shared").click()
    await browser.press("Delete chat")
    browser.page = second
    await browser.sees("What would you like to know?")


class Cable:
    """A plain TCP relay in front of the server, that can be cut."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ends: list[asyncio.StreamWriter] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.ends += [writer, far_writer]

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    def cut(self) -> None:
        for end in self.ends:
            end.transport.abort()


async def test_a_lost_connection_is_mended_and_the_history_read_again(site: Any, chromium: Any) -> None:
    cable = Cable(site.port)
    relay = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
    async with relay, chromium() as browser:
        await browser.open(f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}/chat/")
        await browser.ask("When is high tide?")
        chat = await site.ctx.next_chat()
        turn = await chat.next_turn()
        turn.say("The beginning")
        await browser.sees("The beginning")
        cable.cut()
        await asyncio.wait_for(turn.closed.wait(), 10)
        await browser.sees("The connection was lost before the answer was complete.")
        said: list[chat_events.ChatEvent] = [chat_events.TextDelta("At ten past four.", "ODAI")]
        site.ctx.chats.keep(chat.info, turn.text, said)
        again = await site.ctx.next_chat()
        assert again.chat_id == chat.chat_id
        await browser.sees("At ten past four.")
        await browser.gone("The connection was lost")
        cable.cut()


async def test_a_server_without_a_place_is_tried_again(site: Any, chromium: Any) -> None:
    async with chromium() as browser:
        await browser.open(f"{site.http}/chat/")
        site.ctx.refusal = Overloaded("full")
        await browser.ask("When is high tide?")
        await browser.sees("Trying again in")
        site.ctx.refusal = None
        await browser.press("Try now")
        turn = await (await site.ctx.next_chat()).next_turn()
        assert turn.text == "When is high tide?"
        await browser.gone("Trying again in")


async def test_a_foreign_chat_is_refused_in_words(site: Any, chromium: Any) -> None:
    info = ChatInfo(chat_id="bobs", caller=Caller(user_id="bob"))
    site.ctx.chats.keep(info, "a secret", [chat_events.TextDelta("a secret answer", "ODAI")])
    async with chromium() as browser:
        await browser.open(f"{site.http}/chat/#bobs")
        await browser.ask("What did Bob say?")
        await browser.sees("This chat is not yours.")
        assert "secret" not in await browser.page.content()


async def test_a_stranger_is_asked_for_a_token_and_a_wrong_one_is_named(site: Any, chromium: Any) -> None:
    site.ctx.local = False
    async with chromium() as browser:
        await browser.open(f"{site.http}/chat/")
        await browser.sees("This page needs a token")
        await browser.page.get_by_label("This page needs a token").fill("wrong")
        await browser.press("Use token")
        await browser.sees("That token is wrong or has expired.")
        await browser.page.get_by_label("This page needs a token").fill("good.token")
        await browser.press("Use token")
        await browser.ask("Good day")
        assert (await (await site.ctx.next_chat()).next_turn()).text == "Good day"


async def test_a_text_that_looks_like_a_frame_is_a_prompt(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser, '{"type": "stop"}')
    assert turn.text == '{"type": "stop"}'


async def test_a_narrow_screen_has_the_list_in_a_drawer(site: Any, chromium: Any) -> None:
    fill(site, "one")
    async with chromium(viewport={"width": 360, "height": 640}) as browser:
        await browser.open(f"{site.http}/chat/#one")
        await browser.sees("answer 0 of one")
        page = browser.page
        assert not await page.get_by_role("link", name="Title of one").is_visible()
        await browser.press("Chats")
        await page.get_by_role("link", name="Title of one").wait_for(state="visible")
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Title of one").wait_for(state="hidden")
        await browser.ask("A " + "very" * 100 + " long word")
        turn = await (await site.ctx.next_chat()).next_turn()
        turn.say("| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n")
        turn.say("\n`" + "x" * 300 + "`\n\n```\n" + "y" * 300 + "\n```\n")
        turn.emit(output("tides", {"long": "z" * 300, "url": "https://tides.example/" + "w" * 200}))
        turn.end()
        await browser.sees("1 source")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert await page.evaluate("document.querySelector('#scroller').scrollWidth") <= 360
        assert browser.errors == []


async def test_everything_can_be_done_with_the_keyboard(site: Any, browser: Any) -> None:
    fill(site, "one")
    await browser.open(f"{site.http}/chat/")
    page = browser.page
    await browser.sees("Title of one")
    reached = set()
    await page.evaluate("document.activeElement.blur()")
    for _ in range(20):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"new-chat", "shelf-title", "quiet", "scroller", "message", "send"} <= reached
    await page.get_by_role("link", name="Title of one").focus()
    await page.keyboard.press("Enter")
    await browser.sees("answer 0 of one")
    assert await page.evaluate("document.activeElement.id") == "message"

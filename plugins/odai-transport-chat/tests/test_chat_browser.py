"""The page in a real Chromium: what streams, what is looked up and asked back, and what hostile text does not do."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from odai_core import chat_events

pytestmark = pytest.mark.browser

MARKDOWN = """# Tides

The *next* **high** tide at [Kiel](https://tides.example/kiel "the harbour") is at `16:10`.

| Harbour | Time |
|---|---:|
| Kiel | 16:10 |

```python
print("high")
```

1. first
2. second
   - inner
"""

HOSTILE = """<img src=x onerror="window.hacked=1"> <script>window.hacked=2</script> </script>
[click](javascript:window.hacked=3) [data](data:text/html,<script>1</script>) <a href="javascript:1">x</a>
![pixel](https://spy.example/pixel.png) [file](file:///etc/passwd) [mail](mailto:ann@example.com)
<javascript:window.hacked=4> [ref] [tab](ja\tvascript:1) [relative](/chats/)

[ref]: javascript:window.hacked=5

<svg onload=window.hacked=6>

<iframe src="https://spy.example/"></iframe>
"""


AT_THE_END = """(() => {
  const { scrollHeight, scrollTop, clientHeight } = document.querySelector("#scroller");
  return scrollHeight - scrollTop - clientHeight < 2;
})()"""


async def becomes(page: Any, condition: str) -> None:
    """Wait for it; Playwright's own way is `eval`, which the page's policy forbids."""
    look = (
        f"new Promise((done) => {{ (function look() {{ {condition} ? done() : requestAnimationFrame(look); }})(); }})"
    )
    await asyncio.wait_for(page.evaluate(look), 10)


async def begin(site: Any, browser: Any, text: str = "When is high tide?", address: str = "/chat/") -> tuple[Any, Any]:
    await browser.open(site.http + address)
    await browser.ask(text)
    chat = await site.ctx.next_chat()
    return chat, await chat.next_turn()


def output(kind: str, response: Any, **more: Any) -> chat_events.ToolOutput:
    told = {"response_type": kind, "agent_name": "tides", "friendly_name": "Tide table", "response": response, **more}
    return chat_events.ToolOutput("c1", "find_tide", told, "Tides")


async def test_the_answer_streams_and_its_markdown_is_shown(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    assert turn.text == "When is high tide?"
    page = browser.page
    await browser.sees("Thinking")
    turn.say("# Tides\n\nThe *next* ")
    await page.locator(".markdown h3", has_text="Tides").wait_for()
    assert await page.locator(".markdown em").text_content() == "next"
    await page.evaluate("window.heading = document.querySelector('.markdown h3')")
    turn.say(MARKDOWN.removeprefix("# Tides\n\nThe *next* "))
    await page.locator(".markdown td", has_text="16:10").wait_for()
    assert await page.evaluate("window.heading.isConnected"), "what had not changed was not made anew"
    link = page.get_by_role("link", name="Kiel")
    assert await link.get_attribute("href") == "https://tides.example/kiel"
    assert (await link.get_attribute("rel"), await link.get_attribute("target")) == ("noopener noreferrer", "_blank")
    assert await page.locator(".markdown pre code").text_content() == 'print("high")'
    assert await page.locator(".markdown .code-head").first.text_content() in ("python", "pythonCopy")
    assert await page.locator(".markdown td.right").text_content() == "16:10"
    assert await page.locator(".markdown ol > li > ul > li").text_content() == "inner"
    assert await page.locator("#send").text_content() == "Stop"
    turn.end()
    await page.locator("#send", has_text="Send").wait_for()
    await browser.gone("Thinking")
    assert await page.locator("#announcer").text_content() != ""


async def test_what_was_looked_up_sources_usage_and_who_speaks(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    turn.emit(
        chat_events.ChatHandoff("transfer_to_tides", "ODAI"),
        chat_events.AgentUpdated("Tides", "ODAI"),
        chat_events.ToolCalled("c1", "find_tide", "Looking at the tides", "Tides"),
    )
    await browser.sees("Looking at the tides…")
    assert await browser.page.locator(".agent").all_text_contents() == ["Tides"]
    rows = [{"name": f"High {n}", "height_m": 1.5, "url": f"https://tides.example/{n}"} for n in range(5)]
    turn.emit(output("tides", {"harbour": "Kiel", "tides": rows}, sample=True))
    turn.say("At ten. See [the page](https://tides.example/0/) and https://other.example/x.", agent="Tides")
    turn.emit(chat_events.ChatUsage(1000, 200, 234, 1234, 0.0031))
    turn.end()
    for text in ["Tide table", "High 3", "and 1 more", "6 sources", "1,234 tokens · $0.0031"]:
        await browser.sees(text)
    assert await browser.page.locator(".sample").text_content() == "sample"
    await browser.page.locator(".sources summary").click()
    listed = browser.page.locator(".sources a")
    assert await listed.first.text_content() == "High 0"
    assert await listed.last.get_attribute("href") == "https://other.example/x"
    card = browser.page.locator("details.tool")
    await card.locator("summary").first.click()
    assert await card.get_attribute("open") is None


async def test_the_newest_line_stays_in_sight_until_somebody_scrolls_up(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    rows = [{"name": f"High {n}", "height_m": 1.5} for n in range(4)]
    for number in range(20):
        turn.emit(output("tides", {"tides": rows}))
        turn.say(f"Paragraph {number}.\n\n" * 5, agent="Tides")
    turn.say("The last line.")
    await browser.sees("The last line.")
    page = browser.page
    await becomes(page, AT_THE_END)
    await page.locator("#scroller").hover()
    await page.mouse.wheel(0, -500)
    await becomes(page, f"!{AT_THE_END}")
    turn.say("\n\nOne more line.")
    turn.end()
    await page.locator(".markdown p", has_text="One more line.").wait_for(state="attached")
    assert not await page.evaluate(AT_THE_END)


async def test_an_unknown_cost_is_called_so(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    turn.say("Ten.")
    turn.emit(chat_events.ChatUsage(1, 0, 0, 1, None))
    turn.end()
    await browser.sees("1 token · cost unknown")


async def test_hostile_text_does_nothing(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser, HOSTILE)
    hostile = "</script><img src=x onerror=window.hacked=7>"
    turn.emit(chat_events.AgentUpdated(hostile, "ODAI"), chat_events.ToolCalled("c1", hostile, hostile, hostile))
    rows = [{"title": hostile, "url": "javascript:window.hacked=8", "link": "data:text/html,x"}, {hostile: hostile}]
    turn.emit(output(hostile, {"rows": rows, hostile: hostile}, friendly_name=hostile))
    turn.emit(output("open_tab", {"url": "javascript:window.hacked=9"}))
    turn.emit(output("account_needed", {"account_type": hostile, "connect_url": "javascript:window.hacked=10"}))
    turn.emit(output("error", {"message": hostile}))
    turn.emit(
        chat_events.ConfirmationRequired("k", hostile, hostile, hostile, {hostile: hostile}, 1e10, hostile),
        chat_events.ChatTitle(hostile),
    )
    for piece in HOSTILE.splitlines(keepends=True):
        turn.say(piece)
    turn.end(chat_events.SuggestedPrompts((chat_events.SuggestedPrompt(hostile, 1.0),)))
    await browser.page.locator(".chip").wait_for()
    page = browser.page
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("main :is(img, script, iframe, svg, object, embed, form form)").count() == 0
    protocols = await page.evaluate("[...document.querySelectorAll('main .line a')].map((a) => a.protocol)")
    assert protocols
    assert set(protocols) <= {"https:", "http:", "mailto:"}
    addresses = await page.evaluate("[...document.querySelectorAll('main .line a')].map((a) => a.href)")
    assert "https://spy.example/pixel.png" in addresses, "a picture is a link"
    assert all(address.startswith(site.http) for address in browser.requests), "nothing was fetched from elsewhere"
    assert not any(address.startswith(site.http) for address in addresses)


async def test_a_suggestion_is_asked_with_a_click(site: Any, browser: Any) -> None:
    chat, turn = await begin(site, browser)
    turn.say("Ten.")
    one = chat_events.SuggestedPrompt("And tomorrow?", 0.9)
    turn.end(chat_events.SuggestedPrompts((one, chat_events.SuggestedPrompt("In Hamburg?", 0.5))))
    await browser.press("And tomorrow?")
    assert (await chat.next_turn()).text == "And tomorrow?"
    assert await browser.page.locator(".chip").count() == 0


async def ask_first(chat: Any, turn: Any) -> None:
    chat.waiting.add("k1")
    arguments = {
        "to": ["ann@example.com", "bob@example.com"],
        "body": "Dear Ann,\n\n  <b>two</b> lines " + "x" * 500,
        "flags": {"urgent": True},
    }
    turn.emit(
        chat_events.ConfirmationRequired(
            "k1",
            "send_mail",
            "Gmail",
            "Send this mail to Ann?",
            arguments,
            4e9,
            "G",
        )
    )


@pytest.mark.parametrize("button, approve, outcome", [("Approve", True, "Approved"), ("Decline", False, "Declined")])
async def test_a_question_shows_exactly_what_and_waits_for_a_click(
    site: Any, browser: Any, button: str, approve: bool, outcome: str
) -> None:
    chat, turn = await begin(site, browser, "Send it")
    await ask_first(chat, turn)
    await browser.sees("Send this mail to Ann?")
    page = browser.page
    exact = await page.locator(".arguments dd").all_text_contents()
    assert exact[0] == "ann@example.com\nbob@example.com"
    assert json.loads(exact[2]) == {"urgent": True}
    assert exact[1] == "Dear Ann,\n\n  <b>two</b> lines " + "x" * 500
    focused = await page.evaluate("document.activeElement.className")
    assert "confirmation" in focused, "the question has the focus, and no button of it"
    await page.keyboard.press("Enter")
    assert chat.confirmed == []
    await browser.press(button)
    await browser.sees(outcome)
    assert chat.confirmed == [("k1", approve)]
    assert await page.get_by_role("button", name="Approve").count() == 0
    turn.end()
    await page.locator("#send", has_text="Send").wait_for()


async def test_a_question_hides_no_sign_that_changes_what_is_read(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser, "Send it")
    given = {"text": "Pay \u202e001\u202c\u200b now\r\n\N{FAMILY} \U000e0041", "to": ["ann@example.com\u2066"]}
    turn.emit(chat_events.ConfirmationRequired("k", "t", "Gmail", "Send?", given, time.time() + 60, "Gmail"))
    await browser.sees("Send?")
    exact = await browser.page.locator(".arguments dd").all_text_contents()
    assert exact == ["Pay ⟨U+202E⟩001⟨U+202C⟩⟨U+200B⟩ now\r\n\N{FAMILY} ⟨U+E0041⟩", "ann@example.com⟨U+2066⟩"]


async def test_a_question_that_expires_says_that_nothing_was_done(site: Any, browser: Any) -> None:
    chat, turn = await begin(site, browser, "Send it")
    await ask_first(chat, turn)
    await browser.sees("Send this mail to Ann?")
    turn.emit(chat_events.ConfirmationSettled("k1", "expired"))
    await browser.sees("Expired: nothing was done")
    assert await browser.page.get_by_role("button", name="Approve").count() == 0


async def test_the_time_that_is_left_is_counted_down(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser, "Send it")
    now = await browser.page.evaluate("Date.now() / 1000")
    turn.emit(chat_events.ConfirmationRequired("k", "t", "Gmail", "Send?", {}, now + 119.5, "Gmail"))
    await browser.sees("expires in 1:5")


async def test_an_account_is_connected_in_a_tab_of_its_own_and_the_question_asked_again(
    site: Any, browser: Any
) -> None:
    chat, turn = await begin(site, browser, "Read my mail")
    address = "/auth/google/login?ticket=abc"
    turn.emit(output("account_needed", {"account_type": "google", "connect_url": address}))
    turn.say("Please connect it.")
    turn.end()
    connect = browser.page.get_by_role("link", name="Connect Google")
    assert await connect.get_attribute("href") == site.http + address
    assert await connect.get_attribute("rel") == "noopener noreferrer"
    assert not await browser.page.get_by_role("button", name="Try again").is_visible()
    async with browser.context.expect_page() as opened:
        await connect.click()
    assert "/auth/google/login" in (await opened.value).url
    await browser.press("Try again")
    assert (await chat.next_turn()).text == "Read my mail"


async def test_an_account_that_was_connected_elsewhere_is_known_at_once(site: Any, browser: Any) -> None:
    chat, turn = await begin(site, browser, "Read my mail")
    for kind in ["google", "plaid"]:
        turn.emit(output("account_needed", {"account_type": kind, "connect_url": f"/auth/{kind}/login"}))
    turn.end()
    await browser.sees("Connect Plaid")
    first = browser.page
    await browser.open(f"{site.http}/chat/")
    told = 'new BroadcastChannel("odai-accounts").postMessage({type: "linked", service: "google"})'
    await browser.page.evaluate(told)
    browser.page = first
    await browser.sees("Your Google account is connected.")
    assert await first.get_by_role("link", name="Connect Google").count() == 0
    assert await first.get_by_role("link", name="Connect Plaid").count() == 1
    assert await first.evaluate("document.activeElement.textContent") == "Try again"
    await first.keyboard.press("Enter")
    assert (await chat.next_turn()).text == "Read my mail"
    await first.reload()
    await browser.sees("Connect your Google account to go on.")
    assert await first.get_by_role("link", name="Connect Google").count() == 0, "that link is of the past"


async def test_one_more_account_is_offered_and_nothing_waits_for_it(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser, "Connect another account")
    offer = {"account_type": "google", "connect_url": "/auth/google/login?ticket=abc"}
    turn.emit(output("connect_google_account", offer))
    turn.end()
    await browser.sees("You can connect another Google account.")
    assert await browser.page.get_by_role("link", name="Connect Google").count() == 1
    assert await browser.page.get_by_text("needs your account").count() == 0
    assert await browser.page.get_by_text("sources").count() == 0


async def test_a_window_opens_only_when_it_is_clicked(site: Any, browser: Any) -> None:
    _, turn = await begin(site, browser)
    turn.emit(output("open_window", {"url": f"{site.http}/chat/static/favicon.svg"}))
    turn.end()
    link = browser.page.get_by_role("link", name="Open 127.0.0.1")
    await link.wait_for()
    assert len(browser.context.pages) == 1
    async with browser.context.expect_page():
        await link.click()


@pytest.mark.parametrize("how", ["click", "escape"])
async def test_stop_stops_and_keeps_what_was_said(site: Any, browser: Any, how: str) -> None:
    chat, turn = await begin(site, browser)
    turn.say("The beginning")
    await browser.sees("The beginning")
    await browser.page.get_by_role("textbox", name="Message").fill("not yet")
    await browser.page.keyboard.press("Enter")
    if how == "click":
        await browser.press("Stop")
    else:
        await browser.page.keyboard.press("Escape")
    await chat.until(lambda chat: chat.stops == 1)
    await browser.page.locator("#send", has_text="Send").wait_for()
    await browser.sees("The beginning")
    assert await browser.page.get_by_role("textbox", name="Message").input_value() == "not yet"


async def test_an_error_is_told_and_can_be_tried_again(site: Any, browser: Any) -> None:
    chat, turn = await begin(site, browser)
    turn.emit(chat_events.ChatError("model", "The model did not answer.", True))
    turn.end()
    await browser.sees("The model did not answer.")
    await browser.press("Try again")
    again = await chat.next_turn()
    assert again.text == turn.text
    again.emit(chat_events.ChatError("quota", "That is all for today.", False))
    again.end()
    await browser.sees("That is all for today.")
    assert await browser.page.get_by_role("button", name="Try again").count() == 1

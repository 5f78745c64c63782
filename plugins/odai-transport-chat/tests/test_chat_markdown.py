"""Markdown in a real Chromium, many times over: only harmless elements, and the same ones however it streamed."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

# Random texts of pieces that mean something to a reader of Markdown or HTML; the seed makes them the same each time.
TRY = r"""
async ([seed, rounds]) => {
  const { Markdown } = await import("/chat/static/markdown.js");
  let state = seed;
  const random = (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const pieces = ["a", " ", "\n", "\n\n", "  \n", "*", "**", "_", "~~", "`", "```", "```js\n", "# ", "## ", "> ", "- ",
    "1. ", "9. ", "    ", "| a | b |\n|---|:-:|\n", "| 1 | 2 |\n", "---\n", "[", "]", "](", ")", "![",
    "<", ">", "&", "&lt;",
    "&#106;avascript:", "javascript:window.hacked=1", "JAVA\tSCRIPT:1",
    "data:text/html,<script>window.hacked=1</script>",
    "vbscript:x", "https://good.example/x", "http://good.example/?a=1&b=2", "mailto:a@b.example", "//evil.example",
    "/path",
    "<img src=x onerror=window.hacked=1>", "<script>window.hacked=1</script>", "<a href=javascript:1>",
    "<svg/onload=x>",
    "<!--", "-->", "<![CDATA[", "\"", "'", "\\", "\u0000", "\u202e", "[r]: javascript:window.hacked=1\n", "[r]",
    "[s]: https://good.example \"title\"\n", "[s]", "www.evil.example", "x@y.example", "\r\n", "\ud83d", "constructor",
    "__proto__", "[__proto__]: https://good.example\n", "[__proto__]"];
  const tags = new Set(["DIV", "P", "H3", "H4", "H5", "H6", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "CODE", "HR",
    "TABLE",
    "THEAD", "TBODY", "TR", "TH", "TD", "EM", "STRONG", "S", "A", "BR", "SPAN", "BUTTON"]);
  const attributes = new Set("class href target rel title start tabindex role aria-label type".split(" "));
  const wrong = [];
  for (let round = 0; round < rounds; round += 1) {
    const parts = Array.from({ length: 1 + random(24) }, () => pieces[random(pieces.length)]);
    const streamed = new Markdown();
    const whole = new Markdown();
    for (const part of parts) {
      streamed.text += part;
      streamed.render();
    }
    whole.text = parts.join("");
    whole.render();
    if (!streamed.root.isEqualNode(whole.root)) wrong.push(["streamed otherwise", parts]);
    document.body.append(whole.root);
    for (const one of whole.root.querySelectorAll("*")) {
      const strange = one.getAttributeNames().filter((name) => !attributes.has(name));
      if (!tags.has(one.tagName) || strange.length > 0) wrong.push([one.tagName, strange, parts]);
      if (one.tagName === "A" && !["https:", "http:", "mailto:"].includes(one.protocol)) wrong.push([one.href, parts]);
      if (one.tagName === "A" && one.origin === location.origin) wrong.push(["ours", one.href, parts]);
    }
    whole.root.remove();
  }
  return { wrong: wrong.slice(0, 3), hacked: window.hacked ?? null };
}
"""


@pytest.mark.parametrize("seed", [1, 20261123])
async def test_no_text_makes_anything_but_text_and_links(site: Any, browser: Any, seed: int) -> None:
    await browser.open(f"{site.http}/chat/")
    assert await browser.page.evaluate(TRY, [seed, 3000]) == {"wrong": [], "hacked": None}
    assert all(address.startswith(site.http) for address in browser.requests)


LONG = """
async (length) => {
  const { Markdown } = await import("/chat/static/markdown.js");
  const shown = new Markdown();
  shown.text = "a[".repeat(length / 2);
  shown.render();
  return shown.root.textContent.length;
}
"""


@pytest.mark.parametrize("length", [20_000, 400_000])
async def test_a_text_of_any_length_is_shown_whole(site: Any, browser: Any, length: int) -> None:
    await browser.open(f"{site.http}/chat/")
    assert await browser.page.evaluate(LONG, length) == length

"""Which addresses are offered, which are refused, and in what words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_tool_open_external_url import open_external_url_in_tab, open_external_url_in_window
from odai_tool_open_external_url.address import LONGEST, checked, host_of

from odai_core import ToolError
from odai_core.testing.kit import conformance

TestOpenExternalUrl = conformance(
    "open-external-url",
    happy={
        "open_external_url_in_window": {"url": "https://example.com/news"},
        "open_external_url_in_tab": {"url": "https://example.com/news"},
    },
    offline={"open_external_url_in_window", "open_external_url_in_tab"},
)


async def test_a_window_and_a_tab_are_offered():
    window = await open_external_url_in_window("https://www.example.com/a?b=c#d")
    tab = await open_external_url_in_tab("example.com")
    assert (window.response_type, window.response) == ("open_window", {"url": "https://www.example.com/a?b=c#d"})
    assert (tab.response_type, tab.response) == ("open_tab", {"url": "https://example.com/"})
    assert window.spoken == "The page is ready to open in a new window."
    assert tab.spoken == "The page is ready to open in a new tab."


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        (" example.com ", "https://example.com/"),
        ("example.com:8443/x", "https://example.com:8443/x"),
        ("HTTP://EXAMPLE.com/Path?q=1", "http://example.com/Path?q=1"),
        ("https://example.com./", "https://example.com/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.com/caf%C3%A9", "https://example.com/caf%C3%A9"),
    ],
)
def test_what_is_opened(said, opened):
    assert checked(said) == opened


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<b>x</b>",
        "file:///etc/passwd",
        "ftp://example.com/",
        "mailto:a@example.com",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com@evil.example/",
        "https://example.com\\@evil.example/",
        "https://exa mple.com/",
        "https://example.com/\nSet-Cookie: a=b",
        "https://example.com/\u202egpj.exe",
        "https://exam\u200bple.com/",
        "https://",
        "https:///path",
        "//example.com/",
        "https://localhost/",
        "https://printer.local/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[not an address/",
        "https://example.com:99999/",
        "https://-example-.com/",
        "https://example.com/" + "a" * LONGEST,
        "https://" + "ü" * 40 + ".example/" + "a" * (LONGEST - 60),
    ],
)
def test_what_is_refused(said):
    with pytest.raises(ToolError) as refused:
        checked(said)
    assert refused.value.code == "bad_request"
    assert refused.value.message.endswith(".")


@given(st.text(max_size=80) | st.text(alphabet="htps:/.@\\?#[]%ajx0123456789\u00fc", max_size=80))
def test_anything_is_a_page_or_refused(said):
    try:
        address = checked(said)
    except ToolError:
        return
    assert address.startswith(("http://", "https://"))
    assert "@" not in address.split("/")[2]
    assert address.split("/")[2].isascii()
    assert "." in host_of(address)
    assert checked(address) == address

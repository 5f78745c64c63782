"""Pages: their own files beside the kit, exact headers, a token only for a person at this machine."""

import pytest
from quart import Blueprint, Quart

from odai_core import pages

KIT = {"base.css", "cards.js", "dom.js", "favicon.svg", "ids.js", "pinned.js", "results.js", "token.js"}
PAGE = b"<!-- odai-token --><!-- if /chat/ --><a href=/chat/>Chat</a><!-- end --><!-- if /-/other/ -->no<!-- end -->"


class Context:
    """As much of a TransportContext as a page asks for."""

    def __init__(self):
        self.token = 'a"b<c'
        self.asked = []

    def local_token(self, peer, host):
        self.asked.append((peer, host))
        return self.token


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a page, a file of the kit's name, and things that are nobody's business."""
    static = tmp_path / "a_paged_package" / "static"
    static.mkdir(parents=True)
    (static.parent / "__init__.py").write_text("SECRET = 1")
    (static / "index.html").write_bytes(PAGE)
    (static / "dom.js").write_bytes(b"ours")
    (static / "LICENSE.txt").write_bytes(b"not part of the page")
    monkeypatch.syspath_prepend(tmp_path)
    return "a_paged_package"


def client(files, ctx):
    app, routes = Quart("paged"), Blueprint("paged", __name__)

    @routes.get("/")
    async def page():
        return files.page(ctx)

    @routes.get("/static/<name>")
    async def static(name):
        return files.file(name)

    app.register_blueprint(routes, url_prefix="/chat")
    return app.test_client()


async def test_the_kit_is_served_as_if_it_were_the_pages_own_and_the_pages_own_hides_it(package):
    files = pages.Files(package)
    assert set(files.found) == KIT | {"index.html"}
    got = client(files, Context())
    for name in KIT - {"dom.js"}:
        answer = await got.get(f"/chat/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert await (await got.get("/chat/static/dom.js")).get_data() == b"ours"


@pytest.mark.parametrize("name", ["index.html", "LICENSE.txt", "..%2f__init__.py", "%2e%2e/__init__.py", "x.js", "%00"])
async def test_nothing_else_is_served(package, name):
    answer = await client(pages.Files(package), Context()).get(f"/chat/static/{name}")
    assert answer.status_code == 404
    assert b"SECRET" not in await answer.get_data()


async def test_what_a_browser_has_is_not_sent_again(package):
    got = client(pages.Files(package), Context())
    first = await got.get("/chat/static/base.css")
    again = await got.get("/chat/static/base.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["cache-control"], first.headers["content-type"]) == ("no-cache", "text/css; charset=utf-8")
    assert (again.status_code, await again.get_data()) == (304, b"")


async def test_a_page_has_its_token_and_only_links_to_pages_that_are_there(package):
    ctx = Context()
    answer = await client(pages.Files(package), ctx).get("/chat/")
    body = await answer.get_data(as_text=True)
    assert body == '<meta name="odai-token" content="a&quot;b&lt;c"><a href=/chat/>Chat</a>'
    assert answer.headers["cache-control"] == "no-store"
    ctx.token = None
    assert "meta" not in await (await client(pages.Files(package), ctx).get("/chat/")).get_data(as_text=True)


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"])
async def test_behind_a_proxy_nobody_is_at_this_machine(package, header):
    ctx = Context()
    answer = await client(pages.Files(package), ctx).get("/chat/", headers={header: "127.0.0.1"})
    assert b"meta" not in await answer.get_data()
    assert ctx.asked == []


@pytest.mark.parametrize("microphone", [True, False])
def test_only_a_page_with_a_microphone_may_have_sound(microphone):
    sent = pages.headers(microphone=microphone)
    policy = sent["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert ("media-src" in policy, "trusted-types 'none'" in policy) == (microphone, not microphone)
    assert sent["Permissions-Policy"].startswith("microphone=(self)" if microphone else "microphone=()")

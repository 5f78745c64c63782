"""Nothing but the public internet is ever dialled, and what is dialled is what was checked."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from httpcore2 import AnyIOBackend
from hypothesis import given
from hypothesis import strategies as st
from odai_tool_fetch_website import dialing, fetching, target
from odai_tool_fetch_website.addresses import is_public, parse
from odai_tool_fetch_website.dialing import PublicBackend, resolve_name
from odai_tool_fetch_website.fetching import Fetcher

from odai_core import ToolError

from .conftest import PUBLIC, Internet, Site, html, http

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:db8::1", "2001:20::1",
    "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "2606:4700::1111%eth0", "fec0::1", "ff02::1", "4000::1",
]  # fmt: skip
FINE = ["1.1.1.1", "8.8.8.8", PUBLIC, "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808",
        "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_surely_public_is_refused(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", FINE)
def test_public_addresses_are_public(text):
    assert is_public(ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address):
    if is_public(address):
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global
        assert not inner.is_multicast


@pytest.mark.parametrize("text", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "example.com", ""])
def test_odd_forms_are_no_addresses(text):
    assert parse(text) is None


# -- what may be opened ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        ("example.com", "https://example.com"), (" example dot com. ", "https://example.com"),
        ("HTTP://EXAMPLE.com/A?b=c#d", "http://example.com/A?b=c"), ("https://example.com:443/", "https://example.com/"),
        ("example.com./x", "https://example.com/x"), ("//example.com", "https://example.com"),
        ("example.com:443/a", "https://example.com/a"), ("http://example.com:443/", "http://example.com:443/"),
        ("https://bücher.de/ü", "https://xn--bcher-kva.de/%C3%BC"), ("http://1.1.1.1/", "http://1.1.1.1/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"), ("http://127。example.com", "http://127.example.com"),
    ],
)  # fmt: skip
def test_an_address_is_read_as_people_give_it(said, opened):
    url = target.read(said)
    assert f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}".rstrip("/") == opened.rstrip("/")


@pytest.mark.parametrize(
    "said",
    [
        "", "   ", "x" * 3000, "file:///etc/passwd", "ftp://example.com/", "gopher://example.com", "javascript:1",
        "data:text/html,hi", "http://", "http:///x", "http:example.com", "https://user@example.com/",
        "https://user:pass@example.com/", "https://example.com@127.0.0.1/", "http://example.com\\@127.0.0.1/",
        "http://example.com:22/", "http://example.com:8080/", "http://example.com:0/", "http://example.com:99999/",
        "http://localhost/", "http://localhost./", "http://LOCALHOST", "http://foo.localhost/", "http://intranet/",
        "http://printer.local/", "http://metadata.google.internal/", "http://a.test/", "http://127.0.0.1/",
        "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
        "http://1.2.3.4.5/", "http://127.0.0.1./", "http://１２７.0.0.1/", "http://127。0。0。1/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1%25lo]/",
        "http://%31%32%37.0.0.1/", "http://ex%61mple.com/", "http://example..com/", "http://example.com../",
        "http://exa mple.com/", "http://example.com/\r\nX: y", "http://example.com/\ud800", "http://[v1.x]/",
        f"http://{'a' * 64}.com/", f"http://{'a.' * 130}com/", "http://ⓛocalhost/", "http://-a.com/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_nothing_else_may_be_opened(said):
    with pytest.raises(ToolError) as refused:
        target.read(said)
    assert refused.value.code == "bad_request"
    assert refused.value.message.endswith((".", "?"))


@given(st.text(max_size=60) | st.from_regex(r"(https?:)?(//)?[a-z0-9.:@\[\]%\\/-]{0,40}", fullmatch=True))
def test_any_text_is_an_address_or_a_question(text):
    try:
        url = target.read(text)
    except ToolError as error:
        url, code = None, error.code
    if url is None:
        assert code == "bad_request"
        return
    literal = parse(url.host)
    assert (url.scheme in ("http", "https"), url.port in (None, 80, 443)) == (True, True)
    assert "." in url.host if literal is None else is_public(literal)


# -- what is dialled ---------------------------------------------------------------------------------


async def refused(fetcher: Fetcher, url: str = "http://example.com/") -> ToolError:
    with pytest.raises(ToolError) as caught:
        await fetcher.get(target.check(url))
    return caught.value


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_with_a_private_address_is_not_dialled(address, fetcher: Fetcher, internet: Internet):
    internet.names["example.com"] = [[PUBLIC, address]]
    assert (await refused(fetcher)).code == "bad_request"
    assert internet.dialled == []


@pytest.mark.parametrize("address", ["", "localhost", "0x7f000001", "127.1"])
async def test_a_resolver_that_answers_no_address_is_not_believed(address, fetcher: Fetcher, internet: Internet):
    internet.names["example.com"] = [[address]]
    assert (await refused(fetcher)).code == "bad_request"
    assert internet.dialled == []


async def test_the_checked_address_is_dialled_and_the_name_is_verified(
    fetcher: Fetcher, internet: Internet, site: Site
):
    site.answers["/a"] = http(html("Hello."))
    page = await fetcher.get(target.check("https://www.example.com./a?b=c#d"))
    assert (internet.asked, internet.dialled) == (["www.example.com"], [(PUBLIC, 443)])
    assert internet.verified == ["www.example.com"]
    assert site.heads[0].startswith("GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\n")
    assert page.url == "https://www.example.com/a?b=c"


async def test_a_name_that_is_rebound_after_the_check_is_looked_up_no_second_time(
    fetcher: Fetcher, internet: Internet, site: Site
):
    internet.names["example.com"] = [[PUBLIC], ["127.0.0.1"]]
    site.answers["/"] = http(html("Hello."))
    assert (await fetcher.get(target.check("http://example.com/"))).body
    assert (internet.asked, internet.dialled) == (["example.com"], [(PUBLIC, 80)])


async def test_a_name_that_is_rebound_for_a_redirect_is_checked_again(fetcher: Fetcher, internet: Internet, site: Site):
    internet.names["example.com"] = [[PUBLIC], ["127.0.0.1"]]
    site.answers["/"] = http(status=302, Location="/again")
    assert (await refused(fetcher)).code == "bad_request"
    assert internet.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/", "http://127.0.0.1:8080/admin", "http://169.254.169.254/latest/meta-data/", "//127.0.0.1/",
        "http://[::1]/", "http://[::ffff:169.254.169.254]/", "http://2130706433/", "http://localhost/",
        "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "data:text/html,x", "javascript:1",
        "http://user:pw@example.com/", "http://example.com:22/", "http://exa mple.com/", "http:\\\\127.0.0.1\\",
        "http://%31%32%37.0.0.1/", "https:example.com",
    ],
)  # fmt: skip
async def test_a_redirect_is_checked_like_an_address(location, fetcher: Fetcher, internet: Internet, site: Site):
    site.answers["/"] = http(status=302, Location=location)
    assert (await refused(fetcher)).code == "bad_request"
    assert len(internet.dialled) == 1


@pytest.mark.parametrize("location", ["", "   ", "http://[", "http://example.com:x/"])
async def test_a_redirect_to_nowhere_is_a_sentence(location, fetcher: Fetcher, internet: Internet, site: Site):
    site.answers["/"] = http(status=301, Location=location)
    assert (await refused(fetcher)).code in ("bad_shape", "bad_request")
    assert len(internet.dialled) == 1


async def test_redirects_are_followed_but_not_for_ever(fetcher: Fetcher, internet: Internet, site: Site):
    for step in range(5):
        site.answers[f"/{step}"] = http(status=301 + step % 2, Location=f"/{step + 1}")
    site.answers["/5"] = http(html("There."))
    assert (await fetcher.get(target.check("http://example.com/0"))).url == "http://example.com/5"
    site.answers["/5"] = http(status=307, Location="/0", Set_Cookie="a=b")
    assert (await refused(fetcher, "http://example.com/0")).code == "bad_shape"
    assert len(internet.dialled) == 12
    assert not any("cookie" in head.lower() or "referer" in head.lower() for head in site.heads)


async def test_proxies_of_the_environment_are_not_used(fetcher: Fetcher, internet: Internet, site: Site, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.answers["/"] = http(html("Direct."))
    assert (await fetcher.get(target.check("http://example.com/"))).body
    assert internet.dialled == [(PUBLIC, 80)]


async def test_another_address_is_tried_when_the_first_is_dead(fetcher: Fetcher, internet: Internet, site: Site):
    internet.names["example.com"] = [["1.1.1.1", "8.8.8.8"]]
    internet.refusing = {"1.1.1.1"}
    site.answers["/"] = http(html("Second."))
    assert (await fetcher.get(target.check("http://example.com/"))).body
    assert internet.dialled == [("1.1.1.1", 80), ("8.8.8.8", 80)]


async def test_three_dead_addresses_are_enough(fetcher: Fetcher, internet: Internet):
    internet.names["example.com"] = [["1.1.1.1", "8.8.8.8", "9.9.9.9", "8.8.4.4"]]
    internet.refusing = {"1.1.1.1", "8.8.8.8", "9.9.9.9"}
    assert (await refused(fetcher)).code == "upstream"
    assert len(internet.dialled) == 3


async def test_a_name_nobody_knows_is_a_sentence(fetcher: Fetcher, internet: Internet):
    internet.names["example.com"] = [[]]
    error = await refused(fetcher)
    assert (error.code, error.message) == ("not_found", "I couldn't find that website.")


async def test_a_slow_name_server_is_not_waited_for(internet: Internet, monkeypatch):
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(dialing, "CONNECT_SECONDS", 0.01)
    assert (await refused(Fetcher(resolve=never, network=internet))).code == "upstream"


async def test_a_unix_socket_is_never_opened():
    with pytest.raises(ToolError):
        await PublicBackend().connect_unix_socket("/run/docker.sock")


async def test_the_real_resolver_and_the_real_network_are_guarded():
    assert set(await resolve_name("localhost", 80)) <= {"127.0.0.1", "::1"}
    backend = PublicBackend()
    await backend.sleep(0)
    for host in ("localhost", "127.0.0.1", "::1"):
        with pytest.raises(ToolError) as caught:
            await backend.connect_tcp(host, 80)
        assert caught.value.code == "bad_request"


async def test_what_nobody_answers_is_no_stream(internet: Internet):
    backend = PublicBackend(resolve=internet.resolve, network=internet)
    internet.refusing = {PUBLIC}
    with pytest.raises(httpcore2.ConnectError):
        await backend.connect_tcp("example.com", 80, timeout=2)


# -- TLS ---------------------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """A server context with a certificate for example.com, whose issuer the plugin trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (tmp_path / "both.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    trusting = ssl.create_default_context(cadata=pem.decode())
    monkeypatch.setattr(fetching, "_tls", lambda: trusting)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "both.pem")
    return server


@pytest.mark.parametrize(("host", "outcome"), [("example.com", "Hello"), ("example.org", "upstream")])
async def test_the_certificate_must_be_for_the_name(host, outcome, certified, site: Site):
    listener = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=certified)
    port = listener.sockets[0].getsockname()[1]

    class Straight(AnyIOBackend):
        async def connect_tcp(self, host, *_, **__):
            assert host == PUBLIC
            return await super().connect_tcp("127.0.0.1", port)

    async def public(host: str, port: int) -> list[str]:
        return [PUBLIC]

    site.answers["/"] = http(html("Hello"))
    try:
        asked = Fetcher(resolve=public, network=Straight()).get(target.check(f"https://{host}/"))
        told = (await asked).body.decode()
    except ToolError as error:
        told = error.code
    listener.close()
    assert outcome in told

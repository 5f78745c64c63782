"""An issuer's keys: fetched from a real server, kept, changed, and what becomes of it when the issuer is away."""

import asyncio
import logging

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core.tools.http import HttpClient
from odai_core.web import keys as room
from odai_core.web.issuer import Issuer
from odai_core.web.keys import Keys, read_key
from tests.web.issuing import AUDIENCE, jwk, private_key, provider


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def http():
    async def no_pause(seconds):
        pass

    client = HttpClient(timeout=2, sleep=no_pause)
    yield client
    await client.aclose()


@pytest.fixture
async def site():
    async with provider("rsa-1", "p256-1") as made:
        yield made


@pytest.fixture
async def keys(site, http, clock):
    made = Keys(Issuer(name=site.issuer, audiences=(AUDIENCE,), jwks_url=site.jwks_url), http, clock=clock)
    yield made
    await made.aclose()
    await made.aclose()


async def known(keys, kid, algorithm="RS256"):
    return (await keys.find(kid, algorithm)) is not None


async def fetched(keys):
    """The fetch that nobody waits for is over."""
    assert keys._fetching is not None
    await asyncio.wait({keys._fetching})


async def test_the_discovery_document_leads_to_the_keys(site, http, clock):
    keys = Keys(Issuer(name=site.issuer, audiences=(AUDIENCE,)), http, clock=clock)
    assert await known(keys, "rsa-1")
    assert await known(keys, "p256-1", "ES256")
    assert not await known(keys, "p256-1", "RS256")
    assert site.asked == ["/realm/.well-known/openid-configuration", "/keys"]


async def test_keys_are_kept_for_an_hour(keys, site, clock):
    for _ in range(5):
        assert await known(keys, "rsa-1")
    clock.now += room.LIFETIME - 1
    assert await known(keys, "rsa-1")
    assert len(site.asked) == 1
    clock.now += 1
    assert await known(keys, "rsa-1")
    await fetched(keys)
    assert len(site.asked) == 2


async def test_nobody_waits_for_an_issuer_that_hangs_while_a_kept_key_fits(keys, site, clock):
    assert await known(keys, "rsa-1")
    site.came.clear()
    site.gate.clear()
    clock.now += room.LIFETIME
    for _ in range(3):
        assert await asyncio.wait_for(known(keys, "rsa-1"), 1)
    await asyncio.wait_for(site.came.wait(), 5)
    assert len(site.asked) == 2
    await keys.aclose()
    assert "odai-issuer-keys" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_key_that_was_taken_back_goes_with_the_fetch_behind_the_first_login(keys, site, clock):
    assert await known(keys, "rsa-1")
    site.publish(jwk("rsa-2"))
    clock.now += room.LIFETIME
    assert await known(keys, "rsa-1")
    await fetched(keys)
    assert not await known(keys, "rsa-1")
    assert await known(keys, "rsa-2")


async def test_a_new_key_is_found_and_an_old_one_forgotten(keys, site, clock):
    assert await known(keys, "rsa-1")
    site.publish(jwk("rsa-2"))
    clock.now += room.PAUSE
    assert await known(keys, "rsa-2")
    assert not await known(keys, "rsa-1")


async def test_made_up_key_ids_do_not_hammer_the_issuer(keys, site, clock):
    assert await known(keys, "rsa-1")
    clock.now += room.PAUSE
    for number in range(200):
        assert not await known(keys, f"made-up-{number}")
    assert len(site.asked) == 2
    clock.now += room.PAUSE - 0.1
    assert not await known(keys, "another")
    assert len(site.asked) == 2
    assert await known(keys, "rsa-1")


async def test_a_known_key_of_another_kind_asks_nobody(keys, site, clock):
    assert await known(keys, "rsa-1")
    clock.now += room.PAUSE
    assert not await known(keys, "rsa-1", "ES256")
    assert not await known(keys, None)
    assert len(site.asked) == 1


async def test_many_at_once_share_one_fetch(keys, site, clock):
    site.gate.clear()
    waiting = [asyncio.create_task(keys.find("rsa-1", "RS256")) for _ in range(50)]
    await asyncio.wait_for(site.came.wait(), 5)
    site.gate.set()
    assert all(key is not None for key in await asyncio.gather(*waiting))
    assert len(site.asked) == 1


async def test_somebody_who_hangs_up_takes_the_fetch_from_nobody(keys, site):
    site.gate.clear()
    impatient = asyncio.create_task(keys.find("rsa-1", "RS256"))
    patient = asyncio.create_task(keys.find("rsa-1", "RS256"))
    await asyncio.wait_for(site.came.wait(), 5)
    impatient.cancel()
    site.gate.set()
    assert await patient is not None
    assert impatient.cancelled()
    assert len(site.asked) == 1


async def test_the_end_of_the_server_ends_a_fetch(keys, site):
    site.gate.clear()
    waiting = asyncio.create_task(keys.find("rsa-1", "RS256"))
    await asyncio.wait_for(site.came.wait(), 5)
    await keys.aclose()
    assert await waiting is None


async def test_old_keys_hold_while_the_issuer_is_down(keys, site, clock, caplog):
    assert await known(keys, "rsa-1")
    site.status = 500
    clock.now += room.LIFETIME
    assert await known(keys, "rsa-1")
    await fetched(keys)
    asked = len(site.asked)
    assert await known(keys, "rsa-1")
    assert len(site.asked) == asked
    assert "the keys of the issuer cannot be fetched: upstream" in caplog.text
    clock.now += room.STALE_SECONDS - room.LIFETIME
    assert not await known(keys, "rsa-1")
    site.status = 200
    clock.now += room.PAUSE
    assert await known(keys, "rsa-1")


async def test_an_issuer_that_comes_back_is_asked_again_after_a_pause(keys, site, clock):
    site.status = 500
    assert not await known(keys, "rsa-1")
    asked = len(site.asked)
    assert not await known(keys, "rsa-1")
    assert len(site.asked) == asked
    site.status = 200
    clock.now += room.PAUSE
    assert await known(keys, "rsa-1")


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b'{"keys": 7}', b'{"keys": [7]}', {"keys": []}, {"keys": [{}]}, {"nothing": 1},
     b'{"keys": [' + b"[" * 5000, b"x" * 3_000_000, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "rsa-1"}]}],
    ids=range(11),
)  # fmt: skip
async def test_an_answer_without_keys_changes_nothing(keys, site, clock, document):
    assert await known(keys, "rsa-1")
    site.documents["/keys"] = document
    clock.now += room.LIFETIME
    assert await known(keys, "rsa-1")
    await fetched(keys)
    assert await known(keys, "rsa-1")
    assert not await known(keys, "new")


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://evil.example"}, {"jwks_uri": "http://evil.example/keys"}, {"jwks_uri": "file:///etc/passwd"},
     {"jwks_uri": 7}, {"issuer": None}, {"jwks_uri": "https://[bad"}],
    ids=str,
)  # fmt: skip
async def test_a_discovery_document_is_not_believed_blindly(site, http, clock, change):
    site.documents["/realm/.well-known/openid-configuration"] |= change
    assert not await known(Keys(Issuer(name=site.issuer, audiences=(AUDIENCE,)), http, clock=clock), "rsa-1")
    assert "/keys" not in site.asked


@pytest.mark.parametrize("url", ["http://evil.example/keys", "file:///etc/passwd", "https://", "ftp://x", "//x", ""])
async def test_keys_are_not_fetched_in_the_open(url, clock):
    asked = []

    class Discovering:
        async def get_json(self, address, *, service, type):
            asked.append(address)
            return msgspec.convert({"issuer": "https://id.example", "jwks_uri": url, "keys": []}, type)

    keys = Keys(Issuer(name="https://id.example", audiences=(AUDIENCE,)), Discovering(), clock=clock)
    assert not await known(keys, "rsa-1")
    assert asked == ["https://id.example/.well-known/openid-configuration"]


async def test_a_fault_of_our_own_is_logged_and_ends_nothing(keys, site, clock, caplog, monkeypatch):
    caplog.set_level(logging.ERROR)
    with monkeypatch.context() as patch:
        patch.setattr(room, "read_key", lambda raw: 1 / 0)
        assert not await known(keys, "rsa-1")
    assert "the issuer's keys could not be read: ZeroDivisionError" in caplog.text
    clock.now += room.PAUSE
    assert await known(keys, "rsa-1")


# -- single keys


async def test_a_set_of_keys_is_read_up_to_a_bound(keys, site):
    site.publish(*(jwk("rsa-1", kid=f"k{number}") for number in range(room.MAX_KEYS + 1)))
    assert await known(keys, f"k{room.MAX_KEYS - 1}")
    assert not await known(keys, f"k{room.MAX_KEYS}")


@pytest.mark.parametrize(
    "name, more, algorithms",
    [
        ("rsa-1", {}, room._RSA), ("rsa-1", {"alg": "PS512"}, ("PS512",)), ("p256-1", {}, ("ES256",)),
        ("p384-1", {"alg": "ES384"}, ("ES384",)), ("p521-1", {}, ("ES512",)), ("ed-1", {}, ("EdDSA",)),
    ],
)  # fmt: skip
def test_what_a_key_may_verify(name, more, algorithms):
    key = read_key(jwk(name, **more))
    assert key is not None
    assert (key.kid, key.algorithms) == (name, algorithms)


@pytest.mark.parametrize(
    "raw",
    [
        jwk("rsa-1", use="enc"), jwk("rsa-1", use=None), jwk("rsa-1", alg="HS256"), jwk("rsa-1", alg="none"),
        jwk("rsa-1", alg="ES256"), jwk("rsa-1", alg="RSA-OAEP"), jwk("rsa-1", alg=7), jwk("rsa-1", kid=7),
        jwk("rsa-1", n="AAAA"), jwk("rsa-1", n=7), jwk("rsa-1", e="AAAA"), jwk("rsa-1", kty="EC"), jwk("weak-1"),
        jwk("p256-1", crv="P-384"), jwk("p256-1", x="AAAA"), jwk("p256-1", crv=7), jwk("p256-1", kty=["EC"]),
        jwk("ed-1", crv="X25519"), jwk("ed-1", x="AA"), {"kty": "oct", "k": "AAAA", "kid": "x"}, {},
        jwk("p256-1", crv="secp256k1"),
    ],
)  # fmt: skip
def test_keys_that_are_left_out(raw):
    assert read_key(raw) is None


def test_a_private_key_that_was_published_is_read_as_its_public_half():
    whole = jwt.get_algorithm_by_name("RS256").to_jwk(private_key("rsa-1"), as_dict=True)
    assert "d" in whole
    key = read_key({"kid": "rsa-1", **whole})
    assert key is not None
    assert not hasattr(key.public, "private_numbers")


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=3), max_size=2)


@given(
    st.sampled_from(["rsa-1", "p256-1", "ed-1"]),
    st.dictionaries(st.sampled_from(["kty", "crv", "n", "e", "x", "y", "alg", "use", "kid", "d"]), ODD, max_size=4),
)
def test_no_key_of_any_kind_crashes(name, change):
    key = read_key({**jwk(name), **change})
    assert key is None or set(key.algorithms) <= room.ALGORITHMS

"""Tokens of an issuer: the good ones name a user, and nothing that was forged, bent or outlived does."""

import hashlib
import hmac
import json
import time

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from odai_core import Caller
from odai_core.contract import Secret
from odai_core.web.auth import Signer, Tokens
from odai_core.web.issuer import Issuer
from odai_core.web.jwt import LEEWAY, JwtVerifier
from odai_core.web.keys import Keys
from tests.web.issuing import AUDIENCE, claims, jwk, private_key, segment, token

ISSUER = "https://id.example/realm"
KEYS = ("rsa-1", "rsa-2", "p256-1", "p384-1", "p521-1", "ed-1")


class Served:
    """An HTTP client that has the keys at hand."""

    def __init__(self, *keys):
        self.keys = list(keys)
        self.asked = []

    async def get_json(self, url, *, service, type):
        self.asked.append(url)
        return msgspec.convert({"keys": self.keys}, type)


def verifier(*keys, **rules):
    issuer = Issuer(name=ISSUER, audiences=(AUDIENCE, "another-app"), jwks_url="https://id.example/keys", **rules)
    return JwtVerifier(issuer, Keys(issuer, Served(*(keys or [jwk(name) for name in KEYS]))))


CHECK = verifier()


def good(**more):
    return claims(ISSUER, **more)


async def user(text, check=CHECK):
    caller = await check.caller(text)
    return caller.user_id if caller else None


ANN = f"{ISSUER}|ann"


# -- good ones


@pytest.mark.parametrize(
    "name, algorithm",
    [("rsa-1", "RS256"), ("rsa-2", "RS512"), ("rsa-1", "PS256"), ("p256-1", "ES256"), ("p384-1", "ES384"),
     ("p521-1", "ES512"), ("ed-1", "EdDSA")],
)  # fmt: skip
async def test_every_asymmetric_algorithm(name, algorithm):
    assert await user(token(good(), name, algorithm)) == ANN


@pytest.mark.parametrize("audience", [AUDIENCE, "another-app", ["x", AUDIENCE], [AUDIENCE]])
async def test_an_audience_among_several(audience):
    assert await user(token(good(aud=audience))) == ANN


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_kinds_that_sign_in(typ):
    assert await user(token(good(), typ=typ)) == ANN


async def test_a_caller_knows_how_long_the_token_holds():
    ends = int(time.time()) + 900
    assert (await CHECK.caller(token(good(exp=ends)))).expires_at == ends + LEEWAY


async def test_clocks_may_differ_a_little():
    now = time.time()
    assert await user(token(good(exp=int(now - LEEWAY + 20)))) == ANN
    assert await user(token(good(nbf=int(now + LEEWAY - 20), iat=int(now + LEEWAY - 20)))) == ANN


async def test_language_and_time_zone_are_taken_where_they_are_real():
    caller = await CHECK.caller(
        token(good(locale="de_DE", zoneinfo="Europe/Berlin", name="Ann", email="ann@x.example"))
    )
    assert caller == Caller(user_id=ANN, locale="de-DE", time_zone="Europe/Berlin")
    assert await CHECK.caller(token(good(locale=["x"], zoneinfo={"a": 1}))) == Caller(user_id=ANN)


async def test_without_a_key_id_the_only_key_is_meant():
    one = verifier(jwk("rsa-1"))
    assert await user(token(good(), kid=None), one) == ANN
    assert await user(token(good(), kid=None)) is None


async def test_a_token_cannot_become_a_local_user_nor_another_issuers():
    signer = Signer(Secret("s"))
    tokens = Tokens(signer, CHECK)
    local = await tokens.authenticate(tokens.mint("ann"))
    assert local.user_id == "ann"
    signed_in = await tokens.authenticate(token(good()))
    assert signed_in.user_id == "https://id.example/realm|ann"
    assert await Tokens(signer).authenticate(token(good())) is None
    for text in (None, 7, b"a.b.c", "", "a.b.c", "a" * 10_000):
        assert await tokens.authenticate(text) is None


# -- forged, bent and outlived ones


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody-elses-app"}, {"aud": None}, {"aud": []}, {"aud": {"the-app": 1}}, {"aud": [7]}, {"aud": ""},
        {"iss": "https://evil.example/realm"}, {"iss": ISSUER + "/"}, {"iss": None}, {"iss": [ISSUER]}, {"iss": ""},
        {"exp": int(time.time() - LEEWAY - 60)}, {"exp": None}, {"exp": "soon"}, {"exp": 0}, {"exp": []},
        {"nbf": int(time.time() + 3600)}, {"nbf": "x"}, {"iat": None}, {"iat": int(time.time() + 3600)}, {"iat": "x"},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "a" * 256}, {"sub": "a\nb"}, {"sub": "\u202ebob"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_a_good_signature_does_not_mend(change):
    content = {name: value for name, value in {**good(), **change}.items() if value is not None}
    text = jwt.api_jws.encode(json.dumps(content).encode(), private_key("rsa-1"), "RS256", headers={"kid": "rsa-1"})
    assert await user(text) is None


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "9" * 400, "true"])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
async def test_times_that_are_none(name, number):
    body = json.dumps(good()).replace(f'"{name}": ', '"was": ')[:-1] + f', "{name}": {number}}}'
    text = jwt.api_jws.encode(body.encode(), private_key("rsa-1"), "RS256", headers={"kid": "rsa-1"})
    found = await user(text)
    # A moment that never comes has not come; only the end of a token may be far away.
    assert found is None or (name == "exp" and number.startswith("9")) or (name != "exp" and number == "true")


async def test_nobody_signs_with_none():
    for algorithm in ("none", "None", "NONE", "", None, 7, ["RS256"], {"alg": "RS256"}):
        head = segment({"alg": algorithm, "kid": "rsa-1", "typ": "JWT"})
        for signature in ("", segment(b"x"), token(good()).split(".")[2]):
            assert await user(f"{head}.{segment(good())}.{signature}") is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_nobody_signs_with_the_public_key(algorithm):
    public = private_key("rsa-1").public_key()
    formats = serialization.PublicFormat
    pem = public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo)
    der = public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), der, json.dumps(jwk("rsa-1")).encode()):
        signed = f"{segment({'alg': algorithm, 'kid': 'rsa-1', 'typ': 'JWT'})}.{segment(good())}"
        digest = hmac.new(secret, signed.encode(), getattr(hashlib, algorithm.replace("HS", "sha"))).digest()
        assert await user(f"{signed}.{segment(digest)}") is None


async def test_nobody_is_asked_for_the_key_of_such_an_algorithm():
    served = Served(jwk("rsa-1"))
    issuer = Issuer(name=ISSUER, audiences=(AUDIENCE,), jwks_url="https://id.example/keys")
    check = JwtVerifier(issuer, Keys(issuer, served))
    for algorithm in ("none", "HS256", "dir", "RSA-OAEP", "rs256"):
        assert await user(f"{segment({'alg': algorithm, 'kid': 'rsa-1'})}.{segment(good())}.AAAA", check) is None
    assert served.asked == []
    assert await user(token(good()), check) == ANN
    assert served.asked == ["https://id.example/keys"]


async def test_another_key_of_the_issuer_is_another_key():
    assert await user(token(good(), "rsa-1", kid="rsa-2")) is None
    assert await user(token(good(), "rsa-1", kid="p256-1")) is None
    assert await user(token(good(), "rsa-1", kid="nobody")) is None


async def test_a_key_verifies_what_it_is_for():
    assert await user(token(good(), "rsa-1", "RS512"), verifier(jwk("rsa-1", alg="RS256"))) is None
    assert await user(token(good(), "rsa-1", "RS256"), verifier(jwk("rsa-1", alg="RS256"))) == ANN


@pytest.mark.parametrize(
    "header",
    [{"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/cert"}, {"jwk": jwk("rsa-evil")},
     {"x5c": ["AAAA"]}, {"jku": "http://127.0.0.1:9/"}],
    ids=lambda header: next(iter(header)),
)  # fmt: skip
async def test_a_token_does_not_bring_its_key(header):
    assert await user(token(good(), "rsa-evil", kid="rsa-1", **header)) is None
    assert await user(token(good(), "rsa-evil", kid="rsa-evil", **header)) is None
    assert await user(token(good(), "rsa-1", **header)) == ANN


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": False},
     {"crit": ["b64"], "b64": True}, {"b64": False}, {"typ": "logout+jwt"},
     {"typ": "dpop+jwt"}, {"typ": 7}, {"kid": 7}, {"kid": ""}, {"kid": "x" * 300}, {"kid": ["rsa-1"]},
     {"kid": "../../dev/null"}, {"kid": "rsa-1' OR 1=1 --"}],
    ids=str,
)  # fmt: skip
async def test_headers_that_nobody_takes(header):
    head = {"alg": "RS256", "typ": "JWT", "kid": "rsa-1", **header}
    signed = f"{segment(head)}.{segment(good())}"
    signature = jwt.get_algorithm_by_name("RS256").sign(signed.encode(), private_key("rsa-1"))
    assert await user(f"{signed}.{segment(signature)}") is None


async def test_a_token_in_a_token_is_no_token():
    inner = token(good())
    outer = jwt.api_jws.encode(inner.encode(), private_key("rsa-1"), "RS256", headers={"kid": "rsa-1", "cty": "JWT"})
    assert await user(outer) is None


async def test_what_is_no_token_at_all():
    whole = token(good())
    head, body, signature = whole.split(".")
    nested = b"[" * 4000 + b"]" * 4000
    for text in (
        "", ".", "..", "...", head, f"{head}.", f"{head}.{body}", f"{head}.{body}.", f"{head}..{signature}",
        f".{body}.{signature}", f"{whole}.", f"{whole}.{signature}", f"{whole}\n", f" {whole}", whole * 2, whole + "é",
        f"{segment(nested)}.{body}.{signature}", f"{head}.{segment(b'[' * 5000)}.{signature}", "\ud800", "\0",
        f"{segment([])}.{body}.{signature}", f"{segment('x')}.{body}.{signature}", "a.b.c.d.e", "é.é.é",
        f"{segment(b'{')}.{body}.{signature}", "x" * 100_000, f"{head}.{body}.{'A' * 7000}",
    ):  # fmt: skip
        assert await user(text) is None, text[:60]


async def test_a_deep_body_with_a_good_signature_is_refused():
    deep = b'{"a":' * 1200 + b"1" + b"}" * 1200
    for body in (deep, b"[]", b"7", b'"x"', b"null", b"\xff\xfe", b""):
        text = jwt.api_jws.encode(body, private_key("p256-1"), "ES256", headers={"kid": "p256-1"})
        assert await user(text) is None


WHOLE = token(good(), "p256-1", "ES256")


@settings(max_examples=300)
@given(st.data())
async def test_no_changed_character_is_accepted(data):
    place = data.draw(st.integers(0, len(WHOLE) - 1))
    sign = data.draw(st.characters(max_codepoint=0x2FF))
    changed = WHOLE[:place] + sign + WHOLE[place + 1 :]
    assert (await user(changed) is None) or changed == WHOLE


@given(st.integers(0, len(WHOLE) - 1))
async def test_no_beginning_of_a_token_is_accepted(length):
    assert await user(WHOLE[:length]) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk", "x5c", "cty"]), VALUES)


@given(HEADERS, VALUES, st.binary(max_size=80))
async def test_no_forged_token_is_accepted_or_crashes(header, body, signature):
    head = {"alg": "ES256", "kid": "p256-1", **header}
    assert await user(f"{segment(head)}.{segment(body)}.{segment(signature)}") is None


CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "aud", "sub", "exp", "iat", "nbf", "auth_time", "firebase", "locale", "zoneinfo", "terms"]),
    VALUES,
    max_size=4,
)


@settings(deadline=None)
@given(CLAIMS)
async def test_claims_of_any_kind_never_crash(change):
    content = {**good(terms=True, auth_time=1), **change}
    text = jwt.api_jws.encode(json.dumps(content).encode(), private_key("p256-1"), "ES256", headers={"kid": "p256-1"})
    strict = verifier(required=(("terms", None),), signed_in_before=True)
    found = await user(text, strict)
    assert found is None or found == f"{ISSUER}|{content['sub']}"


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
async def test_any_text_is_refused_without_a_crash(text):
    assert await user(text) is None


async def test_a_refusal_is_logged_without_the_token(caplog):
    caplog.set_level("DEBUG")
    secretive = token(good(sub="the-private-name", aud="the-wrong-app", email="ann@private.example"))
    assert await user(secretive) is None
    assert await user(secretive[:-5]) is None
    assert await user(token(good(sub="x" * 300))) is None
    assert "a token was refused: InvalidAudienceError" in caplog.text
    for part in (*secretive.split("."), "the-private-name", "the-wrong-app", "private.example", "xxx"):
        assert part not in caplog.text


# -- rules of the operator


FIREBASE = {"firebase": {"sign_in_provider": "anonymous", "identities": {}}}


@pytest.mark.parametrize("content", [FIREBASE, {"provider_id": "anonymous"}])
async def test_anonymous_users(content):
    assert await user(token(good(**content))) is None
    assert await user(token(good(**content)), verifier(anonymous=True)) == ANN
    assert await user(token(good(firebase={"sign_in_provider": "password"}))) == ANN
    assert await user(token(good(firebase="odd"))) == ANN


@pytest.mark.parametrize(
    "rules, content, taken",
    [
        ([("terms", None)], {"terms": True}, True),
        ([("terms", None)], {"terms": False}, False),
        ([("terms", None)], {"terms": "true"}, False),
        ([("terms", None)], {"terms": 1}, False),
        ([("terms", None)], {}, False),
        ([("terms", "true")], {"terms": "true"}, True),
        ([("terms", "true")], {"terms": True}, True),
        ([("terms", "2026-01")], {"terms": "2026-01"}, True),
        ([("terms", "2026-01")], {"terms": "2025-01"}, False),
        ([("groups", "voice")], {"groups": ["staff", "voice"]}, True),
        ([("groups", "voice")], {"groups": ["staff"]}, False),
        ([("groups", "voice")], {"groups": "voices"}, False),
        ([("groups", "voice")], {"groups": {"voice": 1}}, False),
        ([("terms", None), ("email_verified", None)], {"terms": True}, False),
        ([("https://app.example/terms", None)], {"https://app.example/terms": True}, True),
    ],
)
async def test_claims_that_are_required(rules, content, taken):
    found = await user(token(good(**content)), verifier(required=tuple(rules)))
    assert found == (ANN if taken else None)


@pytest.mark.parametrize(
    "auth_time, taken",
    [(int(time.time()) - 100, True), (None, False), (int(time.time()) + 3600, False), ("1", False), (True, False),
     (0, False), (-5, False)],
)  # fmt: skip
async def test_firebase_wants_a_sign_in_of_the_past(auth_time, taken):
    found = await user(token(good(auth_time=auth_time)), verifier(signed_in_before=True))
    assert (found is not None) is taken

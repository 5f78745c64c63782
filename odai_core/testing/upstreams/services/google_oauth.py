"""Google's OAuth 2 and OpenID Connect: consent, tokens, their revocation, and the keys that sign identities.

Its user agrees at once, unless the consent page is asked for with one of these in its query besides what a client
sends: `as` (whose account: "ada"), `untick` (a part of a scope that is not granted), `deny` (an error instead).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

LIFE = 3599
"""Seconds of an access token."""
_IDENTITY = {"email": "https://www.googleapis.com/auth/userinfo.email"}


@cache
def signing_key() -> Any:
    """Made at its first use: it takes a tenth of a second."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def failure(error: str, description: str, status: int = 400) -> Reply:
    """As the token endpoint shapes errors."""
    return Reply({"error": error, "error_description": description}, status)


def consent(ask: Ask) -> Any:
    """The page where a user agrees; it leads back with a code."""
    query = ask.query
    if query.get("client_id") != ask.key or not query.get("redirect_uri"):
        return Reply(b"<html>Error 401: invalid_client</html>", 401, content_type="text/html")
    if query.get("deny"):
        return leave(query["redirect_uri"], error=query["deny"], state=query.get("state", ""))
    if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
        return leave(query["redirect_uri"], error="invalid_request", state=query.get("state", ""))
    wanted = [_IDENTITY.get(scope, scope) for scope in query.get("scope", "").split()]
    unticked = query.get("untick")
    who = query.get("as") or query.get("login_hint", "").partition("@")[0] or "ada"
    granted = [scope for scope in wanted if not unticked or unticked not in scope]
    if query.get("include_granted_scopes") == "true":
        granted += [scope for scope in ask.kept.get(f"granted-{who}", ()) if scope not in granted]
    ask.kept[f"granted-{who}"] = granted
    code = f"4/{secrets.token_urlsafe(24)}"
    ask.kept.setdefault("codes", {})[code] = {
        "who": who, "scopes": granted, "redirect_uri": query["redirect_uri"], "nonce": query.get("nonce"),
        "challenge": query.get("code_challenge"), "offline": query.get("access_type") == "offline",
    }  # fmt: skip
    return leave(query["redirect_uri"], code=code, state=query.get("state", ""), scope=" ".join(granted))


def leave(redirect_uri: str, **query: str) -> Reply:
    """Back to the client."""
    return Reply(b"", 302, {"Location": f"{redirect_uri}?{urlencode(query)}"}, content_type="text/html")


def token(ask: Ask) -> Any:
    """A code or a refresh token against an access token."""
    form = ask.form()
    if form.get("client_id") != ask.key or form.get("client_secret") != ask.key:
        return failure("invalid_client", "The OAuth client was not found.", 401)
    if form.get("grant_type") == "authorization_code":
        return by_code(ask, form)
    if form.get("grant_type") == "refresh_token":
        found = ask.kept.get("refresh", {}).get(form.get("refresh_token"))
        return failure(*REVOKED) if found is None else issue(ask, found)
    return failure("unsupported_grant_type", "Invalid grant_type.")


def by_code(ask: Ask, form: dict[str, str]) -> Any:
    """A code is good once, at the address it was sent to, for who knows its verifier."""
    found = ask.kept.get("codes", {}).pop(form.get("code"), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if found is None or found["challenge"] != challenge:
        return failure("invalid_grant", "Malformed auth code.")
    if found["redirect_uri"] != form.get("redirect_uri"):
        return failure("redirect_uri_mismatch", "Bad Request")
    answer = issue(ask, found)
    if found["offline"]:
        refresh = f"1//0{secrets.token_urlsafe(24)}"
        ask.kept.setdefault("refresh", {})[refresh] = found
        answer["refresh_token"] = refresh
    return answer | {"id_token": identity(ask, found, answer["access_token"])}


def issue(ask: Ask, found: dict[str, Any]) -> dict[str, Any]:
    """An access token: the key every service of the stand-in accepts, with a number."""
    serial = ask.kept["issued"] = ask.kept.get("issued", 0) + 1
    access = f"{ask.key}.{serial}"
    ask.kept.setdefault("access", {})[access] = found
    return {
        "access_token": access, "expires_in": LIFE, "scope": " ".join(["openid", *found["scopes"]]),
        "token_type": "Bearer",
    }  # fmt: skip


def identity(ask: Ask, found: dict[str, Any], access: str) -> str:
    """The id_token: who agreed, signed."""
    import jwt

    now, who = int(time.time()), found["who"]
    half = hashlib.sha256(access.encode()).digest()[:16]
    claims = {
        "iss": ask.base, "azp": ask.key, "aud": ask.key, "sub": subject(who),
        "email": f"{who}@gmail.example", "email_verified": True, "iat": now, "exp": now + 3600, "nonce": found["nonce"],
        "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
    }  # fmt: skip
    return jwt.encode(claims, signing_key(), "RS256", headers={"kid": "stand-in"})


def subject(who: str) -> str:
    """Google's own number of an account."""
    return str(int(hashlib.sha256(who.encode()).hexdigest()[:16], 16))


def certs(ask: Ask) -> Any:
    """The public half of the key."""
    from jwt.algorithms import RSAAlgorithm

    public = RSAAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    return {"keys": [public | {"kid": "stand-in", "use": "sig", "alg": "RS256"}]}


def revoke(ask: Ask) -> Any:
    """Whichever of the two tokens is given, the whole grant is over."""
    given = ask.form().get("token") or ask.query.get("token")
    kept = [ask.kept.get(kind, {}) for kind in ("refresh", "access")]
    found = next((tokens[given] for tokens in kept if given in tokens), None)
    if found is None:
        return failure("invalid_token", "Token expired or revoked")
    for tokens in kept:
        for text in [text for text, grant in tokens.items() if grant["who"] == found["who"]]:
            del tokens[text]
    ask.kept.pop(f"granted-{found['who']}", None)
    return {}


REVOKED = ("invalid_grant", "Token has been expired or revoked.")

SERVICE = Service(
    name="google_oauth",
    settings={
        "GOOGLE_OAUTH_CLIENT_ID": "{key}",
        "GOOGLE_OAUTH_CLIENT_SECRET": "{key}",
        "GOOGLE_OAUTH_ACCOUNTS_URL": "{url}",
        "GOOGLE_OAUTH_BASE_URL": "{url}",
        "GOOGLE_OAUTH_CERTS_URL": "{url}/oauth2/v3/certs",
    },
    authorize=auth.anybody,
    routes=[
        Route("GET", "/o/oauth2/v2/auth", consent),
        Route("POST", "/token", token),
        Route("POST", "/revoke", revoke),
        Route("GET", "/oauth2/v3/certs", certs),
    ],
    errors={
        400: failure(*REVOKED),
        401: failure("invalid_client", "The OAuth client was not found.", 401),
        429: failure("rate_limit_exceeded", "Rate Limit Exceeded", 429),
        500: failure("internal_failure", "Internal error", 500),
    },
)

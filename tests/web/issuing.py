"""An identity provider for tests: keys made here, a real loopback server for them, and hands that forge."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "the-app"


@cache
def private_key(name: str) -> Any:
    """One key for each name: its first word says the kind."""
    kind = name.split("-")[0]
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "weak":
        return rsa.generate_private_key(public_exponent=65537, key_size=1024)
    if kind == "ed":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}[kind]())


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """The public half, as an issuer publishes it; the name is its `kid`."""
    kind = name.split("-")[0]
    algorithm = {"rsa": "RS256", "weak": "RS256", "ed": "EdDSA"}.get(kind, "ES256")
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(private_key(name).public_key(), as_dict=True)
    return {"kid": name, "use": "sig", **made, **more}


def claims(issuer: str, **more: Any) -> dict[str, Any]:
    """A token's good content; None takes one away."""
    now = int(time.time())
    good = {"iss": issuer, "aud": AUDIENCE, "sub": "ann", "iat": now - 10, "exp": now + 3600, **more}
    return {name: value for name, value in good.items() if value is not None}


def token(content: dict[str, Any], name: str = "rsa-1", algorithm: str = "RS256", **header: Any) -> str:
    """Signed by a key of ours; `header` is added, None takes away."""
    head = {"kid": name, **header}
    made = jwt.encode(content, private_key(name), algorithm, headers={k: v for k, v in head.items() if v is not None})
    return str(made)


def segment(value: Any) -> str:
    """A part of a token from anything: bytes as they are, the rest as JSON."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Provider:
    """Serves `documents` by path, and counts who asked."""

    port: int = 0
    documents: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has asked."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"

    def publish(self, *keys: dict[str, Any]) -> None:
        """Have these keys, and a discovery document that leads to them."""
        self.documents["/keys"] = {"keys": list(keys)}
        self.documents["/realm/.well-known/openid-configuration"] = {
            "issuer": self.issuer, "jwks_uri": self.jwks_url, "response_types_supported": ["code"],
        }  # fmt: skip

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                path = line.split()[1].decode()
                self.asked.append(path)
                self.came.set()
                await self.gate.wait()
                document = self.documents.get(path)
                status = 404 if document is None else self.status
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def provider(*names: str) -> AsyncIterator[Provider]:
    """A running one with these keys."""
    made = Provider()
    made.gate.set()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    made.publish(*(jwk(name) for name in names))
    try:
        yield made
    finally:
        made.gate.set()
        server.close()

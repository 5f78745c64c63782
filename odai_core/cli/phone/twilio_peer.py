"""A telephone call as Twilio makes it: the signed webhook, the TwiML, the media stream with its marks and clears."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4
from xml.etree import ElementTree

import httpx2
import msgspec
import pybase64

from odai_core.calls import ULAW_8K
from odai_core.cli.phone.line import Answer, Happening, Line, Refused, dial
from odai_core.cli.phone.voice import Clip

MAX_TWIML = 64 * 1024
_ACCOUNT = "AC" + "0" * 32


@dataclass(frozen=True)
class Stream:
    """Where TwiML sends a call. `parameters` come back to the server in the `start` frame."""

    url: str
    parameters: dict[str, str] = field(default_factory=dict)


def sign(auth_token: str, url: str, form: Mapping[str, str] | None = None) -> str:
    """`X-Twilio-Signature`: base64 of HMAC-SHA1 over the URL and the sorted form."""
    text = url + "".join(f"{name}{value}" for name, value in sorted((form or {}).items()))
    return b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


def read_twiml(text: str) -> Stream:
    """The stream of a `<Connect>`. Raises Refused with the words of a `<Say>`, or for what is no TwiML."""
    # ElementTree would expand entities; TwiML has none, nor a DOCTYPE to declare them.
    if len(text) > MAX_TWIML or "<!" in text:
        raise Refused("The server's answer is no TwiML.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise Refused("The server's answer is no TwiML.") from None
    stream = root.find("Connect/Stream") if root.tag == "Response" else None
    if stream is not None and stream.get("url"):
        parameters = {one.get("name", ""): one.get("value", "") for one in stream.findall("Parameter")}
        return Stream(stream.get("url", ""), parameters)
    said = root.findtext("Say")
    raise Refused(f"The server answers: {' '.join(said.split())[:300]}" if said else "The TwiML connects no stream.")


class TwilioPeer:
    """A call to `url` (ws:// or http://, without a path), answered by whatever `path` names there.

    With an `auth_token` the webhook and the handshake are signed for `public_host`, as Twilio signs them. Use it as
    an async context manager; entering raises Refused when there is no call.
    """

    line: Line

    def __init__(
        self,
        url: str,
        *,
        auth_token: str = "",
        public_host: str = "",
        from_number: str = "+15550100",
        to_number: str = "+15550199",
        path: str = "/twilio/incoming",
        tell: Callable[[Happening], None] = lambda happening: None,
    ) -> None:
        parts = urlsplit(url)
        secure = parts.scheme in ("wss", "https")
        self._http = f"{'https' if secure else 'http'}://{parts.netloc}"
        self._ws = f"{'wss' if secure else 'ws'}://{parts.netloc}"
        self._token = auth_token
        self._host = public_host or parts.netloc
        self._path = path
        self._tell = tell
        self.call_sid = f"CA{uuid4().hex}"
        self.stream_sid = f"MZ{uuid4().hex}"
        self._form = {
            "AccountSid": _ACCOUNT,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "From": from_number,
            "To": to_number,
        }
        self._sequence = 0
        self._chunk = 0

    async def __aenter__(self) -> Self:
        stream = read_twiml(await self._webhook())
        # The stream's public name may not resolve here: only its path is used, but it is the name that is signed.
        parts = urlsplit(stream.url)
        if parts.scheme not in ("ws", "wss") or parts.query:
            raise Refused("The TwiML's stream is no ws(s) URL without a query string; Twilio refuses that (31920).")
        headers = {"X-Twilio-Signature": sign(self._token, stream.url)} if self._token else {}
        socket = await dial(self._ws + parts.path, headers)
        self.line = Line(socket, ULAW_8K, wrap=self._media, take=self._take, on_mark=self._return_mark, tell=self._tell)
        self.line.post(_json({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        self.line.post(self._start(stream.parameters))
        self.line.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.hang_up()

    async def say(self, clip: Clip) -> None:
        """Speak in real time; see `Line.say`."""
        await self.line.say(clip)

    async def listen(self, *, quiet: float = 1.0, timeout: float = 30.0) -> Answer:
        """Hear an answer out, as mu-law; see `Line.listen`."""
        return await self.line.listen(quiet=quiet, timeout=timeout)

    def press(self, digit: str) -> None:
        """Press a key."""
        self.line.post(self._frame("dtmf", dtmf={"track": "inbound_track", "digit": digit}))

    async def hang_up(self) -> None:
        """Send `stop`, wait for the server to close, and close."""
        await self.line.close(self._frame("stop", stop={"accountSid": _ACCOUNT, "callSid": self.call_sid}))

    # -- the webhook

    async def _webhook(self) -> str:
        public = f"https://{self._host}{self._path}"
        headers = {"X-Twilio-Signature": sign(self._token, public, self._form)} if self._token else {}
        try:
            async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
                answer = await client.post(self._http + self._path, data=self._form, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise Refused(f"The server at {self._http} cannot be reached: {why}.") from None
        if answer.status_code != 200:
            raise Refused(
                f"{self._path} answered {answer.status_code}: {_HINTS.get(answer.status_code, 'see its log')}."
            )
        return answer.text

    # -- the stream

    def _frame(self, event: str, **fields: Any) -> str:
        self._sequence += 1
        return _json({"event": event, "sequenceNumber": str(self._sequence), **fields, "streamSid": self.stream_sid})

    def _start(self, parameters: dict[str, str]) -> str:
        start = {
            "streamSid": self.stream_sid,
            "accountSid": _ACCOUNT,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "customParameters": parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        }
        return self._frame("start", start=start)

    def _media(self, audio: bytes) -> str:
        self._chunk += 1
        timestamp = str((self._chunk - 1) * 20)
        payload = pybase64.b64encode_as_string(audio)
        media = {"track": "inbound", "chunk": str(self._chunk), "timestamp": timestamp, "payload": payload}
        return self._frame("media", media=media)

    def _return_mark(self, name: str) -> None:
        self.line.post(self._frame("mark", mark={"name": name}))

    def _take(self, frame: dict[str, Any]) -> None:
        """Only media, mark and clear may come from a server."""
        match frame:
            case {"streamSid": sid} if sid != self.stream_sid:
                self.line.violation("a frame for another stream")
            case {"event": "media", "streamSid": _, "media": {"payload": str(payload)}}:
                self._play(payload)
            case {"event": "mark", "streamSid": _, "mark": {"name": str(name)}}:
                self.line.ear.mark(name)
            case {"event": "clear", "streamSid": _}:
                for name in self.line.cleared():
                    self._return_mark(name)
            case _:
                self.line.violation(f"a frame Twilio does not take: {str(frame.get('event'))[:40]!r} (31924)")

    def _play(self, payload: str) -> None:
        try:
            self.line.ear.play(pybase64.b64decode(payload, validate=True))
        except ValueError:
            self.line.violation("a media payload that is no base64")


_HINTS = {
    403: "the signature was refused; the server and this call need one TWILIO_AUTH_TOKEN and one ODAI_PUBLIC_HOST",
    404: "no telephone answers there; pip install odai-transport-twilio and see odai plugins",
}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

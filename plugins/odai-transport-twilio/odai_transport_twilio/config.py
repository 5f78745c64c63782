"""What the operator decided, read once, and the time and size limits of a stream."""

from __future__ import annotations

from dataclasses import dataclass

from odai_core import Secret, SettingError, TransportContext


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds, unless the name says otherwise."""

    start: float = 10.0
    """From the handshake to the `start` frame."""
    silence: float = 30.0
    """Twilio sends 50 frames a second, also when nobody speaks: a peer this long without one is gone."""
    sending: float = 10.0
    """A peer that takes no frame for this long is gone as well."""
    leaving: float = 10.0
    """For the call to finish after its caller has left."""
    closing: float = 2.0
    ticket: float = 60.0
    form: float = 10.0
    form_bytes: int = 65536
    frame_chars: int = 65536
    oversized_frames: int = 10


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of this plugin, checked against where the server listens."""

    validate: bool
    token: Secret
    account_sid: str
    buffer_bytes: int
    api_url: str
    public_host: str

    @classmethod
    def read(cls, context: TransportContext) -> Config:
        """Raises SettingError when the signature check could be missed by somebody outside this machine."""
        settings = context.settings
        config = cls(
            validate=settings["ODAI_TWILIO_VALIDATE"],
            token=settings["TWILIO_AUTH_TOKEN"] or Secret(""),
            account_sid=settings["TWILIO_ACCOUNT_SID"] or "",
            buffer_bytes=settings["ODAI_TWILIO_BUFFER_BYTES"],
            api_url=settings["ODAI_TWILIO_API_URL"],
            public_host=context.public_host,
        )
        if not config.validate and not context.loopback:
            raise SettingError(
                "ODAI_TWILIO_VALIDATE=0 is for a server on a loopback address; this one can be reached from outside.",
                "Remove ODAI_TWILIO_VALIDATE and set TWILIO_AUTH_TOKEN, or listen on 127.0.0.1.",
            )
        if config.validate and not config.token:
            raise SettingError("TWILIO_AUTH_TOKEN is not set.", "Set TWILIO_AUTH_TOKEN.")
        return config

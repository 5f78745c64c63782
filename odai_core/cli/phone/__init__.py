"""A telephone made of software: it calls a server as Twilio would, or as the app does.

async with TwilioPeer("ws://127.0.0.1:8080") as phone:
    greeting = await phone.listen()
    await phone.say(read_wav(Path("question.wav")))
    answer = await phone.listen()
    print(answer.latency_ms, len(answer.audio))
"""

from __future__ import annotations

from odai_core.cli.phone.app_peer import AppPeer
from odai_core.cli.phone.conversation import Report, Turn, converse
from odai_core.cli.phone.ear import Ear
from odai_core.cli.phone.line import Answer, Happening, Line, Phone, Refused
from odai_core.cli.phone.twilio_peer import TwilioPeer
from odai_core.cli.phone.voice import Clip, read_wav, speak, write_wav

__all__ = [
    "Answer",
    "AppPeer",
    "Clip",
    "Ear",
    "Happening",
    "Line",
    "Phone",
    "Refused",
    "Report",
    "Turn",
    "TwilioPeer",
    "converse",
    "read_wav",
    "speak",
    "write_wav",
]

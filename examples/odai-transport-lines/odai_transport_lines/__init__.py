"""The smallest transport: one WebSocket; a text frame is a line of the conversation, a binary one is sound."""

from odai_core import PCM16_24K, AudioProfile, TransportPlugin, TurnDetection, hookimpl

AUDIO = AudioProfile(format=PCM16_24K, turns=TurnDetection(type="server_vad", interrupt=True), paced=True)
"""Paced: what comes may be played at once, and of an interrupted answer at most 200 ms are too much."""


def blueprint(context):
    from odai_transport_lines.socket import routes  # Quart, too, is imported by a server only

    return routes(context)


@hookimpl
def odai_transports():
    return TransportPlugin(
        name="lines", api=1, title="Lines", summary="talk in lines", prefix="/lines", blueprint=blueprint, audio=AUDIO
    )

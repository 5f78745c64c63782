"""A turn's figures, on a clock the test moves."""

import math

from odai_core.voice.metrics import TurnClock


def clock():
    now = [10.0]
    return now, TurnClock(lambda: now[0])


def test_a_turn_with_a_tool():
    now, turn = clock()
    turn.asked()
    now[0] += 0.2
    turn.answering()
    turn.tool(120)
    turn.tool(30)
    now[0] += 0.3
    turn.answering()
    turn.first_audio()
    now[0] += 5
    turn.first_audio()
    turn.note({"type": "odai.timing", "stt_ms": 40.4, "end_of_turn_ms": 250, "who": "x"})
    assert turn.finish().values == {
        "model_ms": 200,
        "tool_ms": 150,
        "speech_end_to_first_audio_ms": 750,
        "stt_ms": 40,
        "end_of_turn_ms": 250,
    }
    assert turn.finish() is None


def test_what_is_not_known_is_missing():
    _, turn = clock()
    turn.answering()
    turn.first_audio()
    turn.tool(5)
    assert turn.finish() is None, "a greeting is no turn"
    turn.asked()
    assert turn.finish() is None, "no audio yet"


def test_a_models_nonsense_is_ignored():
    _, turn = clock()
    turn.asked()
    turn.note({"a_ms": -1, "b_ms": 10**6, "c_ms": "5", "d_ms": math.nan, "e_ms": math.inf, "f_ms": None, "g": 4})
    turn.first_audio()
    assert turn.finish().values == {"speech_end_to_first_audio_ms": 0}

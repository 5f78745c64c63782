"""What an interruption cuts, by the player's reports and by the clock."""

from __future__ import annotations

import pytest
from agents.realtime import RealtimePlaybackTracker
from agents.realtime._default_tracker import ModelAudioTracker

from odai_core.models import heard
from odai_core.models.heard import Cut, Hearing

SECOND = bytes(8000)


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    import agents.realtime._default_tracker as sdk

    clock = Clock()
    monkeypatch.setattr(heard, "time", clock)
    monkeypatch.setattr(sdk, "time", clock)
    return clock


@pytest.fixture
def received():
    tracker = ModelAudioTracker()
    tracker.set_audio_format("g711_ulaw")
    return tracker


def receive(hearing, received, item, response="resp", audio=SECOND):
    received.on_audio_delta(item, 0, audio, response_id=response)
    if not hearing.follows((item, 0)):
        hearing.begins((item, 0))


def test_nothing_is_unheard_before_the_first_audio(received):
    assert Hearing(received, None).unheard("resp") == []


def test_the_player_decides_what_was_heard(received):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    for item in ("a", "b", "c"):
        receive(hearing, received, item, response=item)
    playback.on_play_ms("a", 0, 1000)
    playback.on_play_ms("b", 0, 300.7)
    assert hearing.unheard(None) == [Cut("b", 0, 300), Cut("c", 0, 0)]


def test_what_the_player_never_mentioned_was_not_heard(received):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    receive(hearing, received, "a")
    playback.on_play_ms("something old", 0, 500)
    assert hearing.unheard(None) == [Cut("a", 0, 0)]


def test_a_player_that_never_reports_is_taken_to_play_at_the_speed_of_speech(received, clock):
    hearing = Hearing(received, RealtimePlaybackTracker())
    receive(hearing, received, "a")
    clock.now += 0.5
    assert hearing.unheard(None) == [Cut("a", 0, 500)]
    clock.now += 0.5
    assert hearing.unheard(None) == []


def test_a_player_that_once_reported_is_believed_when_it_is_silent(received, clock):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    receive(hearing, received, "a")
    playback.on_play_ms("a", 0, 400)
    assert hearing.unheard(None) == [Cut("a", 0, 400)]
    hearing.forget()
    playback.on_interrupted()
    receive(hearing, received, "b")
    clock.now += 5
    assert hearing.unheard(None) == [Cut("b", 0, 0)]


def test_a_last_frame_that_is_not_reported_counts_as_heard(received):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    receive(hearing, received, "a")
    playback.on_play_ms("a", 0, 985)
    assert hearing.unheard(None) == []


def test_an_answer_in_the_making_can_be_cut_though_all_of_it_was_heard(received):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    receive(hearing, received, "a", response="resp")
    playback.on_play_ms("a", 0, 5000)
    assert hearing.unheard("resp") == [Cut("a", 0, 1000)]
    assert hearing.unheard("another") == []


def test_an_item_that_was_heard_and_then_goes_on_is_followed_again(received):
    playback = RealtimePlaybackTracker()
    hearing = Hearing(received, playback)
    receive(hearing, received, "a")
    playback.on_play_ms("a", 0, 1000)
    assert hearing.unheard(None) == []
    receive(hearing, received, "a")
    assert hearing.unheard(None) == [Cut("a", 0, 1000)]


def test_without_a_player_items_play_as_they_come_one_after_the_other(received, clock):
    hearing = Hearing(received, None)
    receive(hearing, received, "a")
    receive(hearing, received, "b")
    clock.now += 1.25
    assert hearing.unheard(None) == [Cut("b", 0, 250)]
    clock.now += 1
    assert hearing.unheard(None) == []


def test_after_an_interruption_everything_is_forgotten(received, clock):
    hearing = Hearing(received, None)
    receive(hearing, received, "a")
    hearing.forget()
    assert hearing.unheard("resp") == []


def test_a_long_call_keeps_no_heard_items(received, clock):
    hearing = Hearing(received, None)
    for number in range(50):
        receive(hearing, received, f"item {number}", response=f"{number}")
        clock.now += 2
    assert len(hearing._places) == 1

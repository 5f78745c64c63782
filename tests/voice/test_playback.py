"""What goes out when, and what was heard: on a clock that only the test moves."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core.calls import PCM16_24K, ULAW_8K, AudioProfile, TurnDetection
from odai_core.voice import playback as room
from odai_core.voice.events import Audio, AudioEnd
from odai_core.voice.playback import Playback, Stopped
from tests.voice.bench import virtual

TURNS = TurnDetection(type="semantic_vad", interrupt=True)
PHONE = AudioProfile(format=ULAW_8K, turns=TURNS, paced=True)
APP = AudioProfile(format=PCM16_24K, turns=TURNS)


class Lane:
    """A playback with its clock and every event it gave, with the second it was given."""

    def __init__(self, profile=PHONE):
        self.now = 50.0
        self.woken = 0
        self.given = []
        self.playback = Playback(profile, clock=lambda: self.now, wake=self.wake)

    def wake(self):
        self.woken += 1

    def take(self):
        """Everything that is due now; the wait that remains."""
        while True:
            event, wait = self.playback.next()
            if event is None:
                return wait
            self.given.append((self.now, event))

    def run(self, seconds):
        """Take what is due, when it is due."""
        until = self.now + seconds
        while True:
            wait = self.take()
            if wait is None or self.now + wait > until:
                self.now = until
                return
            self.now += max(wait, 1e-6)

    def audio(self):
        return [event for _, event in self.given if isinstance(event, Audio)]

    def bytes(self, item="a"):
        return b"".join(event.data for event in self.audio() if event.item_id == item)


def ms(n, per_ms=8):
    return bytes(range(256)) * (n * per_ms // 256) + b"\7" * (n * per_ms % 256)


def test_a_phone_gets_whole_frames_at_most_200_ms_ahead():
    lane = Lane()
    lane.playback.add("a", ms(3000))
    lane.playback.finish("a")
    lane.run(5)
    assert lane.bytes() == ms(3000)
    assert {len(event.data) for event in lane.audio()} == {room.FRAME_MS * 8}
    sent = 0
    for at, event in lane.given:
        if isinstance(event, Audio):
            sent += len(event.data) // 8
            assert sent - (at - 50.0) * 1000 <= room.LEAD_MS + 1e-6
    assert isinstance(lane.given[-1][1], AudioEnd)
    # Never late either: the line is fed before it runs dry.
    assert 2.75 <= lane.given[-1][0] - 50.0 <= 3.0


@given(sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=40), paced=st.booleans())
def test_any_cut_of_the_audio_comes_out_as_it_went_in(sizes, paced):
    lane = Lane(PHONE if paced else APP)
    made = b""
    for number, size in enumerate(sizes):
        piece = bytes([number % 256]) * size
        made += piece
        lane.playback.add("a", piece)
        lane.run(0.05)
    lane.playback.finish("a")
    lane.run(200)
    assert lane.bytes() == made
    events = lane.audio()
    per_ms = 8 if paced else 48
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    done = 0
    for event in events:
        assert event.start_ms == done // per_ms
        done += len(event.data)
    if paced:
        assert all(len(event.data) == room.FRAME_MS * 8 for event in events[:-1])


def test_a_piece_too_short_for_a_frame_waits_for_more_or_for_the_end():
    lane = Lane()
    lane.playback.add("a", ms(30))
    assert lane.take() is None
    assert lane.given == []
    lane.playback.add("a", ms(30))
    lane.take()
    assert [len(event.data) for event in lane.audio()] == [320]
    lane.playback.finish("a")
    lane.run(1)
    assert [len(event.data) for event in lane.audio()] == [320, 160]
    lane.playback.finish("a")
    assert lane.take() is None, "a second finish says nothing"


def test_a_new_item_pushes_out_the_rest_of_the_old_one():
    lane = Lane()
    lane.playback.add("a", ms(30))
    lane.playback.add("b", ms(40))
    lane.run(1)
    assert [(event.item_id, len(event.data)) for event in lane.audio()] == [("a", 240), ("b", 320)]


def test_an_app_gets_audio_as_it_is_made():
    lane = Lane(APP)
    lane.playback.add("a", ms(5000, 48))
    lane.playback.finish("a")
    lane.take()
    assert [at for at, _ in lane.given] == [50.0, 50.0]
    assert lane.woken == 2


def test_without_reports_the_clock_says_what_was_heard():
    lane = Lane(APP)
    lane.playback.add("a", ms(1000, 48))
    lane.playback.add("b", ms(500, 48))
    lane.take()
    lane.now += 0.4
    assert lane.playback.position() == ("a", 400)
    lane.now += 0.7
    assert lane.playback.position() == ("b", 100), "one after the other, not both at once"
    assert lane.playback.interrupt() == [Stopped("b", 100, 500)]


def test_a_pause_in_the_making_is_not_counted_as_heard():
    lane = Lane(APP)
    lane.playback.add("a", ms(100, 48))
    lane.take()
    lane.now += 2
    lane.playback.add("a", ms(100, 48))
    lane.take()
    lane.now += 0.03
    assert lane.playback.position() == ("a", 130)


def test_reports_are_believed_within_reason():
    lane = Lane(APP)
    lane.playback.add("a", ms(1000, 48))
    lane.take()
    lane.now += 0.9
    lane.playback.played("a", 300)
    assert lane.playback.position() == ("a", 300)
    lane.playback.played("a", 100)
    assert lane.playback.position() == ("a", 300), "it cannot go back"
    lane.playback.played("a", 99_999)
    assert lane.playback.position() == ("a", 1000), "nor exceed what was sent"
    lane.playback.played("nobody", 5)
    assert not lane.playback.active


def test_a_report_after_the_interruption_counts_for_nothing():
    lane = Lane()
    lane.playback.add("a", ms(1000))
    lane.take()
    lane.playback.played("a", 120)
    assert lane.playback.interrupt() == [Stopped("a", 120, 1000)]
    lane.playback.played("a", 200)
    assert lane.playback.position() is None
    assert not lane.playback.active
    assert not lane.playback.add("a", ms(40)), "late audio of it is refused"
    lane.playback.finish("a")
    assert lane.take() is None


def test_every_item_that_waited_is_cut():
    lane = Lane()
    for item in "abc":
        lane.playback.add(item, ms(400))
        lane.playback.finish(item)
    lane.run(0.5)
    lane.playback.played("a", 400)
    stopped = lane.playback.interrupt()
    assert [item.item_id for item in stopped] == ["b", "c"]
    assert stopped[1] == Stopped("c", 0, 400)
    assert lane.playback.interrupt() == []


def test_nothing_to_interrupt():
    lane = Lane()
    assert lane.playback.interrupt() == []
    assert lane.playback.position() is None


def test_after_an_interruption_the_next_answer_starts_at_once():
    lane = Lane()
    lane.playback.add("a", ms(1000))
    lane.take()
    lane.playback.interrupt()
    lane.playback.add("b", ms(400))
    lane.take()
    assert sum(len(event.data) for event in lane.audio() if event.item_id == "b") == 200 * 8


def test_the_last_frame_need_not_be_reported():
    lane = Lane(APP)
    lane.playback.add("a", ms(1000, 48))
    lane.take()
    lane.playback.played("a", 985)
    assert lane.playback.active, "more may come"
    lane.playback.finish("a")
    assert not lane.playback.active or lane.take() is None
    assert not lane.playback.active


def test_a_player_that_falls_silent_is_not_waited_for():
    lane = Lane(APP)
    lane.playback.add("a", ms(1000, 48))
    lane.playback.finish("a")
    lane.take()
    lane.playback.played("a", 200)
    lane.now += 1 + room.STALE_SECONDS
    assert lane.playback.active
    lane.now += 0.1
    assert not lane.playback.active
    assert lane.playback.interrupt() == []


def test_fillers_go_when_real_audio_comes_and_are_never_reported():
    lane = Lane()
    lane.playback.add("filler-1", ms(400), filler=True)
    lane.run(0.1)
    lane.playback.add("a", ms(80))
    lane.playback.drop_fillers()
    lane.playback.finish("a")
    lane.run(1)
    assert lane.bytes() == ms(80)
    assert len(lane.bytes("filler-1")) < 400 * 8
    lane.playback.played("filler-1", 5)
    assert not lane.playback.add("filler-1", ms(40), filler=True)
    lane.playback.played("a", 80)
    assert lane.playback.position() == ("a", 80)


def test_an_interrupted_filler_is_nobodys_words():
    lane = Lane()
    lane.playback.add("filler-1", ms(400), filler=True)
    lane.take()
    assert lane.playback.active
    assert lane.playback.interrupt() == []
    assert not lane.playback.active


def test_an_answer_ends_at_the_limit():
    lane = Lane()
    while lane.playback.add("a", ms(1000)):
        assert not lane.playback.full or lane.playback._backlog > (room.LIMIT_MS - 2000) * 8
    assert lane.playback.full
    lane.run(30)
    assert not lane.playback.full
    assert not lane.playback.add("a", ms(40)), "a hole in the middle would be worse than an end"
    assert lane.playback.add("b", ms(40))
    assert not lane.playback.add("b", b"")


def test_finish_all_ends_what_broke_off_but_no_filler():
    lane = Lane()
    lane.playback.add("a", ms(30))
    lane.playback.add("empty", b"")
    lane.playback.add("filler-1", ms(30), filler=True)
    lane.playback.finish_all()
    lane.run(1)
    assert [event.item_id for _, event in lane.given if isinstance(event, AudioEnd)] == ["a"]


def test_many_items_are_forgotten_but_none_that_still_plays():
    lane = Lane()
    for number in range(100):
        lane.playback.add(str(number), ms(40))
    lane.run(10)
    assert len(lane.audio()) == 100
    for number in range(100, 150):
        lane.playback.add(str(number), ms(40))
        lane.playback.finish(str(number))
        lane.run(1)
    lane.playback.played("3", 40)
    assert len(lane.playback._items) <= room._REMEMBERED + 1


@virtual
async def test_drained_waits_for_the_ear():
    loop = asyncio.get_running_loop()
    playback = Playback(APP, clock=loop.time, wake=lambda: None)
    playback.add("a", ms(1500, 48))
    playback.finish("a")
    while playback.next()[0] is not None:
        pass
    before = loop.time()
    await playback.drained()
    assert 1.5 <= loop.time() - before < 1.8
    await playback.drained()


@virtual
async def test_drained_is_woken_by_a_report():
    loop = asyncio.get_running_loop()
    playback = Playback(APP, clock=loop.time, wake=lambda: None)
    playback.add("a", ms(1500, 48))
    while playback.next()[0] is not None:
        pass
    before = loop.time()
    loop.call_later(0.1, playback.played, "a", 1500)
    await playback.drained()
    assert loop.time() - before == pytest.approx(0.1)

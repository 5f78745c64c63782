"""Lines of a call: grown, stated, cut to what was heard, replayed."""

from odai_core.calls import Turn
from odai_core.voice import transcript as room
from odai_core.voice.events import Transcript
from odai_core.voice.transcript import TranscriptBook


def test_a_line_is_added_once_and_then_grows():
    book = TranscriptBook()
    assert book.add_delta("a", "It is") == Transcript("a", "assistant", "It is", "in_progress", True)
    assert book.add_delta("a", " raining") == Transcript("a", "assistant", "It is raining", "in_progress", False)
    assert book.add_delta("a", "") is None
    done = book.set_text("a", "assistant", "It is raining.", completed=True)
    assert done == Transcript("a", "assistant", "It is raining.", "completed", False)
    assert book.set_text("a", "assistant", "It is raining.", completed=True) is None


def test_an_empty_statement_erases_nothing_and_shows_nothing():
    book = TranscriptBook()
    assert book.set_text("u", "user", "", completed=False) is None
    assert book.turns() == ()
    assert book.set_text("u", "user", " sushi ", completed=True).text == "sushi"
    assert book.set_text("u", "user", "  ", completed=False) is None
    assert book.turns() == (Turn(role="user", text="sushi"),)


def test_what_was_not_heard_was_not_said():
    book = TranscriptBook()
    book.add_delta("a", "one two three four")
    assert book.interrupt("a", 500, 1000) == Transcript("a", "assistant", "one two", "interrupted", False)
    assert book.interrupt("a", 0, 1000) is None
    assert book.add_delta("a", " five") is None
    assert book.set_text("a", "assistant", "one two three four five", completed=True) is None
    assert book.turns()[0].text == "one two"


def test_an_answer_of_which_nothing_was_heard_leaves_no_turn():
    book = TranscriptBook()
    book.add_delta("a", "one two")
    assert book.interrupt("a", 0, 0).text == ""
    assert book.turns() == ()


def test_a_callers_line_and_an_unknown_one_cannot_be_interrupted():
    book = TranscriptBook()
    book.set_text("u", "user", "hello", completed=True)
    assert book.interrupt("u", 1, 2) is None
    assert book.interrupt("nobody", 1, 2) is None


def test_a_long_call_is_bounded():
    book = TranscriptBook()
    for number in range(room._KEPT + 50):
        book.set_text(str(number), "user", "x" * 5000, completed=True)
    assert len(book._lines) == room._KEPT
    turns = book.turns()
    assert len(turns) == room.REPLAYED_TURNS
    assert {len(turn.text) for turn in turns} == {room._LONGEST}

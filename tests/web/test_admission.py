"""Places for calls, and the wait until they are free."""

import asyncio
import contextlib

import pytest

from odai_core.errors import Draining, Overloaded, SessionTaken
from odai_core.web.drain import Admission
from tests.voice.bench import virtual


def test_a_place_is_held_and_given_back_also_after_a_failure():
    places = Admission(1)
    with contextlib.suppress(ValueError), places.admit("a"):
        assert len(places) == 1
        raise ValueError
    with places.admit("a"):
        pass
    assert (len(places), places.refused) == (0, 0)


def test_the_first_keeps_its_session_and_a_full_house_refuses():
    places = Admission(2)
    with places.admit("a"):
        with pytest.raises(SessionTaken), places.admit("a"):
            raise AssertionError
        with places.admit("b"), pytest.raises(Overloaded), places.admit("c"):
            raise AssertionError
        places.draining = True
        with pytest.raises(Draining), places.admit("d"):
            raise AssertionError
        assert len(places) == 1
    assert places.refused == 3


@virtual
async def test_empty_waits_for_the_last_call_within_its_time():
    places = Admission(5)
    assert await places.empty(0)
    loop = asyncio.get_running_loop()
    one, two = places.admit("a"), places.admit("b")
    one.__enter__()
    two.__enter__()
    assert not await places.empty(3)
    loop.call_later(1, one.__exit__, None, None, None)
    loop.call_later(2, two.__exit__, None, None, None)
    before = loop.time()
    assert await places.empty(30)
    assert loop.time() == before + 2


async def test_who_waits_for_the_stop_hears_of_it():
    places = Admission(1)
    waiting = asyncio.create_task(places.stopping.wait())
    places.draining = True
    assert await asyncio.wait_for(waiting, 5)
    places.draining = False
    assert not places.stopping.is_set()

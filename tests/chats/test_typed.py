"""Typed requests in whole chats with the keyless text model: floors, so that a change that costs some is seen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from odai_model_local.brain.evaluate import encoder

from odai_core.errors import AssetError
from tests.chats.typed import Outcome, Request, measure, requests, summary


@pytest.fixture(scope="module")
def _encoder() -> None:
    try:
        encoder()
    except AssetError as error:
        pytest.skip(str(error))


def share(outcomes: Sequence[Outcome], name: str) -> tuple[float, float]:
    """Right calls, and those of them that brought data or that nobody's data knows: of 1."""
    mine = [one for one in outcomes if one.request.set == name]
    return sum(one.called for one in mine) / len(mine), sum(one.right or one.lacking for one in mine) / len(mine)


@pytest.mark.speech
@pytest.mark.slow
@pytest.mark.usefixtures("_encoder")
async def test_typed_requests_reach_their_tools_and_bring_data() -> None:
    outcomes = await measure()
    print(summary(outcomes))
    assert min(share(outcomes, "dev")) >= 0.9
    assert min(share(outcomes, "held")) >= 0.8


def test_the_halves_are_apart() -> None:
    said = {name: {one.say for one in requests((name,))} for name in ("dev", "held")}
    assert min(len(found) for found in said.values()) >= 25
    assert not said["dev"] & said["held"]


def test_the_judge_is_strict() -> None:
    wanted = Request("dev", ("x",), ("look",), {"place": "rome|roma"}, ("Rome",))
    found = {"response_type": "x", "response": {}}
    missing = {"response_type": "error", "response": {"code": "not_found"}}
    right = Outcome(wanted, ["look"], {"place": "in Roma"}, [found], "Here is Rome.")
    assert (right.routed, right.called, right.right, right.lacking) == (True, True, True, False)
    assert not Outcome(wanted, ["look", "look"], {"place": "roma"}, [found], "Here is Rome.").routed
    assert not Outcome(wanted, ["look"], {"place": "Oslo"}, [found], "Here is Rome.").called
    assert not Outcome(wanted, ["look"], {"place": "roma"}, [found], "Here is Oslo.").right
    assert Outcome(wanted, ["look"], {"place": "roma"}, [missing], "I don't know Rome.").lacking
    assert not Outcome(wanted, ["look"], {"place": "roma"}, [missing], "I don't know Rome.").right
    assert "right calls 1" in summary([right])

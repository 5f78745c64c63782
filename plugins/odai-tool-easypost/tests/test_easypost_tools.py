"""EasyPost's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_easypost import GUEST, odai_tools
from odai_tool_easypost.store import Package, Store

from odai_core import Secret
from odai_core.testing.upstreams import FAULTS, UpstreamServer, mutate
from odai_core.testing.upstreams.services import easypost as standin
from odai_core.tools.compact import for_model
from odai_core.tools.http import HttpClient
from odai_core.tools.schema import describe

ONE, ALL = odai_tools().tools
UPS = "1Z999AA10123456784"
ASKED = {"tracking_number": UPS}
CODES = {
    "400": "bad_request", "401": "auth", "402": "plan", "403": "plan", "404": "not_found", "422": "bad_request",
    "429": "rate_limited", "500": "upstream", "502": "upstream", "503": "upstream", "504": "upstream",
    "html": "bad_shape", "garbage": "bad_shape", "empty": "bad_shape", "truncated": "upstream", "huge": "bad_shape",
    "deep": "bad_shape", "redirect": "bad_shape", "slow": "timeout",
}  # fmt: skip


def exists(path: Path) -> bool:
    return path.exists()


# -- one package -------------------------------------------------------------------------------------


async def test_a_package_is_spoken_and_shown(as_user, server: UpstreamServer, call):
    response = await call(ONE, {"tracking_number": "1z 999-AA1 0123 4567 84", "carrier": "u.p.s."}, as_user("ann"))
    assert response.response_type == "easypost_tracking_info"
    assert response.spoken.startswith(
        "Your UPS package is on its way. It was last seen in Charleston, South Carolina, "
    )
    assert ". It should arrive " in response.spoken
    assert response.response["tracking_code"] == UPS
    assert len(response.response["tracking_details"]) == 3
    assert (response.voice["carrier"], response.voice["status"], response.voice["last_four"]) == (
        "UPS", "in transit", "6784",
    )  # fmt: skip
    assert UPS not in for_model(response), "what a voice model does not have it cannot read out"
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/trackers")
    assert json.loads(seen.body) == {"tracker": {"tracking_code": UPS, "carrier": "UPS"}}
    assert seen.headers["authorization"] == f"Basic {b64encode(b'test-key:').decode()}"


async def test_a_guest_is_answered_and_not_remembered(as_user, server: UpstreamServer, lists: Path, call):
    for guest in (None, ""):
        response = await call(ONE, ASKED, as_user(guest))
        assert response.spoken.startswith("The UPS package is on its way.")
        listed = await call(ALL, {}, as_user(guest))
        assert (listed.ok, listed.spoken, listed.response["packages"]) == (True, GUEST, [])
    assert [seen.method for seen in server.seen] == ["POST", "POST"]
    assert not exists(lists)


async def test_a_known_package_costs_no_second_tracker(as_user, server: UpstreamServer, call):
    ann = as_user("ann")
    await call(ONE, {"tracking_number": UPS, "carrier": "UPS"}, ann)
    again = await call(ONE, {"tracking_number": "6784"}, ann)
    assert again.response["tracking_code"] == UPS
    assert [(seen.method, seen.path) for seen in server.seen] == [
        ("POST", "/trackers"), ("GET", f"/trackers/trk_{UPS.lower()}"),
    ]  # fmt: skip


async def test_a_tracker_that_is_gone_is_made_again(as_user, server: UpstreamServer, call):
    ann = as_user("ann")
    await call(ONE, {"tracking_number": standin.GONE, "carrier": "FedEx"}, ann)
    assert (await call(ONE, {"tracking_number": standin.GONE}, ann)).ok
    assert [seen.method for seen in server.seen] == ["POST", "GET", "POST"]
    assert json.loads(server.seen[-1].body)["tracker"]["carrier"] == "FedEx", "the carrier is remembered"


async def test_a_tracker_without_news_is_a_beginning(as_user, call):
    response = await call(ONE, {"tracking_number": "EZ7000000007"}, as_user("ann"))
    assert response.spoken == (
        "I've started tracking your USPS package. There is no news yet, so ask me again in a few minutes."
    )


async def test_the_same_question_is_asked_once(server: UpstreamServer, lists: Path, context, call):
    http = HttpClient()
    for _ in range(2):
        assert (await call(ONE, ASKED, context(server, http, lists, None))).ok
    assert len(server.seen) == 1
    await http.aclose()


@pytest.mark.parametrize(
    ("number", "code"),
    [("BAD12345678", "bad_request"), ("", "bad_request"), ("6784", "bad_request"), ("my package", "bad_request")],
)
async def test_what_is_no_number_is_asked_back(number, code, as_user, server: UpstreamServer, call):
    response = await call(ONE, {"tracking_number": number}, as_user("ann"))
    assert response.response["code"] == code
    assert len(server.seen) == number.startswith("BAD")


# -- bad days ----------------------------------------------------------------------------------------


async def test_nothing_private_is_logged(as_user, server: UpstreamServer, lists: Path, caplog, call, put_in_the_way):
    caplog.set_level(logging.DEBUG)
    ann = as_user("ann-of-cleves")
    await call(ONE, ASKED, ann)
    for fault in ("", "500", "401", "garbage", "404"):
        if fault:
            server.fail("easypost", fault, fault, fault, fault)
        await call(ONE, ASKED, ann)
        await call(ALL, {}, ann)
        server.forget()
    put_in_the_way()
    await call(ONE, ASKED, ann)
    await call(ONE, ASKED, replace(ann, settings={**ann.settings, "EASYPOST_API_KEY": Secret("wrong-key")}))
    assert "EasyPost refused the key" in caplog.text
    for private in (UPS, UPS.lower(), "6784", "ann-of-cleves", "wrong-key", "test-key"):
        assert private not in caplog.text


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("known", [True, False])
async def test_every_fault_has_its_code_and_sentence(fault, known, as_user, server: UpstreamServer, call):
    ann = as_user("ann")
    if known:
        await call(ONE, ASKED, ann)
    server.fail("easypost", fault, always=True)
    assert (await call(ONE, ASKED, ann)).response["code"] == CODES[fault]


@pytest.mark.parametrize("code", ["EZ2000000002", "EZ4000000004"])
def test_no_answer_is_too_odd(code, tmp_path: Path, context, call):
    times = itertools.count(0, 1000)
    with asyncio.Runner() as runner:
        server = runner.run(UpstreamServer().__aenter__())
        http = HttpClient(timeout=30, clock=lambda: float(next(times)))
        path = tmp_path / "lists.sqlite"
        runner.run(Store(path).save("ann", Package(code, "trk_x")))
        runner.run(Store(path).save("ann", Package(UPS, "trk_y")))

        @settings(max_examples=100, deadline=None)
        @given(st.randoms(use_true_random=False))
        def check(random: Any) -> None:
            for tool, arguments, user in ((ONE, {"tracking_number": code}, None), (ALL, {}, "ann")):
                server.answer("easypost", mutate(standin.tracker(code), random))
                response = runner.run(call(tool, arguments, context(server, http, path, user)))
                assert response.ok or response.response["code"] == "bad_shape"

        check()
        runner.run(http.aclose())
        runner.run(server.__aexit__(None, None, None))


@pytest.mark.parametrize("odd", ["..", "a/b", "", "x" * 101, "trk_1\n", "é"])
async def test_an_id_that_could_lead_elsewhere_is_not_kept(odd, as_user, server: UpstreamServer, lists: Path, call):
    server.answer("easypost", standin.tracker(UPS, id=odd))
    assert (await call(ONE, ASKED, as_user("ann"))).response["code"] == "bad_shape"
    assert not exists(lists)


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("EZ3000000003", "Your USPS package is out for delivery."),
        ("E Z 4 0 0 0 0 0 0 0 0 4", "Your UPS package was delivered in San Francisco, California, "),
        ("0001", "Your FedEx package has a label but has not been handed over yet."),
        (UPS, "My sample data doesn't have that number. Another UPS package is on its way."),
    ],
)
async def test_samples_have_every_state(number, said, lists: Path, context, call):
    response = await call(ONE, {"tracking_number": number}, context(None, HttpClient(), lists, "ann", key=""))
    assert (response.sample, said in response.spoken) == (True, True)


async def test_samples_belong_to_nobody_and_are_not_kept(lists: Path, context, call):
    for user in (None, "ann"):
        response = await call(ALL, {}, context(None, HttpClient(), lists, user, key=""))
        assert (response.sample, len(response.response["packages"])) == (True, 4)
        assert response.spoken.startswith("You have four packages. First, the USPS package")
    assert not exists(lists)


async def test_samples_refuse_what_is_no_number(lists: Path, context, call):
    response = await call(ONE, {"tracking_number": "hello"}, context(None, HttpClient(), lists, None, key=""))
    assert response.response["code"] == "bad_request"


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples) == ("easypost", 1, True, True)
    for tool in plugin.tools:
        spec = describe(tool)
        assert len(spec.options.examples) >= 8
        assert spec.options.progress
        assert spec.options.timeout <= 8

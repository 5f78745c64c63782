"""Everybody has a list of packages of their own, and sees no other."""

from __future__ import annotations

from odai_tool_easypost import NONE_YET, odai_tools, trackers

from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import easypost as standin

ONE, ALL = odai_tools().tools
UPS = "1Z999AA10123456784"
ASKED = {"tracking_number": UPS}


async def codes(call, ctx) -> list[str]:
    """The numbers on a caller's list, as the tool shows them."""
    response = await call(ALL, {}, ctx)
    return sorted(package["tracking_code"] for package in response.response["packages"])


PEOPLE = [
    "ann", "Ann", "ann ", " ann", "ann\x00", "ann\x00b", "bob", "' OR '1'='1", "ann' --", "%", "_", "*", "ann%", "ann;",
    "null", "None", "0", "\ud800", "\udfff", "é", "e\u0301", "x" * 100_000, "../ann", "?", "owner", '"', "\n",
]  # fmt: skip


async def test_nobody_sees_the_packages_of_another(as_user, call):
    own = {user: f"PKG{number:08d}" for number, user in enumerate(PEOPLE)}
    for user, code in own.items():
        assert (await call(ONE, {"tracking_number": code}, as_user(user))).ok
    for user, code in own.items():
        assert await codes(call, as_user(user)) == [code], f"{user[:20]!r} sees something else"
    for stranger in ("carol", "ANN", "ann\x00\x00", "%%", "' OR 1=1 --", "\ud801", "x" * 99_999):
        response = await call(ALL, {}, as_user(stranger))
        assert (response.response["packages"], response.spoken) == ([], NONE_YET)
    assert (await call(ALL, {}, as_user(None))).response["packages"] == []


async def test_the_end_of_anothers_number_opens_nothing(as_user, server: UpstreamServer, call):
    await call(ONE, ASKED, as_user("ann"))
    server.seen.clear()
    for other in ("bob", None):
        assert (await call(ONE, {"tracking_number": "6784"}, as_user(other))).response["code"] == "bad_request"
    assert not server.seen


async def test_all_packages_are_told_the_most_urgent_first(as_user, server: UpstreamServer, call):
    ann = as_user("ann")
    for code in ("EZ4000000004", "EZ2000000002", "EZ3000000003", "EZ1000000001"):
        await call(ONE, {"tracking_number": code}, ann)
    server.seen.clear()
    response = await call(ALL, {}, ann)
    assert response.response_type == "easypost_all_packages"
    assert response.spoken.startswith(
        "You have four packages. First, the USPS package ending in zero zero zero three is out"
    )
    assert "Third, " in response.spoken
    assert "Fourth" not in response.spoken
    shown = [package["status"] for package in response.response["packages"]]
    assert shown == ["out_for_delivery", "in_transit", "pre_transit", "delivered"]
    assert (response.voice["total"], response.response["unavailable"]) == (4, 0)
    assert {seen.method for seen in server.seen} == {"GET"}, "looking again must cost nothing"


async def test_one_that_fails_does_not_hide_the_others(as_user, call):
    ann = as_user("ann")
    for code in (standin.GONE, UPS):
        await call(ONE, {"tracking_number": code}, ann)
    response = await call(ALL, {}, ann)
    assert [package["tracking_code"] for package in response.response["packages"]] == [UPS]
    assert response.response["unavailable"] == 1
    assert response.spoken.endswith("I can't get news of one more package.")


async def test_when_all_are_gone_that_is_said(as_user, call):
    ann = as_user("ann")
    await call(ONE, {"tracking_number": standin.GONE}, ann)
    response = await call(ALL, {}, ann)
    assert (response.response["code"], "no news of your packages" in response.spoken) == ("not_found", True)


async def test_a_slow_service_ends_the_waiting(as_user, server: UpstreamServer, monkeypatch, call):
    ann = as_user("ann")
    await call(ONE, ASKED, ann)
    monkeypatch.setattr(trackers, "ALL_SECONDS", 0.05)
    server.fail("easypost", "slow", always=True)
    assert (await call(ALL, {}, ann)).response["code"] == "timeout"


async def test_a_list_that_cannot_be_used_is_no_end(as_user, caplog, call, put_in_the_way):
    put_in_the_way()
    ann = as_user("ann")
    assert (await call(ONE, ASKED, ann)).ok
    response = await call(ALL, {}, ann)
    assert (response.response["code"], response.response["retryable"]) == ("internal", True)
    assert "EASYPOST_STORE" in caplog.text

"""EasyPost: where a package is, and which ones a caller is waiting for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_easypost import samples, spoken, trackers
from odai_tool_easypost.numbers import carrier_code, tracking_code
from odai_tool_easypost.shapes import Tracker
from odai_tool_easypost.store import Package, StoreError, store_at

GUEST = "I keep a list of packages only for people who are signed in. Tell me a tracking number, and I'll look it up."
INSTEAD = "My sample data doesn't have that number. Another"
NONE_YET = "You haven't asked me about a package yet. Tell me a tracking number, and I'll keep an eye on it."


@tool(
    examples=[
        "track package {tracking_number:1Z999AA10123456784}",
        "where is my package {tracking_number:9400110898825022579493}",
        "check tracking number {tracking_number:1 Z 999 AA 1012 3456 784}",
        "track my {carrier:UPS} package {tracking_number:1Z12345E0205271688}",
        "has the {carrier:FedEx} parcel {tracking_number:770123456789} arrived",
        "when will {tracking_number:EZ2000000002} be delivered",
        "what's the status of the {carrier:USPS} shipment {tracking_number:9205590164917312751089}",
        "look up the tracking number {tracking_number:EZ4000000004}",
        "where's the delivery with the number {tracking_number:794644790138}",
        "track the package ending in {tracking_number:6784}",
    ],
    progress="Looking for the package",
)
async def get_tracking_info_with_easypost(
    ctx: ToolContext, tracking_number: str, carrier: str | None = None
) -> ToolResponse:
    """Find a package by its tracking number: its status, where it was last seen and when it should arrive.

    Args:
        tracking_number: The whole tracking number; of a package the caller asked for before, its last four are enough.
        carrier: Who delivers it, such as "UPS", if that was said; it is found out from the number otherwise.
    """
    if _sampled(ctx):
        tracker, asked_for = samples.tracker(tracking_number, datetime.now(UTC))
        whose = "Your" if asked_for else INSTEAD
    else:
        known = await _packages(ctx)
        code = tracking_code(tracking_number, [package.code for package in known])
        kept = next((package for package in known if package.code == code), None)
        tracker = await trackers.look_up(ctx, code, carrier_code(carrier), kept)
        await _keep(ctx, Package(code, tracker.id, carrier_code(carrier) or (kept.carrier if kept else None)))
        whose = "Your" if ctx.caller.user_id else "The"
    now, zone = datetime.now(UTC), ctx.caller.time_zone
    return ToolResponse(
        response_type="easypost_tracking_info",
        response=to_builtins(tracker),
        spoken=spoken.one(tracker, now, zone, whose=whose),
        voice=spoken.projection(tracker, now, zone),
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "how are my packages doing",
        "what packages am I waiting for",
        "list my packages",
        "show me everything I'm tracking",
        "do I have any deliveries today",
        "are any of my parcels arriving soon",
        "give me an update on my shipments",
        "which of my packages have been delivered",
        "check on all my deliveries",
    ],
    progress="Checking your packages",
)
async def get_all_packages_with_easypost(ctx: ToolContext) -> ToolResponse:
    """List the packages this caller has asked about before, with the status of each."""
    if _sampled(ctx):
        return _all(ctx, samples.trackers(datetime.now(UTC)), 0)
    if not ctx.caller.user_id:
        return _all(ctx, [], 0, said=GUEST)
    try:
        packages = await store_at(ctx.settings["EASYPOST_STORE"]).of(ctx.caller.user_id)
    except StoreError as error:
        _warn(ctx, error)
        raise ToolError("internal", "I can't get at your list of packages right now.") from None
    if not packages:
        return _all(ctx, [], 0, said=NONE_YET)
    try:
        found = await trackers.retrieve_all(ctx, packages)
    except ToolError as error:
        if error.code == "not_found":
            raise ToolError("not_found", "EasyPost has no news of your packages any more.") from None
        raise
    return _all(ctx, found, len(packages) - len(found))


def _all(ctx: ToolContext, found: Sequence[Tracker], lacking: int, *, said: str = "") -> ToolResponse:
    now, zone = datetime.now(UTC), ctx.caller.time_zone
    found = sorted(found, key=spoken.urgency)
    return ToolResponse(
        response_type="easypost_all_packages",
        response={"packages": to_builtins(found), "unavailable": lacking},
        spoken=said or spoken.several(found, lacking, now, zone),
        voice={
            "packages": [spoken.projection(tracker, now, zone) for tracker in found[:4]],
            "total": len(found) + lacking,
        },
        sample=_sampled(ctx),
    )


async def _packages(ctx: ToolContext) -> list[Package]:
    """The caller's own; without them a number can still be looked up."""
    if not ctx.caller.user_id:
        return []
    try:
        return await store_at(ctx.settings["EASYPOST_STORE"]).of(ctx.caller.user_id)
    except StoreError as error:
        _warn(ctx, error)
        return []


async def _keep(ctx: ToolContext, package: Package) -> None:
    """On the caller's list; a guest has none."""
    if not ctx.caller.user_id:
        return
    try:
        await store_at(ctx.settings["EASYPOST_STORE"]).save(ctx.caller.user_id, package)
    except StoreError as error:
        _warn(ctx, error)


def _warn(ctx: ToolContext, error: StoreError) -> None:
    ctx.log.warning("the list of packages cannot be used (%s): check EASYPOST_STORE", error)


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["EASYPOST_API_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="easypost",
        api=1,
        title="EasyPost",
        summary="track packages",
        tools=[get_tracking_info_with_easypost, get_all_packages_with_easypost],
        voice=True,
        samples=True,
        instructions="Each new number costs the operator a little: ask before tracking many of them.",
        voice_instructions="Never read a tracking number out, at most its last four. Tell the status and the day.",
        settings=[
            Setting(
                name="EASYPOST_API_KEY",
                help="A key of EasyPost; a test key knows EasyPost's test numbers only.",
                required=True,
                secret=True,
                where="EasyPost's dashboard, under API Keys",
            ),
            Setting(name="EASYPOST_BASE_URL", help="The API's address.", default="https://api.easypost.com/v2"),
            Setting(
                name="EASYPOST_STORE",
                help="The file with the callers' lists of packages; empty: in this user's data folder.",
            ),
        ],
    )

"""EasyPost passes the standard tests of every connector, with a user who has packages."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from odai_tool_easypost.store import Package, Store

from odai_core import Caller
from odai_core.testing.kit import conformance

ANN = Caller(user_id="ann", time_zone="America/New_York")
_FOLDER = tempfile.TemporaryDirectory(prefix="odai-easypost-")
LISTS = Path(_FOLDER.name) / "lists.sqlite"


async def fill() -> None:
    for code in ("1Z999AA10123456784", "EZ4000000004", "EZ3000000003", "EZ7000000007", "EZ1000000001"):
        await Store(LISTS).save("ann", Package(code, f"trk_{code.lower()}"))


asyncio.run(fill())

TestEasyPost = conformance(
    "easypost",
    happy={
        "get_tracking_info_with_easypost": [
            {"tracking_number": "1Z 999 AA1 0123 4567 84", "carrier": "UPS"},
            {"tracking_number": "EZ4000000004", "carrier": None},
            {"tracking_number": "EZ7000000007", "carrier": None},
            {"tracking_number": "6784", "carrier": None},
        ],
        "get_all_packages_with_easypost": {},
    },
    unknown={},
    samples={"get_tracking_info_with_easypost": {"tracking_number": "EZ2000000002"}},
    settings={"EASYPOST_STORE": str(LISTS)},
    caller=ANN,
)

"""What every test may rely on: loopback only, and no test that passes by not running."""

import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """On CI a browser or speech test may not be skipped."""
    outcome = yield
    report = outcome.get_result()
    needed = any(item.get_closest_marker(name) for name in ("browser", "speech"))
    if report.skipped and needed and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI must run it: {report.longrepr}"

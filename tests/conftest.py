"""What every test may rely on: loopback only, and no test that passes by not running."""

import logging
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


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """A test that sets up the server's logging must not silence the log that another one reads."""
    loggers = [logging.getLogger(name) for name in (None, "odai", "odai.hypercorn")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers

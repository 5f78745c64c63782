"""What `pip install odai-core` adds to pytest: one option of the conformance kit, which only its users import."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--odai-seeds 1000` gives every tool a thousand odd answers."""
    group = parser.getgroup("odai", "conformance of ODAI connectors")
    group.addoption("--odai-seeds", type=int, metavar="N", help="how many odd answers each tool is given (60)")


def pytest_configure() -> None:
    """Let pytest explain the kit's asserts too."""
    pytest.register_assert_rewrite("odai_core.testing.kit")

"""What is installed here, for the verbs that list it."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Catalog
    from odai_core.settings import Settings

STATE_STYLES = {
    "ready": "green",
    "needs setup": "yellow",
    "disabled": "dim",
    "conflict": "red",
    "incompatible": "red",
    "broken": "bold red",
    "restart needed": "yellow",
}
WRONG_STATES = frozenset({"broken", "conflict", "incompatible"})
"""States that no setting explains: `odai plugins --check` fails on them."""


def settings_here() -> Settings:
    """Read the settings here. ODAI_STRICT is for the server: a list shows what is wrong, it does not stop at it."""
    from odai_core.settings import Settings

    return Settings.load(ODAI_STRICT="0")


def catalog_of(settings: Settings) -> Catalog:
    """Load every plugin. What they print while they load goes to stderr, so that stdout stays readable by machines."""
    from odai_core.plugins.host import PluginHost

    # The verbs show every problem themselves; the log would say it a second time.
    logging.getLogger("odai").addHandler(logging.NullHandler())
    with contextlib.redirect_stdout(sys.stderr):
        return PluginHost(settings).catalog

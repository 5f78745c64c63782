"""A stand-in for the services behind the connectors: real HTTP on the loopback network, with faults on demand."""

from __future__ import annotations

from odai_core.testing.upstreams import bodies
from odai_core.testing.upstreams.faults import FAULTS, Fault
from odai_core.testing.upstreams.hostile import mutate
from odai_core.testing.upstreams.server import Seen, UpstreamServer

__all__ = ["FAULTS", "Fault", "Seen", "UpstreamServer", "bodies", "mutate"]

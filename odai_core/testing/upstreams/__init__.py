"""A stand-in for the services behind the connectors: real HTTP on the loopback network, with faults on demand.

    async with UpstreamServer() as server:
        server.settings(plugin)               # {"YELP_API_KEY": "test-key", "YELP_BASE_URL": "http://127.0.0.1:..."}
        server.fail("yelp", "429")            # the next request; `always=True`: every one until `forget()`
        server.answer("yelp", {"total": 0})   # the next request gets this body
        server.lose("gmail", after=1)         # the second request is done, and its answer lost on the way
        server.seen[-1].query                 # what arrived

`odai upstreams` serves the same from a terminal and prints the settings to copy.

## Adding a service

Write one file, `services/<name>.py`; nothing else is touched, the folder is listed. It holds one `SERVICE`:

    from odai_core.testing.upstreams import Ask, Reply, Route, Service, auth

    def tides(ask: Ask) -> object:
        harbour = ask.query.get("harbour", "")
        if harbour == "Nowhere":
            return Reply({"error": "unknown harbour"}, 404)
        return {"harbour": harbour, "tides": [{"at": "2026-11-22T04:10:00Z", "kind": "high"}]}

    def refused(given: bool) -> Reply:
        return Reply({"error": "Invalid key" if given else "Missing key"}, 401)

    SERVICE = Service(
        name="tides",
        settings={"TIDES_API_KEY": "{key}", "TIDES_BASE_URL": "{url}"},
        authorize=auth.query("apikey", refused),
        routes=[Route("GET", "/v1/tides", tides), Route("GET", "/v1/harbours/{id}", harbour)],
        errors={429: {"error": "Too many requests"}},
    )

- `name` is what `server.url("tides")` and `server.fail("tides", ...)` take: the plugin's name, or the service's when
  several plugins share it. `settings` says which of the plugins' settings lead here: `{url}` is this service's
  address (`"{url}/oauth"` works), `{key}` the accepted key; anything else is taken as it stands.
- `authorize` is one of `auth.anybody`, `auth.bearer(refused)`, `auth.header(name, refused)`, `auth.headers({...},
  refused)`, `auth.query(name, refused)`, `auth.basic(refused)`, `auth.path(name, refused)`, or a function of yours
  `(Ask) -> Reply | None`. `refused` is a `Reply`, or a function of whether a (wrong) key was given at all.
- A path's `{id}` is one segment, decoded in `ask.args["id"]`; text around it works too (`/documents/{id}:batchUpdate`).
  The first route that fits wins. No route: 404.
- A handler is a plain function `(Ask) -> body`. It returns what JSON can carry, or a `Reply` with status, headers or
  bytes. `ask` has `query`, `args`, `headers` (lower-case names), `json()`, `form()` and `base`, our own
  address for links. What a service must remember it keeps in `ask.kept`, and what it was made to do for good (a mail
  sent, an event made) it appends to `ask.done`: so the kit sees whether something was done twice. What was removed is
  `{"removed": id}` there. Raise nothing: what a handler raises is logged and becomes a 500.
- `errors` holds the service's real bodies by status, for the faults ("401", "429", ...) and for paths no route takes.
- Keep it true: real shapes with several items and awkward ones among them (a missing optional field, null, a closed
  shop), the query echoed where the service does, limits honoured, an unknown id answered as the service does, times
  around now. Values are invented.
"""

from __future__ import annotations

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.faults import FAULTS, Fault
from odai_core.testing.upstreams.hostile import mutate
from odai_core.testing.upstreams.server import Seen, UpstreamServer
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service, known_services

__all__ = [
    "FAULTS",
    "Ask",
    "Fault",
    "Reply",
    "Route",
    "Seen",
    "Service",
    "UpstreamServer",
    "auth",
    "known_services",
    "mutate",
]

"""The server around the calls: transports mounted, plugins' lifespans, its two ends, and what it says of itself."""

import asyncio
import signal
import socket
from contextlib import asynccontextmanager

import pytest
from quart import Blueprint

from odai_core.calls import Caller, CallInfo
from odai_core.contract import ModelPlugin, ToolPlugin, TransportPlugin
from odai_core.errors import SettingError, SetupError
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.web import app as app_room
from odai_core.web import serve as serve_room
from odai_core.web.app import Server, create_app


def entry(plugin, kind):
    candidate = Candidate(kind=kind, name=plugin.name, module="x", distribution=f"odai-{plugin.name}", version="1")
    return Entry(candidate=candidate, name=plugin.name, state=State.READY, plugin=plugin)


def transport(name, blueprint=None, *, home=""):
    def default(context):
        routes = Blueprint(name, __name__)

        @routes.get("/")
        async def page():
            return name

        return routes

    return entry(
        TransportPlugin(
            name=name, api=1, title=name, summary="s", prefix=f"/{name}", blueprint=blueprint or default, home=home
        ),
        "transports",
    )


def model(**more):
    return entry(ModelPlugin(name="m", api=1, title="M", summary="s", realtime=lambda options: None, **more), "models")


def tools(name="t", **more):
    return entry(ToolPlugin(name=name, api=1, title="T", summary="s", tools=(), **more), "tools")


class Host:
    def __init__(self, settings, *entries):
        self.settings = settings
        self.put(*entries)

    def put(self, *entries):
        generation = getattr(getattr(self, "catalog", None), "generation", 0) + 1
        self.catalog = Catalog(entries=entries, generation=generation)

    def refresh(self):
        return self.catalog

    reload = refresh


@pytest.fixture
async def make(monkeypatch):
    servers = []

    def build(*entries, loopback=True, **settings):
        monkeypatch.setattr(app_room, "PluginHost", lambda given: Host(given, *entries))
        server = create_app(Settings({"ODAI_SECRET": "x", **settings}), loopback=loopback)
        servers.append(server)
        return server

    yield build
    for server in servers:
        await server.stop()


async def get(server, path, method="get", **more):
    return await getattr(server._app().test_client(), method)(path, **more)


# -- mounting


async def test_every_transport_has_its_routes_and_the_first_with_a_home_has_the_house(make):
    server = make(transport("one"), transport("three", home="page"), transport("two", home="page"))
    for name in ("one", "two", "three"):
        assert (await (await get(server, f"/{name}/")).get_data()) == name.encode()
    assert (await (await get(server, "/")).get_data()) == b"three"


def broken(context):
    raise SettingError("TOKEN is not set.", "Set TOKEN.")


def leaving(context):
    raise SystemExit(3)


def failing(context):
    raise ValueError("somebody's secret")


def shadowing(context):
    return Blueprint("status", __name__)


async def test_a_transport_that_raises_is_left_out_and_says_why(make):
    server = make(
        transport("a", broken),
        transport("b", leaving),
        transport("c", failing),
        transport("d", lambda context: None),
        transport("e", shadowing),
        transport("f", home="nobody"),
        transport("good"),
    )
    answer = await (await get(server, "/-/plugins")).get_json()
    failures = answer["mount_failures"]
    assert failures["a"] == {"cause": "TOKEN is not set.", "remedy": "Set TOKEN."}
    assert failures["b"]["cause"] == "b failed while its routes were made: SystemExit."
    assert failures["b"]["remedy"] == "Look in the log, then upgrade or remove odai-b."
    assert "secret" not in str(failures)
    assert "nobody" in failures["f"]["cause"]
    assert sorted(failures) == ["a", "b", "c", "d", "e", "f"]
    assert [row["name"] for row in answer["plugins"]] == ["a", "b", "c", "d", "e", "f", "good"]
    assert (await get(server, "/good/")).status_code == 200
    assert (await get(server, "/f/")).status_code == 404, "half a transport must not stay"
    assert (await get(server, "/-/health")).status_code == 200


async def test_nobody_waits_for_the_text_model_at_the_start_and_the_end_waits_for_all_of_it(make, monkeypatch):
    server, finish, ended = make(transport("one")), asyncio.Event(), []

    async def slow():
        await finish.wait()
        ended.append("warm")

    monkeypatch.setattr(server.chats, "warm_up", slow)
    await server.start()
    assert (await get(server, "/one/")).status_code == 200
    assert ended == []
    finish.set()
    await server.stop()
    assert ended == ["warm"]


async def test_a_new_transport_appears_and_other_news_change_no_app(make):
    server = make(transport("one"))
    before = server._app()
    assert server._app() is before
    server.host.put(*server.host.catalog.entries, tools())
    assert server._app() is before
    server.host.put(*server.host.catalog.entries, transport("two"))
    assert (await get(server, "/two/")).status_code == 200
    assert server._app() is not before
    assert (await before.test_client().get("/two/")).status_code == 404


async def test_what_a_transport_is_given(make):
    seen = []

    def keep(context):
        seen.append(context)
        return Blueprint("one", __name__)

    other = []

    def keep_other(context):
        other.append(context)
        return Blueprint("two", __name__)

    server = make(
        transport("one", keep),
        transport("two", keep_other),
        ODAI_PUBLIC_HOST="Voice.example.com",
        ODAI_ORIGINS="http://f",
    )
    server._app()
    context = seen[0]
    assert context.public_host == "voice.example.com"
    assert context.log.name == "odai.transport.one"
    assert await context.authenticate(server.tokens.mint("ann")) == Caller(user_id="ann")
    assert await context.authenticate("x") is None
    assert context.local_token("127.0.0.1", "localhost:80") is None, "a proxy stands in front"
    assert context.origin_allowed("http://f", "x")
    assert not context.origin_allowed("http://g", "x")
    signed = context.sign({"a": 1})
    assert context.unsign(signed, max_age=60) == {"a": 1}
    assert other[0].unsign(signed, max_age=60) is None
    with context.admit("s1"):
        assert len(server.admission) == 1
    info = CallInfo(session_id="s", caller=Caller(), audio=None, analytics_name="x")
    with pytest.raises(SetupError):
        async with context.open_call(info):
            raise AssertionError("there is no model")


async def test_a_person_at_this_machine_gets_a_token(make):
    seen = []

    def keep(context):
        seen.append(context)
        return Blueprint("one", __name__)

    server = make(transport("one", keep))
    server._app()
    token = seen[0].local_token("127.0.0.1", "localhost:80")
    assert (await seen[0].authenticate(token)).user_id == "local"
    assert seen[0].local_token("127.0.0.1", "evil.example") is None, "a rebound name"
    assert seen[0].local_token("10.0.0.7", "localhost") is None


async def test_a_server_that_others_reach_hands_out_no_token(make):
    seen = []

    def keep(context):
        seen.append(context)
        return Blueprint("one", __name__)

    make(transport("one", keep), loopback=False)._app()
    assert seen[0].local_token("127.0.0.1", "localhost") is None


# -- status


async def test_what_the_server_says_of_itself(make):
    server = make(transport("one"), ODAI_ENVIRONMENT="test")
    assert await (await get(server, "/test")).get_json() == {
        "status": "success",
        "service": "ODAI API",
        "environment": "test",
        "connections": 0,
    }
    assert (await (await get(server, "/-/health")).get_json())["status"] == "ok"
    answer = await get(server, "/-/ready")
    assert answer.status_code == 503
    assert "No model is ready." in (await answer.get_json())["reason"]
    server.host.put(model())
    assert await (await get(server, "/-/ready")).get_json() == {"status": "ready"}
    server.admission.draining = True
    assert (await (await get(server, "/-/ready")).get_json())["reason"] == "draining"


async def test_metrics_are_prometheus_text(make):
    server = make(transport("one"), model())
    with server.admission.admit("a"):
        text = (await (await get(server, "/-/metrics")).get_data()).decode()
    figures = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert figures == {
        "odai_calls_live": "1",
        "odai_calls_total": "0",
        "odai_calls_refused_total": "0",
        "odai_chats_live": "0",
        "odai_chats_total": "0",
        "odai_catalog_generation": "1",
        "odai_plugins_ready": "2",
    }
    assert text.count("# TYPE") == 7


@pytest.mark.parametrize(
    "token, header, status",
    [("", "Bearer x", 403), ("t", "", 401), ("t", "Bearer x", 401), ("t", "Bearer é", 401), ("t", "Bearer t", 200),
     ("t", "t", 200)],
)  # fmt: skip
async def test_only_the_admin_reloads(make, token, header, status):
    server = make(transport("one"), ODAI_ADMIN_TOKEN=token)
    answer = await get(server, "/-/plugins/reload", "post", headers={"Authorization": header})
    assert answer.status_code == status


# -- the two ends


async def test_start_warms_up_and_opens_lifespans_which_stop_closes(make):
    seen = []

    @asynccontextmanager
    async def lifespan(context):
        seen.append(("open", context.log.name))
        yield
        seen.append(("close", context.log.name))

    server = make(model(warm_up=lambda settings: seen.append("warm")), tools(lifespan=lifespan), tools("plain"))
    await server.start()
    await server.start()
    assert seen == ["warm", ("open", "odai.tool.t")]
    await server.stop()
    await server.stop()
    assert seen[2:] == [("close", "odai.tool.t")]


def raises(error):
    def warm_up(settings):
        raise error

    return warm_up


@pytest.mark.parametrize("error", [SetupError("No file.", "Fetch it."), ValueError("x")])
async def test_a_model_that_does_not_warm_up_stops_nobody(make, error):
    server = make(model(warm_up=raises(error)))
    await server.start()
    assert server.not_ready() == ""


async def test_without_a_model_the_server_starts(make, caplog):
    await make().start()
    assert "No model is ready." in caplog.text
    await make(model()).start()


async def test_lifespans_that_fail_or_hang_stop_nobody(make, monkeypatch, caplog):
    monkeypatch.setattr(app_room, "LIFESPAN_SECONDS", 0.05)
    closed = []

    @asynccontextmanager
    async def fails(context):
        raise ValueError
        yield

    @asynccontextmanager
    async def hangs(context):
        await asyncio.Event().wait()
        yield

    @asynccontextmanager
    async def ends_badly(context):
        yield
        raise ValueError

    @asynccontextmanager
    async def fine(context):
        yield
        closed.append(True)

    server = make(
        tools("a", lifespan=fails),
        tools("b", lifespan=hangs),
        tools("c", lifespan=fine),
        tools("d", lifespan=ends_badly),
        tools("e", lifespan=lambda context: None),
    )
    await server.start()
    await server.stop()
    assert closed == [True]
    assert caplog.text.count("did not start; its tools may fail") == 3
    assert "the lifespan of d did not end well" in caplog.text


async def asgi_lifespan(server, *kinds):
    waiting, sent = list(kinds), []

    async def receive():
        return {"type": f"lifespan.{waiting.pop(0)}"}

    async def send(message):
        sent.append(message)

    await server({"type": "lifespan"}, receive, send)
    return [message["type"].removeprefix("lifespan.") for message in sent]


async def test_asgi_lifespan(make, monkeypatch):
    server = make()
    assert await asgi_lifespan(server, "startup", "shutdown") == ["startup.complete", "shutdown.complete"]
    assert server._stopped

    async def fails(self):
        raise OSError("no disc")

    monkeypatch.setattr(Server, "start", fails)
    assert await asgi_lifespan(make(), "startup") == ["startup.failed"]


def test_an_app_is_made_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODAI_PLUGINS", "nobody")
    monkeypatch.setenv("ODAI_ENVIRONMENT", "here")
    server = create_app()
    assert server.settings.core["ODAI_ENVIRONMENT"] == "here"
    assert not server.loopback


# -- drain


class Live:
    def __init__(self, leave):
        self.leave, self.reasons = leave, []

    async def end(self, reason, message=""):
        self.reasons.append((reason, message))
        self.leave.set()


async def test_a_drain_waits_then_says_goodbye(make):
    server = make(ODAI_DRAIN_SECONDS="0.05")
    await server.drain()
    assert server.admission.draining
    server.admission.draining = False
    live = Live(asyncio.Event())

    async def call():
        with server.admission.admit("a"):
            server.switchboard.live["a"] = live
            await live.leave.wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    await server.drain()
    assert live.reasons == [("drain", "The server is restarting.")]
    assert len(server.admission) == 0
    await task


async def test_a_drain_tells_every_live_call(make, monkeypatch):
    server = make(ODAI_DRAIN_SECONDS="30")
    waited = []

    async def never_empty(seconds):
        waited.append(seconds)
        return False

    monkeypatch.setattr(server.admission, "empty", never_empty)
    lives = [Live(asyncio.Event()) for _ in range(3)]
    server.switchboard.live.update(zip("abc", lives, strict=True))
    await server.drain()
    assert [len(live.reasons) for live in lives] == [1, 1, 1]
    assert waited == [30, app_room.GOODBYE_SECONDS]


# -- serve


def test_a_port_that_is_taken_is_an_oserror():
    first = serve_room.listen("127.0.0.1", 0)
    first.listen()
    with pytest.raises(OSError):
        serve_room.listen("127.0.0.1", first.getsockname()[1])
    first.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6_addresses():
    try:
        bound = serve_room.listen("::1", 0)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    assert bound.family == socket.AF_INET6
    bound.close()


@pytest.mark.parametrize(
    "host, alone", [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("x", False)]
)
def test_which_addresses_are_this_machines_alone(host, alone):
    assert serve_room.is_loopback_bind(host) is alone


async def test_a_start_that_fails_closes_everything(make, monkeypatch):
    async def fails(self):
        raise OSError("no disc")

    server = make()
    monkeypatch.setattr(Server, "start", fails)
    bound = serve_room.listen("127.0.0.1", 0)
    with pytest.raises(OSError, match="no disc"):
        await serve_room.serve_until(server, bound, asyncio.Event())
    assert bound.fileno() == -1
    assert server._stopped


async def test_a_signal_stops_the_server(make):
    server = make(transport("one"))
    bound = serve_room.listen("127.0.0.1", 0)

    def stop():
        signal.raise_signal(signal.SIGTERM)

    try:
        async with asyncio.timeout(10):
            await serve_room.serve(server, bound, ready=stop)
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(name)
    assert server.admission.draining
    assert server._stopped

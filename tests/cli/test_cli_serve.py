import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from odai_core.cli.welcome import url
from tests.cli.conftest import clean_environ


@pytest.fixture
def serve(bench):
    """`odai serve` in a process of its own; gives the process and what it said until it was ready."""
    started = []

    def start(*arguments, **environ):
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", "from odai_core.cli import main; main()", "serve", "--port", "0", *arguments],
            cwd=bench.folder,
            env=clean_environ() | {"PYTHONPATH": str(bench.site)} | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl+C" in line:
                break
        return process, "".join(said)

    yield start
    for process in started:
        with process:
            process.kill()


def test_it_says_where_it_is_answers_and_stops(serve, bench):
    bench.tool("tides")
    bench.tool("locked", settings='Setting(name="TIDES_KEY", help="The key.", required=True)')
    bench.tool("off")
    chosen = {"ODAI_DISABLE": "off compatible", "ODAI_PLUGINS": "tides,locked,webrtc"}
    process, said = serve(OPENAI_API_KEY="sk-very-secret", **chosen)
    address = re.search(r"listens on (http://127\.0\.0\.1:\d+/)", said)[1]
    assert "answers: OpenAI (openai)" in said
    assert "ready: tides\n" in said
    assert "needs setup: locked (odai plugins says what each takes)" in said
    assert "off" not in said
    with urllib.request.urlopen(f"{address}-/health", timeout=10) as answer:
        assert answer.status == 200
    os.kill(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "sk-very-secret" not in said + out + errors


def test_without_a_model_it_serves_and_says_so(serve):
    process, said = serve("--demo", ODAI_PLUGINS="nobody")
    assert "no model: No model is ready." in said
    assert "demo: " in said
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_taken_port_says_what_to_type(bench):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = bench.odai("serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        f"Problem: Port {port} on 127.0.0.1 is taken.",
        f"Do this: Type: odai serve --port {port + 1}",
    ]
    assert "Traceback" not in done.stderr


def test_an_address_that_is_not_ours_says_what_to_type(bench):
    done = bench.odai("serve", "--host", "192.0.2.1")
    assert done.returncode == 1
    assert "Type: odai serve --host 127.0.0.1" in done.stderr


def test_strict_stops_at_a_broken_plugin(bench):
    bench.install("bad", "raise RuntimeError('no luck')")
    done = bench.odai("serve", "--port", "0", ODAI_STRICT="1", ODAI_PLUGINS="bad")
    assert done.returncode == 1
    assert "Problem: t-bad 1.2 failed to load: RuntimeError: no luck." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "host, shown",
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),
        ("::", "http://127.0.0.1:80/"),
        ("::1", "http://[::1]:80/"),
        ("voice.local", "http://voice.local:80/"),
    ],
)
def test_the_link_works_on_this_machine(host, shown):
    assert url(host, 80) == shown


@pytest.mark.parametrize("secret, words", [("s", "Make one for each person"), ("", "set ODAI_SECRET, restart")])
async def test_a_public_address_warns_that_it_has_no_token(capsys, secret, words):
    from odai_core.cli.welcome import welcome
    from odai_core.settings import Settings
    from odai_core.web.app import create_app

    server = create_app(Settings({"ODAI_SECRET": secret, "ODAI_PLUGINS": "nobody"}))
    try:
        welcome(server, "0.0.0.0", 8080, loopback=False)
    finally:
        await server.stop()
    shown = capsys.readouterr().out
    assert "so the page carries no token" in shown
    assert words in shown
    assert "odai token --user NAME" in shown


# -- the token of this machine


async def welcomed(capsys, *, loopback=True, **texts):
    from odai_core.cli.welcome import welcome
    from odai_core.settings import Settings
    from odai_core.web.app import create_app

    server = create_app(Settings({"ODAI_PLUGINS": "nobody", **texts}), loopback=loopback)
    try:
        welcome(server, "127.0.0.1" if loopback else "0.0.0.0", 8080, loopback=loopback)
        shown = capsys.readouterr().out
        callers = [await server.tokens.authenticate(line) for line in shown.splitlines()]
    finally:
        await server.stop()
    return shown, [caller.user_id for caller in callers if caller is not None]


async def test_a_server_of_this_machine_prints_a_token_that_it_takes(capsys):
    shown, users = await welcomed(capsys)
    assert users == ["local"]
    assert "good for 12 hours (Authorization: Bearer ..., or ?token=...)" in shown


@pytest.mark.parametrize(
    "loopback, texts",
    [
        (False, {}),
        (False, {"ODAI_SECRET": "s"}),
        (True, {"ODAI_PUBLIC_HOST": "voice.example.com"}),
        (True, {"ODAI_FIREBASE_PROJECT": "my-app-1a2b3"}),
        (True, {"ODAI_OIDC_ISSUER": "https://id.example", "ODAI_OIDC_AUDIENCE": "app"}),
    ],
)
async def test_no_other_server_prints_one(capsys, loopback, texts):
    shown, users = await welcomed(capsys, loopback=loopback, **texts)
    assert users == []
    assert "eyJ" not in shown


async def test_who_may_sign_in_is_said(capsys):
    shown, _ = await welcomed(capsys, loopback=False, ODAI_FIREBASE_PROJECT="my-app-1a2b3")
    assert "sign-in: users of https://securetoken.google.com/my-app-1a2b3" in shown
    assert "Users bring one of their own." in shown


# -- who answers, and where


async def test_the_page_for_chats_is_named(capsys):
    shown, _ = await welcomed(capsys, ODAI_PLUGINS="chat,chat-page,webrtc")
    assert "chat in a browser: http://127.0.0.1:8080/chat/\n" in shown
    assert shown.count("http://") == 2


async def test_a_page_that_is_not_there_is_not_named(capsys):
    shown, _ = await welcomed(capsys, ODAI_PLUGINS="webrtc")
    assert "/chat/" not in shown


@pytest.mark.parametrize(
    "texts, told",
    [
        ({"OPENAI_API_KEY": "k"}, ["answers: OpenAI (openai)"]),
        (
            {"OPENAI_API_KEY": "k", "ODAI_TEXT_BASE_URL": "http://127.0.0.1:9/v1", "ODAI_TEXT_MODEL": "m"},
            ["answers: OpenAI (openai)", "answers in chats: Compatible endpoint (compatible)"],
        ),
        (
            {"OPENAI_REALTIME_URL": "ws://127.0.0.1:9"},
            ["answers: OpenAI (openai)", "no model in chats: No model is ready."],
        ),
        ({}, ["no model: No model is ready."]),
    ],
)
async def test_who_answers_chats_is_said_where_it_is_another_one(capsys, texts, told):
    plugins = "nobody,compatible" if "ODAI_TEXT_BASE_URL" in texts else "nobody"
    shown, _ = await welcomed(capsys, ODAI_PLUGINS=plugins, **texts)
    lines = [line for line in shown.splitlines() if line.startswith(("answers", "no model"))]
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))

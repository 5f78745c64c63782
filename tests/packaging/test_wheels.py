"""Every package builds as a wheel, stands in an empty environment beside the core alone, and comes and goes live."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
PINS = ROOT / "requirements" / "pins.txt"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """All wheels of the tree, built from a copy so that nothing is left in it."""
    out = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, *PLUGINS):
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, project)
    return out


@pytest.fixture(scope="module")
def home(wheels, tmp_path_factory):
    """An empty environment with the core's wheel alone."""
    folder = tmp_path_factory.mktemp("home")
    venv.create(folder, with_pip=True)
    install(folder, wheels, next(wheels.glob("odai_core-*.whl")))
    return folder


def install(folder, wheels, *what):
    pip(folder, "install", "--quiet", "-c", PINS, "--find-links", wheels, *what)


def pip(folder, *arguments):
    return run(folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", *arguments)


def odai(folder, *arguments, **options):
    return run(folder / "bin" / "odai", *arguments, cwd=folder, env=environment(), **options)


def environment(**more):
    """Ours, less whatever points at the tree or at the developer's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODAI_", "OPENAI_", "PYTHON"))}
    models = {name: os.environ[name] for name in ("ODAI_MODELS_DIR",) if name in os.environ}
    return kept | models | more


def plugin_rows(folder):
    rows = json.loads(odai(folder, "plugins", "--json"))
    return {row["distribution"]: row for row in (rows["plugins"] if isinstance(rows, dict) else rows)}


@pytest.mark.slow
def test_the_wheels_carry_what_they_need(wheels):
    for wheel in wheels.glob("*.whl"):
        names = zipfile.ZipFile(wheel).namelist()
        assert any(name.endswith("/py.typed") for name in names), f"{wheel.name} has no py.typed"
        assert not any("/tests/" in name or name.startswith("tests/") for name in names), wheel.name
    page = zipfile.ZipFile(next(wheels.glob("odai_transport_webrtc-*.whl"))).namelist()
    assert any(name.endswith("main.js") for name in page)
    chat = zipfile.ZipFile(next(wheels.glob("odai_transport_chat-*.whl"))).namelist()
    assert {"main.js", "markdown-it.js", "markdown-it.LICENSE.txt"} <= {name.rpartition("/")[2] for name in chat}
    assert "odai_core/web/ui/base.css" in zipfile.ZipFile(next(wheels.glob("odai_core-*.whl"))).namelist()


@pytest.mark.slow
def test_each_plugin_stands_beside_the_core_alone(wheels, home):
    assert set(plugin_rows(home)) == {"odai-core"}
    for plugin in PLUGINS:
        name = plugin.name
        install(home, wheels, next(wheels.glob(f"{name.replace('-', '_')}-*.whl")))
        rows = plugin_rows(home)
        assert set(rows) == {"odai-core", name}
        assert rows[name]["state"] in ("ready", "needs setup"), rows[name]
        pip(home, "check")
        pip(home, "uninstall", "--quiet", "--yes", name)
    assert set(plugin_rows(home)) == {"odai-core"}


@contextmanager
def serving(folder):
    """`odai serve` of that environment, stopped as an operator stops it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(folder / "bin" / "odai"), "serve", "--demo", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, env=environment(ODAI_MODEL="local"))
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5):
                    break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield port
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def call(folder, port, text):
    """Ring up over the in-app socket, ask one thing, and return the summary."""
    return json.loads(odai(folder, "call", "--app", "--url", f"ws://127.0.0.1:{port}", "--text", text, "--json"))


@pytest.mark.slow
@pytest.mark.speech
def test_uninstall_a_connector_and_the_next_caller_is_told_politely(wheels, home):
    names = ("odai-model-local", "odai-transport-webrtc", "odai-tool-yelp", "odai-tool-amtrak")
    install(home, wheels, *(next(wheels.glob(f"{name.replace('-', '_')}-*.whl")) for name in names))
    models = json.loads(odai(home, "models", "list", "--json"))["models"]
    if any(model["name"] == "local" and model["state"] != "ready" for model in models):
        pytest.skip("the local voice's files are not fetched: odai models fetch")
    with serving(home) as port:
        first = call(home, port, "find sushi near union square")
        assert [tool["tool"] for tool in first["tools"]] == ["search_businesses_at_yelp"]
        pip(home, "uninstall", "--quiet", "--yes", "odai-tool-yelp")
        second = call(home, port, "find sushi near union square")
        assert second["tools"] == []
        said = second["transcript"][-1]["text"].lower()
        assert "train" in said
        assert any(words in said for words in ("can't", "aren't something", "not something")), said
        install(home, wheels, next(wheels.glob("odai_tool_yelp-*.whl")))
        third = call(home, port, "find sushi near union square")
        assert [tool["tool"] for tool in third["tools"]] == ["search_businesses_at_yelp"]

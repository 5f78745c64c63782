import os
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import clean_environ

MODEL = """
import pathlib
from odai_core import Asset, AssetError, ModelPlugin, Problem, hookimpl

FILE = pathlib.Path("weights.bin")

def fetch(settings, progress):
    {fetch}

def assets(settings):
    {assets}
    return [Asset(name="voice/weights.bin", bytes=2_500_000, present=FILE.exists(), licence="MIT")]

def available(settings):
    return None if FILE.exists() else Problem(cause="Files are missing.", remedy="Type: odai models fetch")

@hookimpl
def odai_models():
    return ModelPlugin(name="toy", api=1, title="Toy voice", summary="say hello", realtime=lambda options: None,
                       available=available, assets=assets, fetch={name})
"""
GOOD = """
    progress("voice: downloading", 0, 100)
    for done in range(0, 101, 5):
        progress("voice: downloading", done, 100)
    progress("voice: converting", 100, 100)
    FILE.write_text("x")
"""


@pytest.fixture
def toy(bench):
    def install(fetch=GOOD, assets="", name="fetch"):
        source = MODEL.replace("    {fetch}", fetch).replace("{assets}", assets).replace("{name}", name)
        bench.install("toy", source, kind="models")
        return bench

    return install


def test_list_shows_files_and_who_answers(toy):
    bench = toy()
    row = next(row for row in bench.json("models", "list", ODAI_PLUGINS="toy")["models"] if row["name"] == "toy")
    assert row == {
        "name": "toy",
        "title": "Toy voice",
        "summary": "say hello",
        "state": "needs setup",
        "version": "1.2",
        "cause": "Files are missing.",
        "remedy": "Type: odai models fetch",
        "default": False,
        "assets": [{"name": "voice/weights.bin", "bytes": 2500000, "present": False, "licence": "MIT"}],
    }
    shown = bench.odai("models", "list", ODAI_PLUGINS="toy").stdout
    assert "0 of 1 present, 2.5 MB" in shown
    assert "MISSING" in shown
    assert "-> Type: odai models fetch" in shown


def test_fetch_reports_in_plain_lines_and_the_model_is_ready(toy):
    bench = toy()
    done = bench.odai("models", "fetch", "toy", ODAI_PLUGINS="toy")
    assert done.returncode == 0, done.stderr
    quarters = [f"voice: downloading {part} %" for part in (0, 25, 50, 75, 100)]
    last = "Toy voice has all its files. Start it with: odai serve"
    assert done.stdout.splitlines() == [*quarters, "voice: converting 100 %", last]
    rows = bench.json("models", "list", ODAI_PLUGINS="toy")["models"]
    assert [row["name"] for row in rows if row["default"]] == ["toy"]


def test_fetch_without_a_name_fetches_for_every_model(toy):
    assert "Toy voice has all its files" in toy().odai("models", "fetch", ODAI_PLUGINS="toy").stdout


FAILURES = {
    "ours": (
        "\n    raise AssetError('The disk is full.', 'Free some.')\n",
        "Problem: The disk is full.\nDo this: Free some.",
    ),
    "a stranger's": ("\n    1 / 0\n", "Problem: Fetching for toy failed: ZeroDivisionError"),
    "nothing done": ("\n    return\n", "Problem: toy still lacks voice/weights.bin."),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failed_fetch_is_cause_and_remedy(toy, case):
    fetch, words = FAILURES[case]
    done = toy(fetch).odai("models", "fetch", ODAI_PLUGINS="toy")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_cannot_name_its_files(toy):
    done = toy(assets="raise ValueError('no')").odai("models", "list", ODAI_PLUGINS="toy")
    assert done.returncode == 1
    assert "toy cannot say which files it needs: ValueError" in done.stderr


@pytest.mark.parametrize(
    "name, words",
    [
        ("nobody", "There is no model nobody."),
        ("openai", "openai needs no files."),
        (None, "No installed model needs files."),
    ],
)
def test_fetching_for_nobody(bench, name, words):
    done = bench.odai("models", "fetch", *([name] if name else []), ODAI_PLUGINS="nobody")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Do this: " in done.stderr


def test_fetching_for_a_broken_model(bench):
    bench.install("toy", "raise RuntimeError('no')", kind="models")
    done = bench.odai("models", "fetch", "toy")
    assert done.returncode == 1
    assert "toy is broken" in done.stderr


def test_ctrl_c_says_how_to_go_on(toy):
    bench = toy('\n    progress("voice: downloading", 1, 100)\n    import time; time.sleep(60)\n')
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", "from odai_core.cli import main; main()", "models", "fetch"],
        cwd=bench.folder,
        env=clean_environ() | {"PYTHONPATH": str(bench.site), "ODAI_PLUGINS": "toy"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "voice: downloading 0 %\n"
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.strip() == "Stopped. What is whole is kept; go on with: odai models fetch"

import subprocess
import sys

import pytest

from odai_core.cli import VERBS

HEAVY = ("agents", "quart", "openai", "hypercorn", "numpy", "websockets", "segment", "twilio", "httpx2", "pydantic")
LISTING = (("--help",), ("plugins",), ("plugins", "--json"), ("tools",), ("tools", "--voice"), ("models", "list"))


@pytest.mark.parametrize("verb", [*VERBS, ("models", "list"), ("models", "fetch")])
def test_every_verb_helps_with_an_example(invoke, verb):
    words = (verb,) if isinstance(verb, str) else verb
    shown = invoke(*words, "--help")
    assert shown.exit_code == 0
    assert "Example:\n  odai " in shown.output.replace("    odai", "  odai").replace("  Example", "Example")


def test_the_first_page_names_every_verb(invoke):
    shown = invoke("--help")
    assert shown.exit_code == 0
    assert all(f"\n  {verb} " in shown.output for verb in VERBS)


@pytest.mark.parametrize("words", LISTING, ids=" ".join)
def test_listing_imports_nothing_heavy(bench, words):
    bench.tool("tides")
    script = (
        "import sys; from odai_core.cli import main\n"
        f"try: main({list(words)!r})\n"
        "except SystemExit as done: assert not done.code, done.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), len(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=bench.folder,
        env={"PYTHONPATH": str(bench.site), "ODAI_PLUGINS": "tides"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    loaded, count = done.stderr.strip().splitlines()[-1].rsplit(" ", 1)
    assert loaded == "[]"
    # 150 modules are a bare Python with click and rich; the SDK alone would bring 1,500 more.
    assert int(count) < 500


def test_the_version_is_the_distribution_s(invoke):
    from importlib.metadata import version

    assert version("odai-core") in invoke("--version").output


@pytest.mark.parametrize(
    "words", [("nonsense",), ("plugins", "--nonsense"), ("serve", "--port", "70000"), ("call", "x")]
)
def test_wrong_usage_is_exit_code_2(invoke, words):
    assert invoke(*words).exit_code == 2


HOSTILE = {
    "broken toml": ("odai.toml", b"ODAI_MODEL = ", "odai.toml cannot be read"),
    "not text": ("odai.toml", b"\xff\xfe\x00", "odai.toml cannot be read"),
    "a table": ("odai.toml", b"[plugins]\na = 1\n", "odai.toml has a table"),
    "bottomless": ("odai.toml", b"A = " + b"[" * 100_000, "odai.toml cannot be read"),
    "escapes": ("odai.toml", b'["\\u001b[2J"]\n', "odai.toml has a table"),
    "env not text": (".env", b"A=\xff\xfe\n", ".env cannot be read"),
    "a bad number": (".env", b"ODAI_MAX_CALLS=many\n", "ODAI_MAX_CALLS has a bad value"),
    "a bad switch": (".env", b"ODAI_DEMO=perhaps\n", "ODAI_DEMO has a bad value"),
}


@pytest.mark.parametrize("verb", [("plugins",), ("tools",), ("models", "list"), ("token",), ("serve",), ("call",)])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_settings_are_cause_and_remedy(invoke, tmp_path, case, verb):
    name, content, cause = HOSTILE[case]
    (tmp_path / name).write_bytes(content)
    done = invoke(*verb)
    assert done.exit_code == 1
    assert f"Problem: {cause}" in done.stderr
    assert "Do this: " in done.stderr
    assert "\x1b" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("case", HOSTILE)
def test_the_doctor_survives_hostile_settings(invoke, tmp_path, case):
    name, content, cause = HOSTILE[case]
    (tmp_path / name).write_bytes(content)
    done = invoke("doctor")
    assert done.exit_code == 1
    assert cause in done.stdout

import pytest

NEEDS = 'Setting(name="TIDES_KEY", help="The key.", required=True, secret=True)'
ROW = {"name", "kind", "state", "distribution", "version", "title", "summary", "voice", "tools", "cause", "remedy"}


@pytest.fixture
def zoo(bench):
    """One plugin in each state that does not need a running server."""
    bench.tool("good")
    bench.tool("locked", settings=NEEDS)
    bench.tool("old", api=99)
    bench.install("bad", "raise RuntimeError('no \x1b[31m\\x1b[31m luck')")
    bench.tool("off")
    bench.tool("twin", distribution="t-twin-one")
    bench.tool("twin", distribution="t-twin-two")
    return bench


STATES = {
    "good": "ready",
    "locked": "needs setup",
    "old": "incompatible",
    "bad": "broken",
    "off": "disabled",
    "twin": "conflict",
}


def test_every_state_is_listed_with_cause_and_remedy(zoo):
    rows = zoo.json("plugins", ODAI_DISABLE="off")["plugins"]
    ours = {row["name"]: row for row in rows if row["distribution"].startswith("t-")}
    assert {name: row["state"] for name, row in ours.items()} == STATES
    assert all(set(row) == ROW for row in rows)
    for row in rows:
        assert bool(row["cause"]) == bool(row["remedy"]) == (row["state"] != "ready")
    assert ours["good"]["tools"] == ["tell_good"]


def test_the_table_says_the_state_in_words_and_what_to_do(zoo):
    done = zoo.odai("plugins", ODAI_DISABLE="off")
    assert done.returncode == 0
    for name, state in STATES.items():
        if name != "off":
            assert any(line.startswith(f"{name} ") and state in line for line in done.stdout.splitlines()), name
    assert "TIDES_KEY is not set.\n  -> Set TIDES_KEY in the environment or .env." in done.stdout
    assert "1 disabled; show with: odai plugins --all" in done.stdout
    assert done.stderr == ""


def test_all_shows_the_disabled_ones(zoo):
    done = zoo.odai("plugins", "--all", ODAI_DISABLE="off")
    assert "ODAI_DISABLE names it." in done.stdout


def test_no_plugin_moves_the_cursor(zoo):
    assert "\x1b" not in zoo.odai("plugins").stdout


def test_check_fails_on_what_no_setting_explains(zoo):
    assert zoo.odai("plugins", "--check").returncode == 1
    assert zoo.odai("plugins").returncode == 0
    assert zoo.odai("plugins", "--check", "--json").returncode == 1


def test_check_passes_what_a_setting_explains(bench):
    bench.tool("good")
    bench.tool("locked", settings=NEEDS)
    assert bench.odai("plugins", "--check", ODAI_PLUGINS="good,locked").returncode == 0


def test_strict_does_not_stop_a_list(zoo):
    assert zoo.odai("plugins", ODAI_STRICT="1").returncode == 0


def test_what_a_plugin_prints_is_not_in_the_json(bench):
    bench.install("loud", "print('HELLO'); import sys; sys.stdout.write('WORLD')")
    assert bench.json("plugins")["plugins"]
    assert "HELLO" in bench.odai("plugins", "--json").stderr


def test_nothing_installed_says_what_to_type(bench):
    done = bench.odai("plugins", ODAI_PLUGINS="nobody", ODAI_DISABLE="openai,compatible")
    assert "pip install odai-model-local" in done.stdout

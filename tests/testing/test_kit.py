"""The kit's own promises: waivers, what may not be left out, where answers come from, and what can be said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from odai_core.testing.kit import FINAL, STANDARD, NotApplicable, conformance, ear, odd
from odai_core.testing.kit.session import session
from odai_core.testing.kit.standin import Standin
from odai_core.testing.upstreams import Reply, Route, Service, auth
from tests.kit_mutants.mutants import Mutant
from tests.kit_mutants.runner import HAPPY, PROJECT, installed

# -- what can be said --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "The waves are six feet high.", "Is it the one in Boston?", "It costs 12.50 dollars.",
        "It is at 0.08123 dollars.",
        "None of them is open.", "Flight DL113 leaves at ten PM!", "Call 617 555 0100.", "x" * 299 + ".",
        "First, A. Second, B. Third, C.", "It opened on the fourth, and closed.",
    ],
)  # fmt: skip
def test_these_can_be_said(sentence):
    assert ear.problems(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("See https://a.example.", "web address"), ("See WWW.a.", "web address"),
        ("It is on yelp.com now.", "web address"),
        ("It is **good**.", "markup"), ("One\ntwo.", "line break"), ("It has None.", "None"), ("It is nan.", "nan"),
        ("It is True.", "None or nan"), ("On 2026-11-22.", "machines"), ("At 13:00:00.", "machines"),
        ("It is 3.14159.", "rounded"), ("It is 0.0812345.", "rounded"), ("Id 7fd3a9c2e4b81f60.", "an id"),
        ("Number 1234567890.", "an id"), ("", "empty"), ("x" * 300 + ".", "301 characters"), ("six feet", "end like"),
        ("First, A. Second, B. Third, C. Fourth, D.", "more than 3"), (None, "NoneType"),
    ],
)  # fmt: skip
def test_these_cannot(sentence, why):
    assert any(why in problem for problem in ear.problems(sentence))


def test_more_than_three_names_are_too_many():
    shown = {
        "places": [{"name": name} for name in ("Alpha", "Bravo", "Charlie", "Delta")],
        "other": [1, {"title": None}],
    }
    assert ear.too_many("Alpha, bravo, Charlie and Delta.", shown) == ["Alpha", "Bravo", "Charlie", "Delta"]
    assert ear.too_many("Alpha, Bravo and Charlie.", shown) == []


def test_odd_answers_are_made_from_good_ones():
    good = {"a": "x", "b": [{"c": 1, "d": None}, {"d": "y"}], "e": True}
    named = dict(odd.changes([good], seeds=2))
    assert {name.split()[1] for name in named if name.startswith("every ")} == {"value", "a", "b", "c", "d", "e"}
    assert len(named) == 1 + 4 + 3 + 4 + 4 + 2 + 2
    assert all(change(good) != good for name, change in named.items() if "mutated" not in name)
    assert good == {"a": "x", "b": [{"c": 1, "d": None}, {"d": "y"}], "e": True}
    assert odd.emptied(good) == {"a": "x", "b": [], "e": True}
    assert odd.another({"a": "Cape Cod", "b": [1, 2.5, False, None], "c": "ABC", "d": "2026-11-22"}) == {
        "a": "Cape Cod Two", "b": [2, 3.5, False, None], "c": "ABC", "d": "2026-11-22",
    }  # fmt: skip


# -- waivers and what may not be left out ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"waive": {"test_nonsense": "because we want to"}}, "no standard test"),
        ({"waive": {"test_failure[get_waves_at_buoy-999]": "because we want to"}}, "no standard test"),
        ({"waive": {"test_failure": "no"}}, "the reason in words"),
        ({"offline": ["nobody"]}, "not a tool"),
        ({"unknown": {"nobody": {}}}, "not a tool"),
        ({"samples": {"nobody": {}}}, "not a tool"),
    ],
)
def test_arguments_that_name_nothing_are_refused(arguments, why):
    with pytest.raises(ValueError, match=why):
        conformance("buoys", happy=HAPPY, **arguments)


def test_the_last_test_notices_what_was_taken_out():
    whole = conformance("buoys", happy=HAPPY)
    getattr(whole(), FINAL)()
    for change in (None, lambda self: None):
        spoiled = type("TestSpoiled", (whole,), {"test_keys_are_secrets": change})
        with pytest.raises(AssertionError, match="test_keys_are_secrets"):
            getattr(spoiled(), FINAL)()
    del whole.test_answer_is_spoken
    with pytest.raises(AssertionError, match="test_answer_is_spoken"):
        getattr(whole(), FINAL)()


def run_pytest(folder: Path, source: str, *options: str) -> str:
    """Pytest in a process of its own, as a third party runs it, on one file beside the sample plugin's project."""
    (folder / "odai_tool_buoys-0.1.0.dist-info").mkdir()
    (folder / "odai_tool_buoys-0.1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: odai-tool-buoys\nVersion: 0.1.0\n"
    )
    (folder / "odai_tool_buoys-0.1.0.dist-info" / "entry_points.txt").write_text(
        "[odai.tools]\nbuoys = odai_tool_buoys\n"
    )
    for file in ("pyproject.toml", "odai_tool_buoys"):
        (folder / file).symlink_to(PROJECT / file)
    (folder / "test_buoys.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", "/dev/null",
         *options, str(folder / "test_buoys.py")],
        cwd=folder, env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True,
        timeout=100,
    )  # fmt: skip
    return done.stdout + done.stderr


THIRD_PARTY = """
from odai_core.testing.kit import conformance
from odai_core.testing.upstreams import Reply

WAVES = {"station": "B-46026", "name": "Boston Harbor", "height": 2.0743, "at": "2026-11-22T13:00:00Z"}
TestBuoys = conformance(
    "buoys",
    happy={"get_waves_at_buoy": {"station": "B-46026"}, "search_buoys": {"place": "Boston"}},
    recorded={"GET /stations/{id}/waves": WAVES,
              "GET /stations": Reply({"stations": [{"id": "B-1", "name": "Cape Cod"}]})},
    waive={"test_failure[search_buoys-404]": "the service has no 404 there",
           "test_wheel_is_whole": "tested elsewhere, too"},
)
"""


@pytest.mark.slow
def test_a_third_party_needs_three_lines_and_recorded_answers(tmp_path):
    said = run_pytest(tmp_path, THIRD_PARTY, "--odai-seeds", "3")
    assert " passed, 16 skipped" in said, said
    assert "waived: the service has no 404 there" in said
    assert "waived: tested elsewhere, too" in said
    assert "buoys works with no account" in said


def test_pytest_itself_fails_when_a_test_is_overridden(tmp_path):
    source = (
        THIRD_PARTY.replace("TestBuoys =", "Base =") + "\nclass TestBuoys(Base):\n    test_failure = None\n\ndel Base\n"
    )
    said = run_pytest(tmp_path, source, "-k", FINAL)
    assert "1 failed" in said, said
    assert "removed or overridden: test_failure" in said


# -- where answers come from -------------------------------------------------------------------------


def test_a_plugin_that_is_not_installed_is_said():
    subject = conformance("no-such-plugin", happy={}).subject
    with pytest.raises(AssertionError, match="pip install -e"):
        STANDARD["test_core_accepts_it"].run(subject)


def test_without_its_source_no_wheel_is_built(tmp_path):
    with installed() as subject:
        (subject.folder.parent / "pyproject.toml").unlink()
        subject.beside = tmp_path / "test_x.py"
        with pytest.raises(NotApplicable, match="source"):
            STANDARD["test_wheel_is_whole"].run(subject)


def test_without_its_backend_no_wheel_is_built():
    changed = Mutant("", "", '"hatchling.build"', '"no_such_backend.api"', "pyproject.toml")
    with installed(changed) as subject, pytest.raises(NotApplicable, match="no_such_backend"):
        STANDARD["test_wheel_is_whole"].run(subject)


SILENT = """    return ToolResponse(response_type="sea", response={"calm": True}, spoken="The sea is calm.")
    sample = ctx.demo"""
NEED_A_SERVICE = {
    "test_failure", "test_odd_answers_never_raise", "test_nothing_found_is_a_sentence", "test_arguments_are_encoded",
    "test_connections_are_shared_and_closed", "test_cancellation_leaves_nothing",
}  # fmt: skip


def test_a_tool_that_asks_nobody_is_not_asked_for_its_bad_days():
    left_out = {}
    with installed(Mutant("", "", "    sample = ctx.demo", SILENT)) as subject:
        subject.offline = frozenset({"get_waves_at_buoy"})
        for name in [name for name, one in STANDARD.items() if one.per != "plugin"]:
            try:
                STANDARD[name].run(subject, *STANDARD[name].ids(subject)[0])
            except NotApplicable as why:
                left_out[name] = str(why)
    assert {name for name, why in left_out.items() if why == "get_waves_at_buoy asks no service"} == NEED_A_SERVICE
    assert {left_out[name] for name in left_out.keys() - NEED_A_SERVICE} == {
        "buoys works with no account", "get_waves_at_buoy asks for no confirmation",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["test_answer_is_spoken", "test_answer_is_compact"])
def test_a_tool_that_asks_somebody_is_not_offline(name):
    with installed() as subject:
        subject.offline = frozenset({"search_buoys"})
        with pytest.raises(AssertionError, match="not offline"):
            STANDARD[name].run(subject, "search_buoys")


def test_a_busy_machine_makes_no_import_heavy(monkeypatch):
    times = iter([90.0, 90.0, 40.0, 70.0, 80.0, 30.0, 90.0, 90.0, 90.0, *[51.0] * 9])
    monkeypatch.setattr("odai_core.testing.kit.packages._imported", lambda subject: (next(times), []))
    with installed() as subject:
        STANDARD["test_import_is_light"].run(subject)
        with pytest.raises(AssertionError, match="takes 51 ms"):
            STANDARD["test_import_is_light"].run(subject)


async def test_further_settings_reach_the_tool():
    with installed() as subject:
        subject.given = {"BUOYS_BASE_URL": "http://127.0.0.1:9/mine"}
        async with session(subject) as opened:
            ctx = opened.context()
            assert ctx.account is None
            assert ctx.settings["BUOYS_BASE_URL"] == "http://127.0.0.1:9/mine"
            assert not opened.context(key=False).settings["BUOYS_API_KEY"]


LIFE = """from contextlib import asynccontextmanager
LIFE = []


@asynccontextmanager
async def life(ctx):
    LIFE.append(ctx)
    yield
    LIFE.clear()


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        lifespan=life,
"""


async def test_a_lifespan_is_opened_and_closed_around_the_tools():
    hook = "@hookimpl\ndef odai_tools() -> ToolPlugin:\n    return ToolPlugin(\n"
    with installed(Mutant("", "", hook, LIFE)) as subject:
        async with session(subject):
            assert len(sys.modules["odai_tool_buoys"].LIFE) == 1
        assert not sys.modules["odai_tool_buoys"].LIFE


async def test_recorded_answers_are_served_to_every_key_and_address():
    with installed() as subject:
        subject.services = ()
        subject.recorded = {"GET /stations": Reply({"stations": [{"id": "B-1", "name": "Cape Cod"}]})}
        async with session(subject) as opened:
            ran = await opened.first("search_buoys")
    assert ran.said == "There are buoys at Cape Cod."
    assert ran.seen[0].headers["x-key"] == subject.standin.key


def test_what_does_not_apply_is_said():
    with (
        installed(Mutant("", "", "        voice=True,\n", "")) as subject,
        pytest.raises(NotApplicable, match="in calls"),
    ):
        STANDARD["test_answer_is_compact"].run(subject, "search_buoys")
    with (
        installed(Mutant("", "", "                secret=True,\n", "")) as subject,
        pytest.raises(NotApplicable, match="no key"),
    ):
        STANDARD["test_secrets_stay_secret"].run(subject, "search_buoys")
    with installed(Mutant("", "", "_BASE_URL", "_ADDRESS")) as subject:
        subject.offline = frozenset(HAPPY)
        STANDARD["test_the_address_is_a_setting"].run(subject)


def test_the_package_may_be_in_a_folder_src():
    build = Mutant("", "", 'packages = ["odai_tool_buoys"]', 'packages = ["src/odai_tool_buoys"]', "pyproject.toml")
    with installed(build) as subject:
        project = subject.project
        (project / "src").mkdir()
        (project / "odai_tool_buoys").rename(project / "src" / "odai_tool_buoys")
        STANDARD["test_wheel_is_whole"].run(subject)


def test_the_working_directory_is_no_part_of_the_path(monkeypatch):
    with installed() as subject:
        monkeypatch.chdir(subject.project)
        Path("zipfile.py").write_text("raise RuntimeError('the working directory was imported')")
        for name in ("test_uninstall_leaves_nothing", "test_import_is_light"):
            STANDARD[name].run(subject)


# -- the stand-in in its thread ----------------------------------------------------------------------


async def test_the_standin_waits_for_what_requests_change_and_no_longer():
    standin = Standin([Service(name="x", routes=[Route("GET", "/", lambda ask: Reply({}))], settings={},
                               authorize=auth.anybody)])  # fmt: skip
    try:
        assert await standin.until(lambda: True, 1)
        assert not await standin.until(lambda: False, 0.01)
        assert standin.server.watchers == []
    finally:
        standin.close()
        standin.close()


def test_a_standin_that_cannot_start_says_why(monkeypatch):
    async def refuse(self):
        raise OSError("no port")

    monkeypatch.setattr("odai_core.testing.upstreams.server.UpstreamServer.__aenter__", refuse)
    with pytest.raises(OSError, match="no port"):
        Standin()


def test_every_standard_test_is_in_the_docstring():
    import odai_core.testing.kit as kit

    assert [name for name in [*STANDARD, FINAL] if f"`{name}`" not in (kit.__doc__ or "")] == []
    for case in STANDARD["test_failure"].cases:
        assert case in (kit.__doc__ or "").replace("\n", " ")


def test_pytest_pays_nothing_for_a_kit_it_does_not_use():
    heavy = "{'quart', 'agents', 'httpx2', 'hypercorn'}"
    script = f"import sys, odai_core.testing.pytest_plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"

"""What is installed, and what comes and goes while the server runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from dataclasses import FrozenInstanceError

import importlib_metadata
import pytest

from odai_core.errors import PluginError
from odai_core.plugins import discovery, loading
from odai_core.plugins.catalog import State
from odai_core.plugins.discovery import discover, fingerprint
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings

CORE = importlib_metadata.version("odai-core")


def states(catalog):
    return {entry.candidate.distribution: entry.state for entry in catalog.entries}


def problem(catalog, distribution):
    (entry,) = [entry for entry in catalog.entries if entry.candidate.distribution == distribution]
    return entry.problem.cause, entry.problem.remedy


# -- ready, needs setup, demo


def test_ready(site, only, plugin):
    site.install("t-good", plugin("good", more="voice=True, settings=[Setting(name='GOOD_KEY', help='')]"))
    entry = only(GOOD_KEY="k")
    assert (entry.state, entry.problem, entry.values["GOOD_KEY"]) == (State.READY, None, "k")
    assert entry.describe() == {
        "name": "good",
        "kind": "tools",
        "state": "ready",
        "distribution": "t-good",
        "version": "1.0",
        "title": "T",
        "summary": "s",
        "voice": True,
        "tools": ["say_good"],
        "cause": "",
        "remedy": "",
    }


NEEDS_KEY = "settings=[Setting(name='GOOD_KEY', help='', required=True, secret=True, where='https://good.example')]"


def test_needs_setup(site, only, plugin):
    site.install("t-good", plugin("good", more=NEEDS_KEY))
    entry = only()
    assert entry.state is State.NEEDS_SETUP
    assert entry.problem.cause == "GOOD_KEY is not set."
    assert entry.problem.remedy == "Set GOOD_KEY in the environment or .env (get one at https://good.example)."
    assert [spec.name for spec in entry.specs] == ["say_good"], "it can still be listed"


def test_needs_setup_by_its_own_check(site, only, plugin):
    look = "def look(values):\n    return Problem(cause='No map.', remedy='Draw one.') if not values['MAP'] else None\n"
    site.install("t-good", plugin("good", before=look, more="check=look, settings=[Setting(name='MAP', help='')]"))
    entry = only()
    assert (entry.state, entry.problem.cause, entry.problem.remedy) == (State.NEEDS_SETUP, "No map.", "Draw one.")
    assert only(MAP="here").state is State.READY


@pytest.mark.parametrize(
    "samples, demo, state",
    [(True, "1", State.READY), (True, "0", State.NEEDS_SETUP), (False, "1", State.NEEDS_SETUP)],
)
def test_demo_mode_needs_samples_instead_of_a_key(site, only, plugin, samples, demo, state):
    site.install("t-good", plugin("good", more=f"{NEEDS_KEY}, samples={samples}"))
    assert only(ODAI_DEMO=demo).state is state


def test_demo_mode_still_refuses_a_bad_value(site, only, plugin):
    number = "samples=True, settings=[Setting(name='GOOD_N', help='How many.', type=int)]"
    site.install("t-good", plugin("good", more=number))
    entry = only(ODAI_DEMO="1", GOOD_N="many")
    assert (entry.state, entry.problem.remedy) == (State.NEEDS_SETUP, "How many. Change GOOD_N.")


def test_a_check_is_asked_again_on_reload(site, host, plugin):
    look = """
    import pathlib

    def look(values):
        return None if pathlib.Path(values["MAP"]).exists() else Problem(cause="No map.", remedy="Draw one.")
    """
    site.install("t-good", plugin("good", before=look, more="check=look, settings=[Setting(name='MAP', help='')]"))
    file = site.path / "map"
    plugins = host(MAP=str(file))
    assert states(plugins.catalog) == {"t-good": State.NEEDS_SETUP}
    file.touch()
    assert states(plugins.reload()) == {"t-good": State.READY}
    assert plugins.catalog.generation == 2
    file.unlink()
    assert states(plugins.reload()) == {"t-good": State.NEEDS_SETUP}


# -- disabled, before the import


FUSE = "raise RuntimeError('imported')"


@pytest.mark.parametrize("name", ["fuse", "t-fuse", "T_Fuse", "FUSE"])
def test_the_disabled_are_never_imported(site, only, name):
    site.install("t-fuse", FUSE)
    entry = only(ODAI_DISABLE=f"other {name}")
    assert (entry.state, entry.problem.cause) == (State.DISABLED, "ODAI_DISABLE names it.")
    assert entry.problem.remedy == "Take fuse out of ODAI_DISABLE to use it."
    assert "t_fuse" not in sys.modules


def test_only_the_allowed_are_imported(site, host, plugin, caplog):
    site.install("t-fuse", FUSE)
    site.install("t-good", plugin("good"))
    catalog = host(ODAI_PLUGINS="T.Good").catalog
    assert states(catalog) == {"t-fuse": State.DISABLED, "t-good": State.READY}
    assert problem(catalog, "t-fuse") == ("ODAI_PLUGINS does not name it.", "Add fuse to ODAI_PLUGINS to use it.")
    assert "t_fuse" not in sys.modules
    assert caplog.text == "", "what the operator chose needs no warning"


def test_disable_beats_allow(site, only):
    site.install("t-fuse", FUSE)
    assert only(ODAI_DISABLE="fuse", ODAI_PLUGINS="fuse").problem.cause == "ODAI_DISABLE names it."


def test_the_built_in_needs_no_permission():
    host = PluginHost(Settings({"ODAI_PLUGINS": "nothing", "OPENAI_API_KEY": "k"}))
    assert [(entry.name, entry.kind) for entry in host.catalog.ready("models")] == [("openai", "models")]
    assert {entry.state for entry in host.catalog.entries if entry.candidate.distribution != "odai-core"} <= {
        State.DISABLED
    }


def test_one_of_several_in_a_module_can_be_disabled(site, host, plugin):
    second = "\n    , ToolPlugin(name='second', api=1, title='', summary='', tools=[say_second])]"
    source = plugin("first", before="async def say_second(x: str) -> str:\n    'Say.'\n    return x\n")
    source = source.replace("return ToolPlugin", "return [ToolPlugin").rstrip() + second
    site.install("t-pair", source)
    catalog = host(ODAI_DISABLE="second").catalog
    assert [(entry.name, entry.state) for entry in catalog.entries] == [
        ("first", State.READY),
        ("second", State.DISABLED),
    ]
    assert catalog.entries[1].problem.remedy == "Take second out of ODAI_DISABLE to use it."


# -- incompatible, before the import


@pytest.mark.parametrize(
    "line",
    [
        "odai-core>=9",
        "odai-core<0.0.1",
        "odai-core>=0.0.1,<0.0.2",
        "odai-core (<0.0.1)",
        "Odai_Core[x] ==7",
        "odai.core>=9 ; python_version>'3'",
    ],
)
def test_a_requirement_that_excludes_us(site, only, line):
    site.install("t-fuse", FUSE, version="2.0", requires=["click", line])
    entry = only()
    assert entry.state is State.INCOMPATIBLE
    assert entry.problem.cause == f"t-fuse 2.0 needs {line}; this is odai-core {CORE}."
    assert entry.problem.remedy == "pip install --upgrade odai-core t-fuse"
    assert "t_fuse" not in sys.modules


@pytest.mark.parametrize(
    "line",
    [
        "odai-core",
        f"odai-core>={CORE}",
        f"odai-core>={CORE}.0.0",
        "odai-core<999,>=0.0.0",
        f"odai-core=={CORE}",
        "odai-core>=0.0.1.dev1",
        "odai-core>=9; extra == 'all'",
        "odai-core>=9; python_version < '3'",
        "odai-core-extras>=9",
        "odai-corelation>=9",
        "not-odai-core>=9",
        "odai-core >=>= 9",
        "odai-core>=9; nonsense == 'x'",
        "odai-core @ file:///nowhere",
    ],
)
def test_a_requirement_that_does_not(site, only, plugin, line):
    site.install("t-good", plugin("good"), requires=[line])
    assert only().state is State.READY


def test_a_release_candidate_of_ours_counts(site, only, plugin, monkeypatch):
    monkeypatch.setattr(loading, "core_version", lambda: "0.9.0rc1")
    site.install("t-good", plugin("good"), requires=["odai-core>=0.1,<0.9.1"])
    assert only().state is State.READY


# -- conflicts


@pytest.fixture
def two(site, plugin):
    """Two distributions that offer the plugin `yelp`, from modules that must not be imported."""
    site.install("t-one", FUSE, name="yelp")
    site.install("t-two", FUSE, name="yelp")


def test_two_distributions_with_one_plugin_name(two, host):
    catalog = host().catalog
    assert states(catalog) == {"t-one": State.CONFLICT, "t-two": State.CONFLICT}
    said = ("t-one and t-two both offer tool plugin yelp.", "Uninstall one, or choose: ODAI_PIN=yelp=t-one")
    assert problem(catalog, "t-one") == problem(catalog, "t-two") == said
    assert not {"t_one", "t_two"} & set(sys.modules)


@pytest.mark.parametrize("pin", ["yelp=t-two", "other=x yelp=T_Two", "yelp=t-two,nonsense"])
def test_a_pin_chooses(two, site, host, plugin, pin):
    site.write("t_two", plugin("yelp"))
    catalog = host(ODAI_PIN=pin).catalog
    assert states(catalog) == {"t-one": State.CONFLICT, "t-two": State.READY}
    cause, remedy = problem(catalog, "t-one")
    assert cause == "t-one and t-two both offer tool plugin yelp; ODAI_PIN gives it to another."
    assert remedy == "Uninstall one of them to clear this."
    assert "t_one" not in sys.modules
    assert catalog.find("tools", "yelp").state is State.READY


@pytest.mark.parametrize("settings", [{"ODAI_DISABLE": "t-one"}, {"ODAI_PLUGINS": "t-two"}])
def test_one_that_is_switched_off_claims_nothing(two, site, host, plugin, settings):
    site.write("t_two", plugin("yelp"))
    assert states(host(**settings).catalog) == {"t-one": State.DISABLED, "t-two": State.READY}
    assert "t_one" not in sys.modules


@pytest.mark.parametrize("pin", ["yelp=t-three", "yelp=", "=t-two", "yelp", "yelp==t-two"])
def test_a_pin_that_names_nobody(two, host, pin):
    assert set(states(host(ODAI_PIN=pin).catalog).values()) == {State.CONFLICT}


def test_three(two, site, host):
    site.install("t-three", FUSE, name="yelp")
    assert problem(host().catalog, "t-two")[0] == "t-one and t-three and t-two all offer tool plugin yelp."


def test_one_name_of_two_kinds_is_no_conflict(site, host, plugin):
    model = plugin("yelp").replace("odai_tools", "odai_models").replace("ToolPlugin(", "ModelPlugin(realtime=print, ")
    site.install("t-one", plugin("yelp"), name="yelp")
    site.install(
        "t-two",
        model.replace("tools=[say_yelp], ", "").replace("import Problem", "import ModelPlugin, Problem"),
        kind="models",
        name="yelp",
    )
    assert set(states(host().catalog).values()) == {State.READY}


def test_two_distributions_with_one_module(site, host, plugin):
    module = site.install("t-one", plugin("one"))
    site.install("t-two", {}, module=module)
    said = ("t-one and t-two both offer the module t_one.", "Uninstall one, or choose: ODAI_PIN=t_one=t-one")
    assert problem(host().catalog, "t-one") == problem(host().catalog, "t-two") == said
    assert states(host(ODAI_PIN="t_one=t-one").catalog) == {"t-one": State.READY, "t-two": State.CONFLICT}


def test_one_distribution_may_use_a_module_for_two_kinds(site, host, plugin):
    transport = """
@hookimpl
def odai_transports():
    return TransportPlugin(name="both", api=1, title="", summary="", prefix="/both", blueprint=None)
"""
    site.write("t_both", plugin("both").replace("import Problem", "import TransportPlugin, Problem") + transport)
    site.metadata("t-both", "1.0", "[odai.tools]\nboth = t_both\n[odai.transports]\nboth = t_both\n")
    assert [(entry.kind, entry.state) for entry in host().catalog.entries] == [
        ("tools", State.READY),
        ("transports", State.READY),
    ]


def test_two_plugins_with_one_declared_name(site, host, plugin):
    site.install("t-one", plugin("same", tool="say_one"))
    site.install("t-two", plugin("same", tool="say_two"))
    said = ("t-one and t-two both offer tool plugin same.", "Uninstall one, or choose: ODAI_PIN=same=t-one")
    assert problem(host().catalog, "t-one") == said
    assert states(host(ODAI_PIN="same=t-one").catalog) == {"t-one": State.READY, "t-two": State.CONFLICT}


def test_two_plugins_with_one_tool_name(site, host, plugin):
    site.install("t-one", plugin("one", tool="find_food"))
    site.install("t-two", plugin("two", tool="find_food", more=NEEDS_KEY))
    site.install("t-three", plugin("three"))
    catalog = host().catalog
    assert states(catalog) == {"t-one": State.CONFLICT, "t-three": State.READY, "t-two": State.CONFLICT}
    assert problem(catalog, "t-two") == (
        "t-one and t-two both offer tool find_food.",
        "Uninstall one, or choose: ODAI_PIN=find_food=t-one",
    )
    assert states(host(ODAI_PIN="find_food=two", GOOD_KEY="k").catalog)["t-two"] is State.READY, (
        "a pin may name a plugin"
    )


PAIR = """
@hookimpl
def odai_tools():
    return [ToolPlugin(name=name, api=1, title='', summary='', tools=[say_x]) for name in {names}]
"""


def test_two_plugins_of_one_distribution_with_one_tool(site, host, plugin):
    source = plugin("x").partition("@hookimpl")[0] + PAIR.format(names=["left", "right"])
    site.install("t-pair", source)
    entries = host().catalog.entries
    assert {entry.problem.cause for entry in entries} == {"left and right both offer tool say_x."}
    assert entries[0].problem.remedy == "Uninstall one, or choose: ODAI_PIN=say_x=left"
    pinned = host(ODAI_PIN="say_x=left").catalog.entries
    assert [(entry.name, entry.state) for entry in pinned] == [("left", State.READY), ("right", State.CONFLICT)]


def test_one_plugin_twice_in_one_distribution(site, host, plugin):
    site.install("t-pair", plugin("x").partition("@hookimpl")[0] + PAIR.format(names=["twin", "twin"]))
    for pin in ("", "twin=t-pair"):
        for entry in host(ODAI_PIN=pin).catalog.entries:
            assert entry.problem.cause == "t-pair offers tool plugin twin twice."
            assert entry.problem.remedy == "pip install --upgrade t-pair, or uninstall it."


@pytest.mark.parametrize("prefix, pin", [("/line", "line"), ("/a/b", "a/b"), ("/a/b", "/a/b")])
def test_two_transports_with_one_prefix(site, host, prefix, pin):
    for name in ("one", "two"):
        source = f"""
            from odai_core import TransportPlugin, hookimpl

            @hookimpl
            def odai_transports():
                return TransportPlugin(name={name!r}, api=1, title='', summary='', prefix={prefix!r}, blueprint=None)
            """
        site.install(f"t-{name}", source, kind="transports")
    assert problem(host().catalog, "t-one") == (
        f"t-one and t-two both offer prefix {prefix}.",
        f"Uninstall one, or choose: ODAI_PIN={prefix.strip('/')}=t-one",
    )
    assert states(host(ODAI_PIN=f"{pin}=t-two").catalog) == {"t-one": State.CONFLICT, "t-two": State.READY}


def test_a_conflict_stops_a_strict_start(two, host):
    with pytest.raises(PluginError, match=r"^t-one and t-two both offer tool plugin yelp\. Uninstall one"):
        host(ODAI_STRICT="1")


# -- while the server runs; the times of all folders stand still


def test_an_installation_is_seen(site, host, plugin):
    site.install("t-one", plugin("one"))
    plugins = host()
    first = plugins.catalog
    assert plugins.refresh() is first
    site.install("t-two", plugin("two"))
    second = plugins.refresh()
    assert states(second) == {"t-one": State.READY, "t-two": State.READY}
    assert (first.generation, second.generation) == (1, 2)
    assert states(first) == {"t-one": State.READY}, "a call keeps what it started with"
    assert plugins.catalog is plugins.refresh() is second


def test_a_removal_is_seen_and_the_return_too(site, host, plugin):
    site.install("t-one", plugin("one"))
    site.install("t-two", plugin("two"))
    plugins = host()
    site.uninstall("t-two")
    assert states(plugins.refresh()) == {"t-one": State.READY}
    site.install("t-two", plugin("two"))
    assert states(plugins.refresh()) == {"t-one": State.READY, "t-two": State.READY}
    assert plugins.catalog.generation == 3


def test_an_upgrade_needs_a_restart(site, host, plugin):
    site.install("t-one", plugin("one"))
    plugins = host()
    site.uninstall("t-one")
    site.install("t-one", FUSE, version="2.0")
    catalog = plugins.refresh()
    assert states(catalog) == {"t-one": State.RESTART_NEEDED}
    assert problem(catalog, "t-one") == (
        "t-one 1.0 is running and t-one 2.0 is installed.",
        "Restart odai serve to use the new version.",
    )


def test_an_upgrade_of_what_never_ran_needs_none(site, host, plugin):
    site.install("t-one", FUSE)
    plugins = host()
    assert states(plugins.catalog) == {"t-one": State.BROKEN}
    site.uninstall("t-one")
    site.install("t-one", plugin("one"), version="2.0")
    assert states(plugins.refresh()) == {"t-one": State.READY}


def test_a_half_written_distribution_is_looked_at_again(site, host, plugin):
    plugins = host()
    site.write("t_late", plugin("late"))
    folder = site.metadata("t-late", "1.0", "[odai.tools]\nlate = t_late\n")
    (folder / "RECORD").unlink()
    (folder / "entry_points.txt").rename(folder / "not-yet")
    assert states(plugins.refresh()) == {}
    (folder / "not-yet").rename(folder / "entry_points.txt")
    (folder / "RECORD").write_text("")
    site.pin()
    assert states(plugins.refresh()) == {"t-late": State.READY}


def test_nothing_new_is_no_new_generation(site, host, plugin):
    site.install("t-one", plugin("one"))
    site.install("t-two", plugin("two", more=NEEDS_KEY + ", check=lambda values: None"))
    site.install("t-bad", FUSE)
    plugins = host()
    first = plugins.catalog
    site.metadata("t-stranger", "1.0", "[console_scripts]\nx = y:z\n")
    assert plugins.refresh() is first
    assert plugins.reload() is first


def test_a_good_plugin_is_asked_once(site, host, plugin):
    asked = "asked = []\n"
    source = plugin("one", before=asked).replace("    return ToolPlugin", "    asked.append(1)\n    return ToolPlugin")
    site.install("t-one", source)
    plugins = host()
    plugins.reload()
    plugins.reload()
    assert sys.modules["t_one"].asked == [1]


def test_a_broken_one_is_asked_again(site, host, plugin):
    turns = "turns = []\n"
    once = "    turns.append(1)\n    assert len(turns) > 1\n    return ToolPlugin"
    site.install("t-one", plugin("one", before=turns).replace("    return ToolPlugin", once))
    plugins = host()
    assert states(plugins.catalog) == {"t-one": State.BROKEN}
    assert states(plugins.reload()) == {"t-one": State.READY}


def test_refresh_from_many_threads(site, host, plugin):
    plugins = host()
    site.install("t-one", plugin("one"))
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(plugins.refresh())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 8
    assert {id(catalog) for catalog in seen} == {id(plugins.catalog)}
    assert plugins.catalog.generation == 2


def test_a_catalog_does_not_change(site, host, plugin):
    site.install("t-one", plugin("one", more="settings=[Setting(name='A', help='')]"))
    catalog = host(A="1").catalog
    (entry,) = catalog.entries
    for thing, field in ((catalog, "generation"), (catalog, "entries"), (entry, "state"), (entry.candidate, "name")):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, field, None)
    with pytest.raises(TypeError):
        catalog.settings_of(entry)["A"] = "2"


def test_a_real_wheel_by_real_pip(site, host, plugin, tmp_path):
    def wheel(version: str) -> str:
        info = f"t_wheel-{version}.dist-info"
        files = {
            "t_wheel/__init__.py": plugin("wheel"),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: t-wheel\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": "[odai.tools]\nwheel = t_wheel\n",
        }
        path = tmp_path / f"t_wheel-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
            archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD")))
        return str(path)

    def install(version: str) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--isolated", "--quiet", "install"]
        how = ["--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(site.path), wheel(version)]
        subprocess.run(pip + how, check=True, timeout=100, capture_output=True)
        site.pin()

    plugins = host()
    install("1.0")
    assert states(plugins.refresh()) == {"t-wheel": State.READY}
    install("1.1")
    for old in site.path.glob("t_wheel-1.0.dist-info"):  # --target leaves it, an upgrade in place does not
        shutil.rmtree(old)
    site.pin()
    assert states(plugins.refresh()) == {"t-wheel": State.RESTART_NEEDED}


# -- metadata


def test_two_metadata_folders_of_one_distribution(site, host, plugin):
    site.install("t-one", plugin("one"))
    site.metadata("t_One", "0.9", "[odai.tools]\none = t_one\n")
    assert len(site.discover()) == 1
    assert states(host().catalog) == {"t-one": State.READY}


def test_the_first_folder_on_the_path_shadows(site, tmp_path, monkeypatch, host, plugin):
    second = type(site)(tmp_path / "second")
    second.path.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(second.path)])
    site.install("t-one", plugin("one"), version="2.0")
    second.install("t-one", FUSE, version="1.0")
    (entry,) = host().catalog.entries
    assert (entry.candidate.version, entry.state) == ("2.0", State.READY)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "METADATA").unlink(),
        lambda folder: (folder / "METADATA").write_bytes(b"\xff\xfe\x00Name"),
        lambda folder: (folder / "METADATA").write_text("Version: 1\n"),
        lambda folder: (folder / "METADATA").write_text(""),
        lambda folder: (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: t-bad\n"),
        lambda folder: ((folder / "METADATA").unlink(), (folder / "METADATA").mkdir()),
        lambda folder: (folder / "entry_points.txt").write_bytes(b"\xff\xfe[odai.tools]"),
        lambda folder: (folder / "entry_points.txt").write_text("= = [[\n]odai.tools[\nx"),
        lambda folder: (folder / "entry_points.txt").write_text("[odai.tools]\nnothing here\n"),
        lambda folder: (shutil.rmtree(folder), folder.write_text("a file")),
        lambda folder: (shutil.rmtree(folder), folder.symlink_to(folder)),
    ],
)
def test_unreadable_metadata_is_no_plugin_and_no_reason_to_stop(site, host, plugin, damage):
    site.install("t-good", plugin("good"))
    damage(site.metadata("t-bad", "1.0", "[odai.tools]\nbad = t_bad\n"))
    site.write("t_bad", FUSE)
    catalog = host().catalog
    assert catalog.find("tools", "good").state is State.READY
    assert "t_bad" not in sys.modules
    assert isinstance(fingerprint(), int)


def test_an_attribute_in_the_entry_point_is_not_needed(site, host, plugin):
    site.write("t_good", plugin("good"))
    site.metadata("t-good", "1.0", "[odai.tools]\ngood = t_good : plugin [extra]\n[odai.other]\nx = y\n")
    (entry,) = host().catalog.entries
    assert (entry.candidate.module, entry.state) == ("t_good", State.READY)


def test_a_name_twice_in_one_group_is_one_plugin(site, only, plugin):
    site.write("t_good", plugin("good"))
    site.metadata("t-good", "1.0", "[odai.tools]\ngood = t_nowhere\ngood = t_good\n")
    assert only().state is State.READY


def test_a_finder_that_raises_ends_the_search_and_not_the_server(site, monkeypatch, caplog):
    class Finder:
        def find_spec(self, *args):
            return None

        def find_distributions(self, context):
            raise RuntimeError("mine")

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert any(candidate.distribution == "odai-core" for candidate in discover())
    assert "the search for plugins ended early: RuntimeError" in caplog.text


def test_strange_things_on_the_path(site, monkeypatch, tmp_path):
    (tmp_path / "not-a.zip").write_bytes(b"PK\x03\x04 no")
    plain = fingerprint()
    monkeypatch.setattr(
        sys, "path", [*sys.path, str(tmp_path / "nowhere"), str(tmp_path / "not-a.zip"), 3, b"/", None, site.path]
    )
    assert fingerprint() == plain


def test_the_current_folder_counts_when_it_is_on_the_path(site, monkeypatch):
    monkeypatch.chdir(site.path)
    monkeypatch.setattr(sys, "path", ["", *(folder for folder in sys.path if folder != str(site.path))])
    before = fingerprint()
    site.metadata("t-here", "1.0", "[odai.tools]\nhere = t_here\n")
    assert fingerprint() != before
    assert [candidate.name for candidate in site.discover()] == ["here"]


def test_three_hundred_distributions(site, host, plugin):
    for number in range(300):
        points = f"[odai.tools]\nn{number} = t_n{number}\n" if number % 10 == 0 else "[console_scripts]\na = b:c\n"
        site.metadata(f"t-n{number}", "1.0", points, requires=["odai-core>=0.1"])
    site.write("t_n0", plugin("n0"))
    before = fingerprint()
    assert [candidate.name for candidate in site.discover()] == sorted(f"n{number}" for number in range(0, 300, 10))
    assert fingerprint() == before
    catalog = host(ODAI_PLUGINS="n0").catalog
    assert [entry.name for entry in catalog.ready("tools")] == ["n0"]
    assert len(list(catalog.not_ready())) == 29
    shutil.rmtree(site.path / "t_n299-1.0.dist-info")
    os.utime(site.path, (1, 1))
    assert fingerprint() != before


@pytest.mark.parametrize("name", ["odai-tool-yelp", "Odai_Tool.Yelp", " ODAI--tool__yelp "])
def test_canonical_names(name):
    assert discovery.canonical(name) == "odai-tool-yelp"

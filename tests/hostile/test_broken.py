"""One broken plugin at a time, as a real distribution: what the operator reads, and that its neighbour is well."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback

import pytest

from odai_core.errors import PluginError
from odai_core.plugins.catalog import State

NAMES = "from odai_core import ModelPlugin, Problem, Setting, ToolPlugin, TransportPlugin, hookimpl, tool\n"
HOOK = NAMES + "\n@hookimpl\ndef odai_tools():\n    return {}\n"
GET_RID = "pip install --upgrade t-bad, or uninstall it, or name it in ODAI_DISABLE."
HOOKS = "The hooks are odai_tools(), odai_transports(), odai_models(), odai_accounts(), without parameters."
FAILED = "t-bad 1.0 failed to load: "


@pytest.fixture
def load(site, host, plugin, caplog):
    """Load a bad plugin between two good ones; the bad one's entry."""

    def run(source, *, state=State.BROKEN, kind="tools", settings=None, **how):
        site.install("t-alpha", plugin("alpha"))
        site.install("t-bad", source, kind=kind, **how)
        site.install("t-zulu", plugin("zulu"))
        catalog = host(**(settings or {})).catalog
        assert {entry.name for entry in catalog.ready("tools")} >= {"alpha", "zulu"}, "the neighbours are well"
        (entry,) = [entry for entry in catalog.entries if entry.candidate.distribution == "t-bad"]
        assert entry.state is state
        assert f"{entry.name} is {entry.state}: {entry.problem.cause} {entry.problem.remedy}" in caplog.text
        row = entry.describe()
        assert (row["state"], row["cause"], row["remedy"]) == (state, entry.problem.cause, entry.problem.remedy)
        assert "\n" not in row["cause"] + row["remedy"]
        return entry.problem.cause, entry.problem.remedy

    return run


# -- at import


@pytest.mark.parametrize(
    "source, said",
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck."),
        ("raise RuntimeError('ends well.')", "RuntimeError: ends well."),
        ("raise RuntimeError", "RuntimeError."),
        ("import sys; sys.exit(3)", "SystemExit: 3."),
        ("import sys; sys.exit()", "SystemExit."),
        ("import asyncio; raise asyncio.CancelledError", "CancelledError."),
        ("raise GeneratorExit", "GeneratorExit."),
        ("raise ExceptionGroup('two', [ValueError(1)])", "ExceptionGroup: two (1 sub-exception)."),
        ("def f(: pass", "SyntaxError: invalid syntax (t_bad.py, line 1)."),
        ("1 / 0", "ZeroDivisionError: division by zero."),
        ("raise OSError('a\\n  b\\x1b[31mred')", "OSError: a b?[31mred."),
        ("raise OSError('x' * 999)", f"OSError: {'x' * 200}."),
        (
            "class Liar(Exception):\n    def __str__(self): raise KeyError('no')\nraise Liar",
            "Liar: a message that raises KeyError.",
        ),
        (
            "import odai_core\nraise odai_core.Overloaded",
            "AttributeError: module 'odai_core' has no attribute 'Overloaded'.",
        ),
    ],
)
def test_raises_at_import(load, source, said):
    assert load(source) == (FAILED + said, GET_RID)
    assert "t_bad" not in sys.modules


def test_recursion_without_end_at_import(load):
    cause, remedy = load("def f(): f()\nf()")
    # Where the stack ends decides how Python words it.
    assert cause.startswith(FAILED + "RecursionError: maximum recursion depth exceeded")
    assert (cause[-1], remedy) == (".", GET_RID)


def test_a_dependency_is_missing(load):
    cause, remedy = load("import no_such_thing_at_all")
    assert cause == FAILED + "ModuleNotFoundError: No module named 'no_such_thing_at_all'."
    assert remedy == "pip install --force-reinstall t-bad, or uninstall it."


def test_a_name_is_missing_in_a_dependency(load):
    cause, remedy = load("from json import no_such_name")
    assert cause.startswith(FAILED + "ImportError: cannot import name 'no_such_name' from 'json'")
    assert remedy == GET_RID


def test_its_module_is_not_there(load):
    cause, _ = load({}, module="t_nowhere")
    assert cause == FAILED + "ModuleNotFoundError: No module named 't_nowhere'."


@pytest.mark.parametrize("module", [".relative", "t bad", "1", "..", "t_bad..x", "__main__.x"])
def test_its_entry_point_is_nonsense(load, module):
    cause, _ = load({}, module=module)
    assert cause.startswith(FAILED)


def test_its_own_words_are_kept(load):
    source = "from odai_core import SettingError\nraise SettingError('The moon is full.', 'Wait a day.')"
    assert load(source) == ("The moon is full.", "Wait a day.")


@pytest.mark.parametrize("wish", ["*", "AUDIO_AGENT", "VOICE_ORCHESTRATOR_TOOLS"])
def test_it_asks_for_the_catalog_it_is_loaded_into(load, wish):
    assert load(f"from odai_core import {wish}") == (
        "It asks for AUDIO_AGENT or VOICE_ORCHESTRATOR_TOOLS while it is being loaded.",
        "Import what it needs from odai_core by name, not *, and look at the catalog in a call.",
    )


def test_it_removes_itself_while_it_is_imported(load):
    cause, _ = load("import sys\ndel sys.modules[__name__]")
    assert cause == FAILED + "KeyError: 't_bad'."


def test_ctrl_c_is_the_operator_s(site, host):
    site.install("t-bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        host()


def test_a_package_that_failed_half_way_is_read_anew_after_the_repair(site, host, plugin):
    files = {
        "t_bad/__init__.py": "state = 'old'",
        "t_bad/helper.py": "value = 'old'",
        "t_bad/plugin.py": "from t_bad import helper\nimport t_bad_missing",
    }
    site.install("t-bad", files, module="t_bad.plugin")
    plugins = host()
    assert plugins.catalog.entries[0].state is State.BROKEN
    assert not [name for name in sys.modules if name.partition(".")[0] == "t_bad"]
    good = plugin("bad", before="from t_bad import helper, state\nassert helper.value == state == 'repaired'")
    site.write(
        "",
        {"t_bad/__init__.py": "state = 'repaired'", "t_bad/helper.py": "value = 'repaired'", "t_bad/plugin.py": good},
    )
    assert plugins.reload().entries[0].state is State.READY


def test_what_was_imported_before_the_failure_stays(site, host, plugin):
    site.write("", {"t_pair/__init__.py": "", "t_pair/good.py": plugin("good"), "t_pair/worse.py": "raise ValueError"})
    site.metadata("t-pair", "1.0", "[odai.tools]\ngood = t_pair.good\nworse = t_pair.worse\n")
    assert [entry.state for entry in host().catalog.entries] == [State.READY, State.BROKEN]
    assert "t_pair.good" in sys.modules
    assert "t_pair.worse" not in sys.modules


# -- the hook


def test_hook_missing(load):
    cause, remedy = load("x = 1")
    assert cause == "t_bad has no odai_tools hook."
    assert remedy == "Write @hookimpl def odai_tools() in it, or fix its entry point."


def test_hook_without_the_marker(load):
    assert load("def odai_tools(): return []")[0] == "t_bad has no odai_tools hook."


def test_hook_of_another_kind(load, plugin):
    assert load(plugin("bad"), kind="models")[0] == "t_bad has no odai_models hook."


def test_a_module_of_the_standard_library(load):
    assert load({}, module="colorsys")[0] == "colorsys has no odai_tools hook."


def test_hook_misspelled(load, plugin):
    cause, remedy = load(plugin("bad").replace("def odai_tools", "def odai_tool"))
    assert cause == "t_bad has a hook that is not ours: unknown hook 'odai_tool'."
    assert remedy == HOOKS


def test_hook_with_parameters(load):
    cause, remedy = load(HOOK.replace("odai_tools()", "odai_tools(config)").format("[]"))
    assert cause.startswith("t_bad has a hook that is not ours: ")
    assert "Argument(s) {'config'} are declared" in cause
    assert remedy == HOOKS


def test_a_refused_hook_is_refused_for_the_same_reason_every_time(site, host, plugin):
    site.install("t-bad", plugin("bad").replace("def odai_tools", "def odai_tool"))
    plugins = host()
    (first,), (second,) = plugins.catalog.entries, plugins.reload().entries
    assert first == second
    site.install("t-good", plugin("good"))
    assert plugins.refresh().find("tools", "good").state is State.READY, "it stands in nobody's way"


@pytest.mark.parametrize("error", ["RuntimeError('oh no')", "SystemExit(1)"])
def test_hook_raises(load, error):
    name, said = error.rstrip(")").split("(")
    assert load(HOOK.format("1") + f"    \n@hookimpl\ndef odai_tools():\n    raise {error}") == (
        f"{FAILED}{name}: {said.strip(chr(39))}.",
        GET_RID,
    )


@pytest.mark.parametrize(
    "returned, what",
    [
        ("None", "NoneType"),
        ("'bad'", "str"),
        ("{}", "dict"),
        ("ToolPlugin", "type"),
        ("[None]", "NoneType"),
        ("(p for p in ())", "generator"),
        ("ModelPlugin(name='bad', api=1, title='', summary='', realtime=None)", "ModelPlugin"),
        ("[]", "no plugin"),
        ("()", "no plugin"),
    ],
)
def test_hook_returns_rubbish(load, returned, what):
    assert load(HOOK.format(returned)) == (
        f"odai_tools() of t_bad returned {what}.",
        "Return ToolPlugin(...) or a list of them.",
    )


@pytest.mark.filterwarnings("ignore:coroutine 'odai_tools' was never awaited")
def test_hook_is_async(load):
    assert load(HOOK.format("[]").replace("def odai_tools", "async def odai_tools"))[0].endswith("returned coroutine.")


def test_declaration_is_not_complete(load):
    cause, _ = load(HOOK.format("ToolPlugin(name='bad', title='', summary='', tools=[])"))
    assert cause.startswith(FAILED + "TypeError: ")
    assert "'api'" in cause


# -- what it declared


TOOL = "\nasync def say(x: str) -> str:\n    'Say it.'\n    return x\n"


def declares(more: str, before: str = TOOL) -> str:
    good = "dict(name='bad', title='', summary='', api=1, tools=[say])"
    return HOOK.format(f"ToolPlugin(**({good} | dict({more})))").replace("\n@hookimpl", f"{before}\n@hookimpl", 1)


@pytest.mark.parametrize(
    "name", ["'Bad'", "'bad_name'", "'-bad'", "'bad-'", "''", "'bäd'", "'a b'", "7", "None", "'a\\n'"]
)
def test_bad_plugin_name(load, name):
    cause, remedy = load(declares(f"name={name}"))
    assert cause.startswith("The plugin name ")
    assert cause.endswith(" is not lower-case-with-dashes.")
    assert remedy == "Rename it."


@pytest.mark.parametrize("api", ["0", "2", "None", "'one'"])
def test_another_api(load, api):
    cause, remedy = load(declares(f"api={api}"), state=State.INCOMPATIBLE)
    assert cause == f"bad was written for API {api.strip(chr(39))}; this odai-core speaks API 1."
    assert remedy == "pip install --upgrade odai-core t-bad"


@pytest.mark.parametrize("field", ["title", "summary", "instructions", "voice_instructions"])
def test_a_text_that_is_none(load, field):
    assert load(declares(f"{field}=None")) == (f"The {field} of bad is not a text.", "Write it as one.")


@pytest.mark.parametrize(
    "settings",
    [
        "['KEY']",
        "'KEY'",
        "None",
        "(Setting(name=n, help='') for n in 'A')",
        "[Setting(name='A', help='', default=5)]",
        "[Setting(name=None, help='')]",
        "[Setting(name='A', help='', type=7)]",
        "[Setting]",
    ],
)
def test_settings_that_are_none(load, settings):
    cause, remedy = load(declares(f"settings={settings}"))
    assert (cause, remedy) == ("The settings of bad are not Setting(...) declarations.", "Declare them.")


def test_no_tools(load):
    assert load(declares("tools=[]")) == ("bad has no tools.", "List at least one in tools=[...].")


def test_tools_that_are_none(load):
    assert load(declares("tools=None"))[0] == FAILED + "TypeError: 'NoneType' object is not iterable."


def test_the_same_tool_twice(load):
    assert load(declares("tools=[say, say]")) == (
        "bad declares the tool say twice.",
        "Rename one of the two functions.",
    )


@pytest.mark.parametrize(
    "function, said",
    [
        ("def say(x: str) -> str:\n    'Say it.'", "is not an async function."),
        ("async def say(*x: str) -> str:\n    'Say it.'", "takes *x."),
        ("async def say(**x: str) -> str:\n    'Say it.'", "takes *x."),
        ("async def say(x: str, /) -> str:\n    'Say it.'", "takes x by position only."),
        ("async def say(x) -> str:\n    'Say it.'", "has no annotation on the parameter x."),
        (
            "async def say(x: object) -> str:\n    'Say it.'",
            "has a parameter x whose type no model can be told: object.",
        ),
        ("async def say(x: 'Nowhere') -> str:\n    'Say it.'", "has an annotation that cannot be read: NameError"),
        ("async def say(x: str) -> str:\n    pass", "has no description."),
        ("async def say():\n    'Say it.'\n    yield 1", "is not an async function."),
        ("say = 7", "is not an async function."),
        ("say = None", "is not an async function."),
        ("say = lambda x: x", "is not an async function."),
        ("async def hangup_call() -> str:\n    'End it.'\nsay = hangup_call", "has a name that belongs to ODAI."),
        ("@tool(timeout=0)\nasync def say() -> str:\n    'Say it.'", "has the timeout 0."),
        ("@tool(examples=['{y:1}'])\nasync def say() -> str:\n    'Say.'", "has an example that marks 'y'"),
        ("async def säy() -> str:\n    'Say it.'\nsay = säy", "has a name no model accepts."),
    ],
)
def test_a_tool_the_sdk_would_refuse(load, function, said):
    cause, remedy = load(declares("", before=f"\n{function}\n"))
    assert cause.startswith("The tool ")
    assert said in cause
    assert remedy.endswith(".")


def test_a_tool_whose_very_look_hurts(load):
    before = "\nclass Tool:\n    def __getattr__(self, name): raise ZeroDivisionError\nsay = Tool()\n"
    assert load(declares("", before=before))[0] == FAILED + "ZeroDivisionError."


TRANSPORT = (
    NAMES
    + """
@hookimpl
def odai_transports():
    return TransportPlugin(name="bad", api=1, title="", summary="", prefix={}, blueprint=None)
"""
)


@pytest.mark.parametrize(
    "prefix", ["''", "'/'", "'bad'", "'/bad/'", "'/-'", "'/Bad'", "'/a//b'", "'/<x>'", "'/..'", "None", "'/a\\n'"]
)
def test_bad_prefix(load, prefix):
    cause, remedy = load(TRANSPORT.format(prefix), kind="transports")
    assert cause.startswith("The prefix ")
    assert cause.endswith(" of bad is not like /name.")
    assert remedy == "Change it."


# -- its own check

SECRET = "sk-never-to-be-seen"


@pytest.mark.parametrize("error", ["ValueError(values['BAD_KEY'].reveal())", "SystemExit(values['BAD_KEY'].reveal())"])
def test_check_raises(load, error, caplog):
    before = f"{TOOL}\ndef look(values): raise {error}\n"
    source = declares("check=look, settings=[Setting(name='BAD_KEY', help='', secret=True)]", before=before)
    cause, remedy = load(source, settings={"BAD_KEY": SECRET})
    assert (cause, remedy) == (f"check() of bad failed: {error.partition('(')[0]}.", GET_RID)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "answer, what", [("'no'", "str"), ("True", "bool"), ("Problem(cause='x', remedy=None)", "Problem")]
)
def test_check_returns_rubbish(load, answer, what):
    cause, remedy = load(declares("check=look", before=f"{TOOL}\ndef look(values): return {answer}\n"))
    assert (cause, remedy) == (f"check() of bad returned {what}.", "Return None, or Problem(...) of two texts.")


def test_check_asks_for_what_was_not_declared(load):
    cause, _ = load(declares("check=look", before=f"{TOOL}\ndef look(values): return values['OTHER']\n"))
    assert cause == "check() of bad failed: KeyError."


MODEL = (
    NAMES
    + """
def available(values):
    {}

@hookimpl
def odai_models():
    return ModelPlugin(name="bad", api=1, title="", summary="", realtime=print, available=available)
"""
)


def test_available_raises(load):
    cause, _ = load(MODEL.format("raise OSError('a file')"), kind="models")
    assert cause == "available() of bad failed: OSError."


def test_a_model_for_nothing(load):
    source = MODEL.format("return None").replace("realtime=print", "realtime=None")
    cause, remedy = load(source, kind="models")
    assert (cause, remedy) == ("bad has neither a realtime nor a text model.", "Give it one of them.")


@pytest.mark.parametrize("given", ["scopes='mail'", "scopes=[1]", "account=7", "scopes=None"])
def test_scopes_that_are_no_texts(load, given):
    cause, _ = load(declares(given))
    assert cause == "The account or the scopes of bad are not texts."


def test_a_converter_that_raises_is_a_setting_to_change(load):
    source = declares("settings=[Setting(name='BAD_N', help='How many.', type=[].index)]")
    problem = load(source, state=State.NEEDS_SETUP, settings={"BAD_N": "seven"})
    assert problem == ("BAD_N has a bad value: it cannot be read.", "How many. Change BAD_N.")


def test_a_converter_that_changes_its_mind(load):
    before = f"{TOOL}\nturns = []\ndef once(text):\n    turns.append(1)\n    assert len(turns) < 2\n    return text\n"
    cause, _ = load(
        declares("settings=[Setting(name='BAD', help='', type=once)]", before=before), settings={"BAD": "value"}
    )
    assert cause == "BAD has a bad value: it cannot be read."


# -- strict


@pytest.mark.parametrize(
    "source, cause",
    [
        ("raise RuntimeError('no luck')", "t-bad 1.0 failed to load: RuntimeError: no luck."),
        ("x = 1", "t_bad has no odai_tools hook."),
        (declares("api=9"), "bad was written for API 9; this odai-core speaks API 1."),
    ],
)
def test_strict_stops_the_start(site, host, source, cause):
    site.install("t-bad", source)
    with pytest.raises(PluginError) as caught:
        host(ODAI_STRICT="1")
    assert caught.value.cause == cause
    assert caught.value.remedy


def test_strict_shows_where_it_broke(site, host):
    site.install("t-bad", "def inner():\n    raise RuntimeError('no luck')\ninner()")
    with pytest.raises(PluginError) as caught:
        host(ODAI_STRICT="1")
    assert "in inner" in "".join(traceback.format_exception(caught.value))


def test_strict_lets_the_unfinished_and_the_disabled_start(site, host, plugin):
    key = "settings=[Setting(name='WANTED', help='', required=True)]"
    site.install("t-unset", plugin("unset", more=key))
    site.install("t-bad", "raise RuntimeError")
    entries = host(ODAI_STRICT="1", ODAI_DISABLE="bad").catalog.entries
    assert [entry.state for entry in entries] == [State.DISABLED, State.NEEDS_SETUP]


def test_strict_never_stops_a_running_server(site, host, plugin):
    site.install("t-good", plugin("good"))
    plugins = host(ODAI_STRICT="1")
    site.install("t-bad", "raise RuntimeError")
    assert [entry.state for entry in plugins.refresh().entries] == [State.BROKEN, State.READY]


# -- and the log


def test_a_plugin_cannot_forge_the_log(load, caplog):
    caplog.set_level(logging.DEBUG)
    load("raise ValueError('x\\nroot is ready: all is well')")
    assert not [line for line in caplog.text.splitlines() if line.startswith("root")]


def test_the_host_costs_no_sdk(site, plugin):
    site.install("t-good", plugin("good"))
    program = f"""
import sys
sys.path.insert(0, {str(site.path)!r})
import odai_core
from odai_core.plugins.host import PluginHost
heavy = ("agents", "quart", "twilio", "segment", "openai", "pydantic", "httpx2", "numpy", "dotenv", "rich")
print(sorted(name for name in heavy if name in sys.modules))
from odai_core.plugins.discovery import discover
from odai_core.settings import Settings
host = PluginHost(Settings({{}}), discover=lambda: [c for c in discover() if c.distribution == "t-good"])
print(host.catalog.entries[0].state, sorted(name for name in heavy if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["[]", "ready []"], done.stderr

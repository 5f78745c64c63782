"""The ways the sample plugin is spoiled, each with the standard test that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODULE = "odai_tool_{sample}/__init__.py"


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in one file; an empty `old` removes the file."""

    name: str
    caught_by: str
    old: str = ""
    new: str = ""
    file: str = MODULE
    entry_point: str = ""
    """Another one than the sample's."""
    distribution: str = ""
    sample: str = "buoys"

    def apply(self, project: Path) -> None:
        """Spoil a copy of the project. Raises ValueError when there is nothing to change."""
        file = project / self.file.format(sample=self.sample)
        if not self.old:
            file.unlink()
            return
        text = file.read_text()
        if text.count(self.old) < 1:
            raise ValueError(f"{self.name}: {self.old!r} is not in {file.name}")
        file.write_text(text.replace(self.old, self.new, 1))


_ASKING = '        waves = await ask(ctx, "stations", station, "waves", type=Waves)\n'
_TOLD = "        spoken=told(waves),\n"
_FOUND = '        spoken=f"There are buoys at {speech.join(names)}.",\n'
_IMPORTS = "from datetime import datetime\n"
_KEY = "ctx.settings['BUOYS_API_KEY'].reveal()"
_URL = "ctx.settings['BUOYS_BASE_URL']"
_SAMPLE = 'sample = ctx.demo and not ctx.settings["BUOYS_API_KEY"]'
_LEFT_OUT = 'packages = ["odai_tool_buoys"]\nexclude = ["*.json"]'
_STRAY = 'packages = ["odai_tool_buoys"]\nforce-include = {"pyproject.toml" = "helpers/notes.toml"}'


def _asking(name: str, caught_by: str, *lines: str) -> Mutant:
    """Other lines where the tool asks its service."""
    return Mutant(name, caught_by, _ASKING, "".join(f"        {line}\n" for line in lines))


def _before(name: str, caught_by: str, *lines: str) -> Mutant:
    """More lines before the tool asks its service."""
    return _asking(name, caught_by, *lines, _ASKING.strip())


def _saying(name: str, sentence: str) -> Mutant:
    return Mutant(name, "test_answer_is_spoken", _TOLD, f"        spoken={sentence},\n")


def _failing(name: str, caught_by: str, *lines: str) -> Mutant:
    """Other manners when the service fails."""
    return _asking(name, caught_by, "try:", f"    {_ASKING.strip()}", "except ToolError as error:", *lines)


MUTANTS: tuple[Mutant, ...] = (
    # -- the event loop, connections, cancellation
    _before("a blocking sleep", "test_event_loop_is_not_blocked", "import time", "time.sleep(0.06)"),
    _before("a long computation", "test_event_loop_is_not_blocked", "sum(i * i for i in range(1_500_000))"),
    _asking(
        "a blocking HTTP client", "test_event_loop_is_not_blocked", "import urllib.request",
        f'asked = urllib.request.Request(f"{{{_URL}}}/stations/{{station}}/waves", headers={{"X-Key": {_KEY}}})',
        "body = urllib.request.urlopen(asked).read()",
        "waves = msgspec.json.decode(body, type=Waves)",
    ),
    _asking(
        "a client for every call, never closed", "test_connections_are_shared_and_closed", "import httpx2",
        "client = httpx2.AsyncClient()",
        f'body = await client.get(f"{{{_URL}}}/stations/{{station}}/waves", headers={{"X-Key": {_KEY}}})',
        "waves = msgspec.json.decode(body.content, type=Waves)",
    ),
    _asking(
        "a client for every call", "test_connections_are_shared_and_closed", "import httpx2",
        "async with httpx2.AsyncClient() as client:",
        f'    body = await client.get(f"{{{_URL}}}/stations/{{station}}/waves", headers={{"X-Key": {_KEY}}})',
        "waves = msgspec.json.decode(body.content, type=Waves)",
    ),
    _asking(
        "a cancellation that is swallowed", "test_cancellation_leaves_nothing", "import asyncio", "try:",
        f"    {_ASKING.strip()}", "except asyncio.CancelledError:",
        '    raise ToolError("timeout", "That took too long.")',
    ),
    _asking(
        "a cancellation that is ignored", "test_cancellation_leaves_nothing", "import asyncio",
        'asking = asyncio.ensure_future(ask(ctx, "stations", station, "waves", type=Waves))',
        "while not asking.done():", "    try:", "        await asyncio.shield(asking)",
        "    except asyncio.CancelledError:", "        pass", "waves = asking.result()",
    ),
    _asking(
        "a task that outlives the call", "test_cancellation_leaves_nothing", "import asyncio",
        'asking = asyncio.ensure_future(ask(ctx, "stations", station, "waves", type=Waves))',
        "waves = await asyncio.shield(asking)",
    ),
    _before(
        "a task left to itself", "test_cancellation_leaves_nothing", "import asyncio",
        "asyncio.get_running_loop().create_task(asyncio.sleep(30))",
    ),
    _before(
        "a connection left open", "test_connections_are_shared_and_closed", "import asyncio",
        f"host, port = {_URL}.split('/')[2].split(':')",
        "vars(ask)[station] = await asyncio.open_connection(host, int(port))",
    ),
    # -- secrets
    _before("the key in a log record", "test_secrets_stay_secret", f'ctx.log.debug("asking with %s", {_KEY})'),
    _before("the key printed", "test_secrets_stay_secret", f"print({_KEY})"),
    _failing(
        "the key in an error's sentence", "test_secrets_stay_secret",
        f'    raise ToolError(error.code, f"The key {{{_KEY}}} was refused.") from None',
    ),
    _failing(
        "the key in the error behind the error", "test_secrets_stay_secret",
        f'    raise ToolError(error.code, error.message) from ValueError(f"asked with {{{_KEY}}}")',
    ),
    Mutant(
        "the key on the screen", "test_secrets_stay_secret", "        response=msgspec.to_builtins(waves),\n",
        f'        response={{**msgspec.to_builtins(waves), "link": f"/waves?key={{{_KEY}}}"}},\n',
    ),
    Mutant(
        "the key in the answer's repr", "test_secrets_stay_secret", "        sample=sample,\n",
        f"        sample=sample,\n        friendly_name={_KEY},\n",
    ),
    Mutant("a key that is no secret", "test_keys_are_secrets", "                secret=True,\n", ""),
    # -- what is said
    _saying("four hundred characters", 'told(waves) + " And the sea was beautiful." * 14'),
    _saying("a web address said aloud", '"More at https://buoys.example/x."'),
    _saying("markup said aloud", '"The waves at **Boston Harbor** are high."'),
    _saying("an ISO time said aloud", 'f"High waves as of {waves.at}."'),
    _saying("a number nobody rounded", 'f"The waves were {waves.height} meters high."'),
    _saying("None said aloud", 'f"The waves at {None} were high."'),
    _saying("an id said aloud", '"High waves at station 7fd3a9c2e4b81f60."'),
    _saying("nothing said", '""'),
    _saying("half a sentence", '"six feet"'),
    Mutant(
        "six names read out", "test_answer_is_spoken", _FOUND,
        '        spoken=f"There are buoys at {speech.join(one.name for one in found.stations)}.",\n',
    ),
    Mutant(
        "a list counted to five", "test_answer_is_spoken", _FOUND,
        '        spoken="First, here. Second, there. Third, near. Fourth, far. Fifth, away.",\n',
    ),
    Mutant(
        "too much for a voice model", "test_answer_is_compact", '"feet": feet(waves)}',
        '"feet": feet(waves), "text": "waves and more waves, " * 80}',
    ),
    Mutant(
        "a web address for a voice model", "test_answer_is_compact", '"feet": feet(waves)}',
        '"feet": feet(waves), "url": "https://buoys.example"}',
    ),
    Mutant(
        "a type that depends on the weather", "test_response_type_is_constant", 'response_type="buoy_waves"',
        'response_type="buoy_waves" if waves.name == "Boston Harbor" else "rough_sea"',
    ),
    # -- bad days
    _failing(
        "a 429 that is swallowed", "test_failure", '    if error.code != "rate_limited":', "        raise",
        '    waves = Waves(station=station, name="Boston Harbor", height=2.0, at="")',
    ),
    _failing("a Retry-After that is lost", "test_failure", "    raise ToolError(error.code, error.message) from None"),
    _failing(
        "every failure is not_found", "test_failure",
        '    raise ToolError("not_found", "I could not find it.") from None'
    ),
    _failing("an exception of its own kind", "test_failure", '    raise RuntimeError("no waves") from None'),
    _failing(
        "an error nobody can say", "test_failure", '    raise ToolError(error.code, f"<b>{error.code}</b>") from None',
    ),
    _asking(
        "a body taken on trust", "test_odd_answers_never_raise",
        'found = await ask(ctx, "stations", station, "waves", type=Any)',
        'waves = Waves(found["station"], found["name"], found["height"], found["at"])',
    ),
    Mutant(
        "an hour that must be there", "test_odd_answers_never_raise", "    except ValueError:\n",
        "    except KeyError:\n",
    ),
    Mutant(
        "a name of any length", "test_odd_answers_never_raise", 'speech.clean(waves.name, 40) or "that buoy"',
        "waves.name",
    ),
    Mutant(
        "the first of nothing", "test_nothing_found_is_a_sentence", "    if not found.stations:\n",
        "    if not found.stations[0]:\n",
    ),
    Mutant(
        "nothing found, and cheerful about it", "test_nothing_found_is_a_sentence", "    if not found.stations:\n",
        "    if found is None:\n",
    ),
    # -- addresses
    Mutant(
        "an argument pasted into the path", "test_arguments_are_encoded", _ASKING,
        '        base = ctx.settings["BUOYS_BASE_URL"] + f"/stations/{station}/waves"\n'
        '        waves = await ctx.http.get_json(base, headers={"X-Key": ctx.settings["BUOYS_API_KEY"]}, type=Waves)\n',
    ),
    Mutant(
        "an argument pasted into the query", "test_arguments_are_encoded",
        'found = await ask(ctx, "stations", params=params, type=Stations)',
        'found = await ctx.http.get_json(ctx.settings["BUOYS_BASE_URL"] + f"/stations?near={place}", '
        'headers={"X-Key": ctx.settings["BUOYS_API_KEY"]}, type=Stations)',
    ),
    Mutant(
        "an address nobody can change", "test_the_address_is_a_setting",
        '            Setting(name="BUOYS_BASE_URL", help="The service\'s address.", default="https://api.buoys.example"),\n',
        "",
    ),
    Mutant(
        "an address that is not used", "test_answer_is_spoken", '        ctx.settings["BUOYS_BASE_URL"],\n',
        '        "http://127.0.0.1:9",\n',
    ),
    # -- sample data
    Mutant(
        "sample data outside demo mode", "test_samples_only_in_demo", _SAMPLE,
        'sample = not ctx.settings["BUOYS_API_KEY"]',
    ),
    Mutant(
        "sample data although there is a key", "test_samples_only_in_demo", _SAMPLE,
        "sample = ctx.demo",
    ),
    Mutant("sample data that is not marked", "test_samples_only_in_demo", "        sample=sample,\n", ""),
    # -- what is declared
    Mutant("a parameter nobody describes", "test_parameters_are_typed_and_described",
           '\n\n    Args:\n        station: The id of the buoy, such as "B-46026".\n', "\n"),
    Mutant("a parameter without a type", "test_parameters_are_typed_and_described", "station: str)", "station)"),
    Mutant("a type no model can be told", "test_schema_is_accepted_by_the_sdk", "station: str)", "station: bytes)"),
    Mutant("a tool listed twice", "test_tool_names_are_unique", "[get_waves_at_buoy, search_buoys]",
           "[get_waves_at_buoy, search_buoys, get_waves_at_buoy]"),
    Mutant("a tool nobody tests", "test_every_tool_is_tested", "[get_waves_at_buoy, search_buoys]",
           "[get_waves_at_buoy, search_buoys, ask]"),
    Mutant("too few examples", "test_examples_parse", '        "check the buoy {station:B-46026}",\n', ""),
    Mutant("an example that marks nothing known", "test_examples_parse", "swell at {station:", "swell at {buoy:"),
    Mutant("a mark that is never closed", "test_examples_parse", "rough at {station:B-46026}", "rough at {station"),
    Mutant("a setting that names no service", "test_settings_are_named_after_the_service", 'name="BUOYS_API_KEY"',
           'name="API_KEY"'),
    Mutant("an API nobody speaks", "test_core_accepts_it", "api=1", "api=99"),
    Mutant("another name at the entry point", "test_names_line_up", "api=1", "api=1", entry_point="waves"),
    Mutant("another name for the distribution", "test_names_line_up", "api=1", "api=1", distribution="buoys-for-odai"),
    # -- the package
    Mutant("an SDK imported at the top", "test_import_is_light", _IMPORTS, f"import agents\n{_IMPORTS}"),
    Mutant("work at import", "test_import_is_light", _IMPORTS, f"import time\n{_IMPORTS}time.sleep(0.08)\n"),
    Mutant("no py.typed", "test_wheel_is_whole", file="odai_tool_buoys/py.typed"),
    Mutant("data left out of the wheel", "test_wheel_is_whole", 'packages = ["odai_tool_buoys"]',
           _LEFT_OUT, file="pyproject.toml"),
    Mutant("a stray package in the wheel", "test_wheel_is_whole", 'packages = ["odai_tool_buoys"]',
           _STRAY, file="pyproject.toml"),
    Mutant("a wheel that does not need core", "test_wheel_is_whole", '"odai-core>=0.1", ', "", file="pyproject.toml"),
    Mutant("a file written into the package", "test_uninstall_leaves_nothing", "class Waves(",
           'from pathlib import Path\nPath(__file__).with_name("cache.json").write_text("{}")\n\n\nclass Waves('),
)  # fmt: skip

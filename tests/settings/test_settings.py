from __future__ import annotations

import enum
import json
import logging
import subprocess
import sys
import traceback
import uuid
from decimal import Decimal
from pathlib import Path

import pytest

from odai_core.contract import Secret, Setting
from odai_core.errors import SettingError
from odai_core.settings import CORE_SETTINGS, BoundValues, Settings, flag, names, positive, web_address

KEY = "sk-do-not-print-me"


def setting(name: str = "YELP_KEY", **more) -> Setting:
    return Setting(name=name, help="A sentence.", **more)


def read(text: str, type_):
    return Settings({"X": text}).bind([setting("X", type=type_)])["X"]


def refused(text: str, type_) -> str:
    with pytest.raises(SettingError) as caught:
        read(text, type_)
    assert caught.value.remedy == "A sentence. Change X."
    return caught.value.cause


# -- where values come from


def test_the_environment_beats_dotenv_beats_toml(tmp_path):
    (tmp_path / "odai.toml").write_text("A = 'toml'\nB = 'toml'\nC = 'toml'\nD = 'toml'")
    (tmp_path / ".env").write_text("B=dotenv\nC=dotenv\nD=dotenv\n")
    settings = Settings.load(tmp_path, {"C": "environment", "D": "environment"}, D="argument")
    bound = settings.bind([setting(name) for name in "ABCD"])
    assert dict(bound) == {"A": "toml", "B": "dotenv", "C": "environment", "D": "argument"}


def test_an_empty_variable_switches_a_file_s_value_off(tmp_path):
    (tmp_path / ".env").write_text("ODAI_MODEL=local\nODAI_MAX_CALLS=3")
    core = Settings.load(tmp_path, {"ODAI_MODEL": "", "ODAI_MAX_CALLS": "  "}).core
    assert (core["ODAI_MODEL"], core["ODAI_MAX_CALLS"]) == ("", 100)


def test_the_current_folder_and_the_process_environment(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ODAI_ENVIRONMENT=from-file\nODAI_MODEL=from-file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODAI_MODEL", "from-environment")
    monkeypatch.delenv("ODAI_ENVIRONMENT", raising=False)
    core = Settings.load().core
    assert (core["ODAI_ENVIRONMENT"], core["ODAI_MODEL"]) == ("from-file", "from-environment")


def test_without_any_file(tmp_path):
    core = Settings.load(tmp_path, {}).core
    assert core["ODAI_ENVIRONMENT"] == "local"
    assert core["ODAI_MAX_CALL_SECONDS"] == 3600.0
    assert core["ODAI_PLUGINS"] == ()
    assert core["ODAI_DEMO"] is False
    assert core["SEGMENT_HOST"] is None
    assert not core["SEGMENT_KEY"]


def test_a_folder_with_the_name_of_a_file_is_no_file(tmp_path):
    (tmp_path / ".env").mkdir()
    (tmp_path / "odai.toml").mkdir()
    assert repr(Settings.load(tmp_path, {})) == "Settings(0 values)"


# -- odai.toml


def test_toml_values_become_texts(tmp_path):
    (tmp_path / "odai.toml").write_text(
        "YES = true\nNO = false\nN = 7\nF = 1.5\nL = ['a', 'b']\nM = [true, 2]\nD = 2026-01-02\nE = []\nU = 'Zürich'\n",
        encoding="utf-8",
    )
    bound = Settings.load(tmp_path, {}).bind([setting(n) for n in ("YES", "NO", "N", "F", "L", "M", "D", "E", "U")])
    assert [*bound.values()] == ["1", "0", "7", "1.5", "a,b", "1,2", "2026-01-02", "", "Zürich"]


def test_files_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "odai.toml").write_text("A = 'one'", encoding="utf-8-sig")
    (tmp_path / ".env").write_text("B=two", encoding="utf-8-sig")
    assert dict(Settings.load(tmp_path, {}).bind([setting("A"), setting("B")])) == {"A": "one", "B": "two"}


@pytest.mark.parametrize(
    "content",
    [
        b"\x00",
        b"\xff\xfeA\x00=\x001\x00",
        b"A",
        b"A = ",
        b"A = 'one'\nA = 'two'",
        b"A = 'open\n",
        b"A = " + b"[" * 5000,
        b"A = " + b"9" * 5000,
        b"A = 0x" + b"f" * 5000,
        b"\x80" * 100,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_hostile_toml_is_one_sentence(tmp_path, content):
    (tmp_path / "odai.toml").write_bytes(content)
    with pytest.raises(SettingError, match=r"^odai\.toml cannot be read: .+ Mend it or move it away\.$"):
        Settings.load(tmp_path, {})


@pytest.mark.parametrize("content", ["[a]\nb = 1", "a = {b = 1}", "[[a]]\nb = 1", "a = [[1], [2]]"])
def test_tables_are_refused(tmp_path, content):
    (tmp_path / "odai.toml").write_text(content)
    with pytest.raises(SettingError, match=r"has a table or a nested list a\. Write flat lines"):
        Settings.load(tmp_path, {})


def test_a_broken_toml_does_not_print_its_secrets(tmp_path):
    (tmp_path / "odai.toml").write_text(f"OPENAI_API_KEY = '{KEY}")
    with pytest.raises(SettingError) as caught:
        Settings.load(tmp_path, {})
    assert KEY not in "".join(traceback.format_exception(caught.value))


# -- .env


def test_dotenv_as_people_write_it(tmp_path):
    (tmp_path / ".env").write_text("# ours\n\nexport A='b c' # said\nB=\"${A}\"\nC==3\nnonsense\nD=\nA2=1\nA2=2\n")
    bound = Settings.load(tmp_path, {}).bind([setting(name) for name in ("A", "B", "C", "D", "A2")])
    assert dict(bound) == {"A": "b c", "B": "${A}", "C": "=3", "D": "", "A2": "2"}


@pytest.mark.parametrize(
    "content", [b"A", b"\x00\x01\n'", b"=\n==\n", b"A='open\nB=1", b"x" * 100_000, b"'\"\\" * 1000]
)
def test_hostile_dotenv_costs_only_its_own_lines(tmp_path, content, caplog):
    (tmp_path / ".env").write_bytes(b"FIRST=1\n" + content)
    assert Settings.load(tmp_path, {}).bind([setting("FIRST")])["FIRST"] == "1"


def test_a_dotenv_in_another_encoding(tmp_path):
    (tmp_path / ".env").write_text(f"KEY={KEY}", encoding="utf-16")
    with pytest.raises(SettingError, match=r"^\.env cannot be read: .+ Mend it") as caught:
        Settings.load(tmp_path, {})
    assert KEY not in str(caught.value)


def test_a_bad_line_is_not_printed(tmp_path, caplog):
    (tmp_path / ".env").write_text(f"KEY '{KEY}\n")
    Settings.load(tmp_path, {})
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", [".env", "odai.toml"])
def test_a_file_that_may_not_be_read(tmp_path, monkeypatch, name):
    real = Path.is_file

    def is_file(path: Path) -> bool:  # the tests may run as root, whom no mode keeps out
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    with pytest.raises(SettingError, match=r"cannot be read: \[Errno 13\] Permission denied\. Mend it"):
        Settings.load(tmp_path, {})


# -- conversions


@pytest.mark.parametrize("text", ["1", "true", "YES", " on "])
def test_on(text):
    assert flag(text) is True


@pytest.mark.parametrize("text", ["", "0", "False", "no", "OFF", "  "])
def test_off(text):
    assert flag(text) is False


def test_neither_on_nor_off():
    assert refused("maybe", flag) == "X has a bad value: use 1 or 0."


def test_lists():
    assert names(" a, b c,,d ") == ("a", "b", "c", "d")
    assert names("") == ()


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9"])
def test_numbers_out_of_range(text):
    assert refused(text, positive(float)) == "X has a bad value: use a number above 0."


def test_numbers():
    assert read("2.5", positive(float)) == 2.5
    assert read("7", int) == 7
    assert refused("seven", positive(int)) == "X has a bad value: it cannot be read."
    assert refused("seven", int) == "X has a bad value: it cannot be read."


def test_addresses():
    assert web_address("http://127.0.0.1:1/") == "http://127.0.0.1:1"
    assert refused("collector.example", web_address) == "X has a bad value: begin it with https://."


def test_a_default_is_read_like_a_value():
    assert Settings({}).bind([setting("X", type=int, default="5")])["X"] == 5
    assert Settings({"X": "   "}).bind([setting("X", type=int, default="5")])["X"] == 5
    assert Settings({}).bind([setting("X", type=int)])["X"] is None


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    "type_", [int, float, Decimal, Colour, uuid.UUID, {"a": 1}.__getitem__, bytes.fromhex, json.loads]
)
@pytest.mark.parametrize("text", [KEY, 'it\'s "both"', "back\\slash\ttab"])
def test_no_converter_makes_us_print_a_value(type_, text):
    assert text not in refused(text, type_)


def test_a_converter_may_raise_anything():
    def converter(text: str) -> None:
        raise RuntimeError("the plugin's words")

    assert refused("value", converter) == "X has a bad value: the plugin's words."


def test_a_bad_core_value_stops_the_start_with_a_sentence(tmp_path):
    with pytest.raises(SettingError) as caught:
        Settings.load(tmp_path, {"ODAI_MAX_CALLS": KEY})
    assert (
        str(caught.value)
        == "ODAI_MAX_CALLS has a bad value: it cannot be read. How many calls at once. Change ODAI_MAX_CALLS."
    )
    assert caught.value.__suppress_context__


# -- secrets


def test_a_secret_prints_nothing_anywhere(caplog):
    settings = Settings({"YELP_KEY": KEY})
    bound = settings.bind([setting(secret=True)])
    secret = bound["YELP_KEY"]
    logging.getLogger("odai").warning("%s %r %s %s", secret, secret, bound, settings)
    with pytest.raises(TypeError) as spaced:
        format(secret, ">40")
    shown = [str(secret), repr(secret), f"{secret}", repr(bound), str(dict(bound)), repr(settings), str(spaced.value)]
    assert KEY not in "".join(shown) + caplog.text
    assert str(secret) == "Secret(set)"
    assert repr(bound) == "BoundValues(YELP_KEY)"
    assert secret.reveal() == KEY


def test_a_secret_that_is_not_set():
    secret = Settings({}).bind([setting(secret=True)])["YELP_KEY"]
    assert isinstance(secret, Secret)
    assert not secret
    assert secret.reveal() == ""


def test_a_secret_is_not_converted():
    assert Settings({"K": "12x"}).bind([setting("K", secret=True, type=int)])["K"].reveal() == "12x"


@pytest.mark.parametrize("core", [one for one in CORE_SETTINGS if one.secret], ids=lambda one: one.name)
def test_core_s_own_secrets(core):
    settings = Settings({core.name: KEY})
    assert settings.core[core.name].reveal() == KEY
    assert KEY not in repr(settings.core) + str(dict(settings.core))


def test_every_core_setting_says_what_it_is_for():
    assert len({one.name for one in CORE_SETTINGS}) == len(CORE_SETTINGS)
    assert all(one.help[0].isalnum() and not one.required for one in CORE_SETTINGS)


# -- what a plugin sees


def test_only_what_was_declared():
    bound = Settings({"A": "1", "B": "2"}).bind([setting("A")])
    with pytest.raises(KeyError, match=r"B is not declared: add Setting\(name='B', ...\)"):
        bound["B"]
    assert bound.get("B") is None
    assert "B" not in bound
    assert (list(bound), len(bound)) == (["A"], 1)


def test_values_do_not_change_afterwards():
    texts = {"A": "1"}
    settings = Settings(texts)
    values = {"A": "1"}
    bound = BoundValues(values)
    texts["A"] = values["A"] = "2"
    assert settings.bind([setting("A")])["A"] == bound["A"] == "1"
    with pytest.raises(TypeError):
        bound["A"] = "3"


def test_the_names_that_were_given():
    assert Settings({"A": "1", "B": " ", "C": ""}).given() == {"A"}


# -- problems


def test_no_problem():
    assert Settings({"YELP_KEY": "k"}).problem([setting(required=True), setting("OTHER")]) is None


@pytest.mark.parametrize("texts", [{}, {"YELP_KEY": ""}, {"YELP_KEY": " \t"}])
def test_a_required_value_is_missing(texts):
    problem = Settings(texts).problem([setting(required=True, where="https://yelp.example/keys")])
    assert problem.cause == "YELP_KEY is not set."
    assert problem.remedy == "Set YELP_KEY in the environment or .env (get one at https://yelp.example/keys)."
    assert Settings(texts).problem([setting(required=True)]).remedy == "Set YELP_KEY in the environment or .env."


def test_a_missing_value_may_be_fine_but_a_bad_one_is_not():
    settings = Settings({"N": "many"})
    assert settings.problem([setting(required=True)], missing_is_fine=True) is None
    problem = settings.problem([setting("N", type=int)], missing_is_fine=True)
    assert (problem.cause, problem.remedy) == ("N has a bad value: it cannot be read.", "A sentence. Change N.")


def test_settings_cost_few_imports():
    program = "import sys, odai_core.settings; print('dotenv' in sys.modules, 'importlib_metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]

"""token, doctor, and what logs hide."""

import base64
import json
import logging
import socket
from types import SimpleNamespace

import pytest

from odai_core import Asset, ModelPlugin
from odai_core.cli import checks as checks_module
from odai_core.cli.checks import Check
from odai_core.cli.logs import Redacting, redact
from odai_core.contract import Secret
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.web.auth import Signer, Tokens

# -- token


async def test_a_token_is_taken_by_a_server_with_the_same_secret(invoke, monkeypatch):
    monkeypatch.setenv("ODAI_SECRET", "correct horse")
    done = invoke("token", "--user", "ada")
    assert done.exit_code == 0
    token = done.stdout.strip()
    caller = await Tokens(Signer(Secret("correct horse"))).authenticate(token)
    assert caller is not None
    assert caller.user_id == "ada"
    assert await Tokens(Signer(Secret("another"))).authenticate(token) is None
    assert "correct horse" not in done.output


def test_without_a_secret_a_token_is_explained(invoke):
    done = invoke("token")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "ODAI_SECRET is not set" in done.stderr


@pytest.mark.parametrize("user", ["", "  ", "a\nb", "x" * 201, "\x1b[2J"])
def test_a_user_is_a_printable_name(invoke, monkeypatch, user):
    monkeypatch.setenv("ODAI_SECRET", "s")
    assert invoke("token", "--user", user).exit_code == 2


# -- doctor


def checks(bench, *arguments, **environ):
    done = bench.odai("doctor", "--json", *arguments, **environ)
    report = json.loads(done.stdout)
    assert report["ok"] == (done.returncode == 0)
    assert all(set(check) == {"name", "status", "detail", "remedy"} for check in report["checks"])
    for check in report["checks"]:
        assert bool(check["remedy"]) == (check["status"] != "ok"), check
    return [Check(**check) for check in report["checks"]]


def wrong(found, name):
    return [(check.status, check.detail) for check in found if check.name == name and check.status != "ok"]


def test_the_issuer_and_the_price_table_are_looked_at(bench):
    assert [check.detail for check in checks(bench) if check.name == "sign-in"] == [
        "our own tokens; no identity provider"
    ]
    signed = checks(bench, ODAI_FIREBASE_PROJECT="my-app-1a2b3")
    assert [check.detail for check in signed if check.name == "sign-in"] == [
        "users of https://securetoken.google.com/my-app-1a2b3"
    ]
    half = wrong(checks(bench, ODAI_OIDC_ISSUER="https://id.example", ODAI_PRICES="gone.toml"), "sign-in")
    assert half == [("problem", "ODAI_OIDC_ISSUER is set without ODAI_OIDC_AUDIENCE.")]
    [(status, detail)] = wrong(checks(bench, ODAI_PRICES="gone.toml"), "prices")
    assert (status, detail) == ("problem", "The price table gone.toml cannot be used: No such file or directory.")
    (bench.folder / "none.toml").write_text("price = []\n")
    unpriced = wrong(checks(bench, ODAI_PRICES="none.toml", ODAI_DAILY_USD="1", OPENAI_API_KEY="x"), "ODAI_DAILY_USD")
    assert [status for status, _ in unpriced] == ["warning", "warning"]
    assert unpriced[0][1].startswith("ODAI_DAILY_USD limits no calls: the price table has no price of gpt-realtime-")
    assert wrong(checks(bench, ODAI_DAILY_USD="1", OPENAI_API_KEY="x"), "ODAI_DAILY_USD") == []
    assert Check("prices", "ok", "0, the newest of never") in checks(bench, ODAI_PRICES="none.toml")


def test_a_missing_model_is_a_problem(bench):
    assert wrong(checks(bench, ODAI_PLUGINS="nobody"), "model") == [("problem", "No model is ready.")]


def test_a_model_that_answers_is_ok(bench):
    found = checks(bench, ODAI_PLUGINS="webrtc", OPENAI_API_KEY="sk-very-secret")
    assert [check.detail for check in found if check.name == "model"] == ["openai answers"]
    assert not any("sk-very-secret" in repr(check) for check in found)
    assert any(check.name == "keys" and "OPENAI_API_KEY set" in check.detail for check in found)


def test_who_answers_chats_and_where_they_are_kept(bench):
    found = {check.name: check for check in checks(bench, ODAI_PLUGINS="webrtc", OPENAI_API_KEY="x")}
    assert found["text model"].detail == "openai answers chats"
    assert found["database"].detail.startswith("SQLite")
    assert wrong(checks(bench, ODAI_PLUGINS="nobody"), "text model") == [("problem", "No model is ready.")]


def test_a_database_that_is_not_there_is_a_problem(bench):
    found = checks(bench, ODAI_DATABASE_URL="postgresql://ann:verysecret@127.0.0.1:1/odai")
    assert wrong(found, "database")[0][0] == "problem"
    assert not any("verysecret" in repr(check) for check in found)


def test_a_database_that_does_not_answer_is_a_problem(monkeypatch):
    monkeypatch.setattr(checks_module, "DATABASE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/odai"
        check = checks_module.database(Settings({"ODAI_DATABASE_URL": url}))
    assert (check.status, check.detail) == ("problem", "The database did not answer within 0.05 s.")


def test_plugins_that_are_not_ready_are_told(bench):
    bench.tool("old", api=99)
    both = 'Setting(name="TIDES_KEY", help="The key.", required=True), Setting(name="TIDES_URL", help="Where.")'
    bench.tool("locked", settings=both)
    found = checks(bench, OPENAI_API_KEY="x")
    assert wrong(found, "tool old")[0][0] == "problem"
    assert wrong(found, "tool locked") == [], "nobody has begun to set it up"
    found = checks(bench, OPENAI_API_KEY="x", TIDES_URL="http://127.0.0.1")
    assert wrong(found, "tool locked") == [("warning", "TIDES_KEY is not set.")]


def test_a_public_host_needs_a_secret_and_a_bare_name(bench):
    found = checks(bench, ODAI_PUBLIC_HOST="localhost")
    assert wrong(found, "ODAI_SECRET")[0][0] == "problem"
    assert wrong(found, "ODAI_PUBLIC_HOST")[0][0] == "problem"
    found = checks(bench, ODAI_PUBLIC_HOST="voice.example.com", ODAI_SECRET="hush-hush")
    assert wrong(found, "ODAI_SECRET") == wrong(found, "ODAI_PUBLIC_HOST") == []
    assert not any("hush-hush" in repr(check) for check in found)


BANK = """
from odai_core import AccountPlugin, hookimpl

@hookimpl
def odai_accounts():
    return AccountPlugin(name="bank", api=1, title="Bank", summary="see your money", blueprint=lambda ctx: None)
"""


def test_linked_accounts_need_a_key(bench):
    assert not [check for check in checks(bench) if check.name == "ODAI_ACCOUNT_KEYS"]
    bench.install("bank", BANK, kind="accounts")
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    for keys, demo, found in (("", "", "no start"), ("bad", "", "is not one"), (key, "", None), ("", "1", None)):
        said = wrong(checks(bench, ODAI_ACCOUNT_KEYS=keys, ODAI_DEMO=demo), "ODAI_ACCOUNT_KEYS")
        assert [status for status, detail in said if found in detail] == (["problem"] if found else [])


@pytest.mark.parametrize(
    "environ, status",
    [
        ({"TWILIO_AUTH_TOKEN": "t"}, "problem"),
        ({"ODAI_TWILIO_VALIDATE": "0"}, "warning"),
        ({"ODAI_TWILIO_VALIDATE": "0", "ODAI_PUBLIC_HOST": "voice.example.com"}, "problem"),
        ({"TWILIO_AUTH_TOKEN": "t", "ODAI_PUBLIC_HOST": "voice.example.com"}, "ok"),
    ],
)
def test_the_telephone_s_settings_fit_together(bench, environ, status):
    pytest.importorskip("odai_transport_twilio")
    found = checks(bench, **environ)
    assert [check.status for check in found if check.name == "telephone"] == [status]


def test_a_taken_port_and_a_misspelled_name_are_told(bench):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = checks(bench, "--port", str(port), ODAI_MODLE="local", ODAI_PLUGINS="")
    assert "Address already in use" in wrong(found, "port")[0][1]
    if all(check.status == "ok" or not check.name.startswith("tool") for check in found):
        assert ("warning", "ODAI_MODLE is set and nothing reads it.") in wrong(found, "settings")


def test_a_dotenv_for_everybody_is_told(bench):
    (bench.folder / ".env").write_text("ODAI_SECRET=x\n")
    (bench.folder / ".env").chmod(0o644)
    assert wrong(checks(bench), "settings") == [("warning", ".env can be read by other users of this machine.")]
    (bench.folder / ".env").chmod(0o600)
    assert wrong(checks(bench), "settings") == []


def test_a_cache_that_cannot_be_written_is_told(bench):
    (bench.folder / "file").write_text("")
    found = checks(bench, ODAI_MODELS_DIR=str(bench.folder / "file" / "models"))
    assert wrong(found, "cache folder")[0][1].endswith("cannot be written.")


def test_the_doctor_s_words_for_people(bench):
    done = bench.odai("doctor", OPENAI_API_KEY="x", ODAI_PUBLIC_HOST="localhost")
    assert done.returncode == 1
    assert "2 problems" in done.stdout
    assert "-> Give the bare name" in done.stdout


def test_this_machine_s_troubles_are_told(monkeypatch):
    assert checks_module.clock().status == checks_module.python_version().status == "ok"
    monkeypatch.setattr(checks_module.time, "time", lambda: 1.0)
    assert checks_module.clock().status == "problem"
    monkeypatch.setattr(checks_module, "find_spec", lambda name: None)
    assert checks_module.event_loop().remedy == "pip install uvloop"
    monkeypatch.setattr(checks_module.shutil, "disk_usage", lambda place: SimpleNamespace(free=1000))
    assert "little room" in checks_module.cache_folder(Settings({})).detail


def test_no_way_in_and_missing_files_are_problems():
    assert [check.status for check in checks_module.plugins(Settings({}), Catalog(entries=()))][-1] == "problem"
    plugin = ModelPlugin(
        name="toy",
        api=1,
        title="Toy",
        summary="speak",
        realtime=lambda options: None,
        assets=lambda settings: [Asset(name="a", bytes=1, present=False, licence="MIT")],
    )
    candidate = Candidate(kind="models", name="toy", module="toy", distribution="toy", version="1")
    catalog = Catalog(entries=(Entry(candidate=candidate, name="toy", state=State.READY, plugin=plugin),))
    found = list(checks_module.model(Settings({}), catalog))
    assert [(check.status, check.remedy) for check in found] == [("ok", ""), ("problem", "odai models fetch toy")]


# -- logs


@pytest.mark.parametrize(
    "text",
    [
        "GET /app/voice/stream/1?token=SECRET HTTP/1.1",
        "https://x/y?a=b&api_key=SECRET&c=d",
        "ws://h/p?access_token=SECRET",
        "Authorization: Bearer SECRET",
        "subprotocol odai.token.SECRET, odai.voice",
        "?apikey=SECRET'",
    ],
)
def test_secrets_in_urls_are_hidden(text):
    assert "SECRET" not in redact(text)
    assert "[hidden]" in redact(text)


def test_a_signed_token_is_hidden_wherever_it_stands():
    token = Tokens(Signer(Secret("s"))).mint("ada")
    assert redact(f"no plugin takes {token}.") == "no plugin takes [hidden]"


@pytest.mark.parametrize("text", ["the monkey=3", "tokens are fine", "key: value", "5 calls to finish"])
def test_other_words_stay(text):
    assert redact(text) == text


def test_tracebacks_are_redacted_too():
    try:
        raise ValueError("https://x/?token=SECRET")
    except ValueError:
        import sys

        record = logging.LogRecord("odai", logging.ERROR, "f", 1, "it broke", None, sys.exc_info())
    assert "SECRET" not in Redacting("%(message)s").format(record)

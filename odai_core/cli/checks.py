"""The checks of `odai doctor`, one function each; none prints, and only the database may be elsewhere."""

from __future__ import annotations

import asyncio
import difflib
import os
import platform
import re
import shutil
import socket
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import odai_core
from odai_core.cli.installed import WRONG_STATES
from odai_core.contract import Setting
from odai_core.errors import SettingError, SetupError

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Catalog
    from odai_core.settings import Settings

FREE_BYTES = 700_000_000
"""What fetching a model's files may need for a while."""
DATABASE_SECONDS = 10.0
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+", re.I)


@dataclass(frozen=True)
class Check:
    """One finding. A warning or a problem carries a remedy: what to type or change."""

    name: str
    status: Literal["ok", "warning", "problem"]
    detail: str
    remedy: str = ""


# -- this machine -----------------------------------------------------------------------------------


def python_version() -> Check:
    """Which Python runs this."""
    return Check("python", "ok", f"Python {platform.python_version()} at {sys.prefix}")


def event_loop() -> Check:
    """With uvloop a call costs a tenth less of the processor's time."""
    if find_spec("uvloop") or sys.platform == "win32":
        return Check("event loop", "ok", "uvloop" if find_spec("uvloop") else "asyncio")
    return Check("event loop", "warning", "uvloop is not installed; calls cost more time.", "pip install uvloop")


def clock() -> Check:
    """Tokens and tickets carry times: a clock before our own files' is certainly wrong."""
    made = Path(odai_core.__file__).stat().st_mtime
    if time.time() < made - 86_400:
        remedy = "Set the clock, for instance: timedatectl set-ntp true"
        return Check("clock", "problem", "This machine's clock is behind the time ODAI was installed.", remedy)
    return Check("clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))


def port_free(port: int) -> Check:
    """Could `odai serve` listen now?"""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            detail = f"Port {port} cannot be used now: {error.strerror}."
            return Check("port", "warning", detail, f"If that is not ODAI itself: odai serve --port {port % 65535 + 1}")
    return Check("port", "ok", f"{port} is free")


def cache_folder(settings: Settings) -> Check:
    """Where models keep their files: writable, with room."""
    declared = Setting(name="ODAI_MODELS_DIR", help="")
    chosen = str(settings.bind((declared,))["ODAI_MODELS_DIR"] or "")
    cache = chosen or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = place = Path(cache).expanduser().absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        remedy = "Set ODAI_MODELS_DIR to a folder you can write."
        return Check("cache folder", "warning", f"{folder} cannot be written.", remedy)
    if shutil.disk_usage(place).free < FREE_BYTES:
        return Check(
            "cache folder", "warning", f"{folder} has little room left.", "Free some, or set ODAI_MODELS_DIR elsewhere."
        )
    return Check("cache folder", "ok", str(folder))


# -- settings ---------------------------------------------------------------------------------------


def settings_files() -> Iterator[Check]:
    """The files that were read; who else may read `.env`."""
    found = [name for name in (".env", "odai.toml") if Path(name).is_file()]
    yield Check("settings", "ok", ", ".join(found) or "environment only; no .env or odai.toml in this folder")
    if ".env" in found and os.name == "posix" and Path(".env").stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Check("settings", "warning", ".env can be read by other users of this machine.", "chmod 600 .env")


def misspelled(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Names like ODAI_... that nobody declared."""
    from odai_core.settings import CORE_SETTINGS

    plugins: list[Any] = [entry.plugin for entry in catalog.entries if entry.plugin is not None]
    known = {one.name for one in CORE_SETTINGS} | {one.name for plugin in plugins for one in plugin.settings}
    if any(entry.plugin is None for entry in catalog.entries):
        return  # a plugin that was not loaded may know the name
    for name in sorted(settings.given() - known):
        if name.startswith("ODAI_"):
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it, or install the plugin that reads it."
            yield Check("settings", "warning", f"{name} is set and nothing reads it.", remedy)


def signing_secret(settings: Settings) -> Check:
    """Without ODAI_SECRET every start makes a new key."""
    if settings.core["ODAI_SECRET"]:
        return Check("ODAI_SECRET", "ok", "set")
    if settings.core["ODAI_PUBLIC_HOST"]:
        detail = "Not set, while ODAI_PUBLIC_HOST is: every restart cuts off everybody's token."
        remedy = "python -c \"import secrets; print('ODAI_SECRET=' + secrets.token_urlsafe(32))\" >> .env"
        return Check("ODAI_SECRET", "problem", detail, remedy)
    return Check("ODAI_SECRET", "ok", "not set; fine on this machine alone, tokens end with a restart")


def sign_in(settings: Settings) -> Check:
    """Whose tokens are taken; what is half configured stops the server's start."""
    from odai_core.web.issuer import issuer_of

    try:
        issuer = issuer_of(settings.core)
    except SettingError as error:
        return Check("sign-in", "problem", error.cause, error.remedy)
    return Check("sign-in", "ok", f"users of {issuer.name}" if issuer else "our own tokens; no identity provider")


def prices(settings: Settings) -> Check:
    """Can the price table be used, and how old is it?"""
    from odai_core.usage.prices import load_prices

    try:
        rows = load_prices(settings.core["ODAI_PRICES"]).rows
    except SettingError as error:
        return Check("prices", "problem", error.cause, error.remedy)
    newest = max((row.valid_from.isoformat() for row in rows), default="never")
    return Check("prices", "ok", f"{len(rows)}, the newest of {newest}")


def daily_limit(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Does the limit in money hold for the models that answer?"""
    from odai_core.usage.prices import load_prices
    from odai_core.usage.unpriced import unpriced

    try:
        table = load_prices(settings.core["ODAI_PRICES"])
    except SettingError:
        return  # `prices` has said so
    for problem in unpriced(settings, catalog, table, datetime.now(UTC).date()):
        yield Check("ODAI_DAILY_USD", "warning", problem.cause, problem.remedy)


def account_keys(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Where users link accounts, there is a key to keep them under."""
    from odai_core.accounts.vault import REMEDY, Vault

    if not catalog.ready("accounts"):
        return
    try:
        vault = Vault.of(settings.core)
    except SettingError as error:
        yield Check("ODAI_ACCOUNT_KEYS", "problem", error.cause, error.remedy)
        return
    if vault is None:
        yield Check("ODAI_ACCOUNT_KEYS", "problem", "Not set, while users can link accounts: no start.", REMEDY)
    else:
        yield Check("ODAI_ACCOUNT_KEYS", "ok", "set" if settings.core["ODAI_ACCOUNT_KEYS"] else "a key of each run")


def plugin_secrets(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Which keys are there; never what they are."""
    found: dict[str, bool] = {}
    for entry in catalog.entries:
        plugin: Any = entry.plugin
        for one in plugin.settings if plugin is not None else ():
            if one.secret:
                found[one.name] = one.name in settings.given()
    words = ", ".join(f"{name} {'set' if found[name] else 'not set'}" for name in sorted(found))
    if words:
        yield Check("keys", "ok", words)


# -- plugins ----------------------------------------------------------------------------------------


def model(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Who answers, and are its files whole?"""
    from odai_core.cli.models import model_assets
    from odai_core.plugins.choice import choose_model

    try:
        entry = choose_model(catalog, settings.core["ODAI_MODEL"])
        missing = [asset.name for asset in model_assets(entry, settings) if not asset.present]
    except SetupError as error:
        yield Check("model", "problem", error.cause, error.remedy)
        return
    yield Check("model", "ok", f"{entry.name} answers")
    if missing:
        detail = f"{len(missing)} files of {entry.name} are missing or damaged."
        yield Check("model files", "problem", detail, f"odai models fetch {entry.name}")


def text_model(settings: Settings, catalog: Catalog) -> Check:
    """Who answers chats?"""
    from odai_core.plugins.choice import choose_text_model

    try:
        entry = choose_text_model(catalog, settings.core["ODAI_TEXT_PLUGIN"])
    except SetupError as error:
        return Check("text model", "problem", error.cause, error.remedy)
    return Check("text model", "ok", f"{entry.name} answers chats")


def database(settings: Settings) -> Check:
    """Can chats, accounts and usage be kept? Opens the database, as the server would."""
    from odai_core.store.database import Database

    async def opened() -> str:
        kept = Database(settings.core["ODAI_DATABASE_URL"], settings.core["ODAI_DATA_DIR"])
        try:
            async with asyncio.timeout(DATABASE_SECONDS), kept.read():
                return kept.label
        finally:
            await kept.close()

    try:
        return Check("database", "ok", asyncio.run(opened()))
    except SetupError as error:
        return Check("database", "problem", error.cause, error.remedy)
    except TimeoutError:
        remedy = "Look whether its server runs and ODAI_DATABASE_URL names it."
        return Check("database", "problem", f"The database did not answer within {DATABASE_SECONDS:g} s.", remedy)


def plugins(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """What is ready, what waits for a key, and what is wrong, in its own words."""
    for kind in ("tools", "transports"):
        ready = catalog.ready(kind)
        names = ", ".join(entry.name for entry in ready)
        if kind == "transports" and not ready:
            remedy = "pip install odai-transport-webrtc"
            yield Check(kind, "problem", "There is no way in: no transport is ready.", remedy)
        else:
            yield Check(kind, "ok", f"{len(ready)} ready: {names}" if ready else "none ready")
    given = settings.given()
    waiting = [entry.name for entry in catalog.not_ready() if entry.unused(given)]
    if waiting:
        yield Check("not set up", "ok", f"{', '.join(waiting)} (odai plugins says what each takes)")
    for entry in catalog.not_ready():
        if entry.problem is not None and entry.state != "disabled" and not entry.unused(given):
            status: Literal["warning", "problem"] = "problem" if entry.state in WRONG_STATES else "warning"
            yield Check(f"{entry.kind[:-1]} {entry.name}", status, entry.problem.cause, entry.problem.remedy)


# -- the telephone ----------------------------------------------------------------------------------

_TWILIO = (
    Setting(name="TWILIO_AUTH_TOKEN", help="", secret=True),
    Setting(name="ODAI_TWILIO_VALIDATE", help="", default="1"),
)


def telephone(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Do the public name and Twilio's credentials fit together?"""
    host = settings.core["ODAI_PUBLIC_HOST"]
    if host and not _HOST_NAME.fullmatch(host.partition(":")[0]):
        remedy = "Give the bare name, without https:// and path: ODAI_PUBLIC_HOST=voice.example.com"
        yield Check("ODAI_PUBLIC_HOST", "problem", "It is no public host name.", remedy)
    if catalog.find("transports", "twilio") is None:
        return
    try:
        values = settings.bind(_TWILIO)
    except SettingError as error:
        yield Check("telephone", "problem", error.cause, error.remedy)
        return
    unsigned = values["ODAI_TWILIO_VALIDATE"] == "0"
    if unsigned and host:
        detail = "ODAI_TWILIO_VALIDATE=0 while ODAI_PUBLIC_HOST is set: anybody could pose as Twilio."
        yield Check("telephone", "problem", detail, "Remove ODAI_TWILIO_VALIDATE and set TWILIO_AUTH_TOKEN.")
    elif unsigned:
        detail = "ODAI_TWILIO_VALIDATE=0: calls from this machine only."
        yield Check(
            "telephone", "warning", detail, "For real calls remove it; set TWILIO_AUTH_TOKEN, ODAI_PUBLIC_HOST."
        )
    elif values["TWILIO_AUTH_TOKEN"] and not host:
        detail = "TWILIO_AUTH_TOKEN is set, and Twilio does not know where to find this server."
        yield Check("telephone", "problem", detail, "Set ODAI_PUBLIC_HOST to the name Twilio reaches it by.")
    elif values["TWILIO_AUTH_TOKEN"]:
        yield Check("telephone", "ok", f"Twilio's webhook is https://{host}/twilio/incoming")

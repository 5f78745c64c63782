"""Where values come from: the environment, then `.env`, then `odai.toml`; and what core itself takes from them.

Plugins see only what they declared, through `BoundValues`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from odai_core.contract import Problem, Secret, Setting
from odai_core.errors import SettingError


def flag(text: str) -> bool:
    """Read an on/off setting: 1, true, yes, on (any case) are on; 0, false, no, off and nothing are off."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("use 1 or 0")


def names(text: str) -> tuple[str, ...]:
    """Read a list separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


def positive(number: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read a number above zero."""

    def read(text: str) -> Any:
        value = number(text)
        if not 0 < value < 10**9:
            raise ValueError("use a number above 0")
        return value

    return read


def limit(number: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read a number that is 0 (no limit) or above."""

    def read(text: str) -> Any:
        value = number(text)
        if not 0 <= value < 10**12:
            raise ValueError("use a number above 0, or 0 for no limit")
        return value

    return read


def web_address(text: str) -> str:
    """Read https://host, without a slash at its end."""
    if not text.startswith(("https://", "http://")):
        raise ValueError("begin it with https://")
    return text.rstrip("/")


_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?")


def host_name(text: str) -> str:
    """Read voice.example.com or voice.example.com:8443: the name alone, for it is put into addresses of our own."""
    if not text:
        return ""
    if "/" in text:
        raise ValueError("write the host name alone, without https:// and without a path")
    if not _HOST_NAME.fullmatch(text) or ".." in text:
        raise ValueError("write a host name such as voice.example.com")
    return text.lower()


CORE_SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="ODAI_ACCOUNT_KEYS",
        help="Encrypts users' linked accounts: Fernet keys; the first encrypts, all of them decrypt.",
        secret=True,
    ),
    Setting(name="ODAI_ADMIN_TOKEN", help="Bearer token for POST /-/plugins/reload; empty: off.", secret=True),
    Setting(name="ODAI_ANALYTICS_PII", help="1 sends prompts, phone numbers and e-mail to Segment.", type=flag),
    Setting(
        name="ODAI_CHAT_CONTEXT_TOKENS",
        help="How much of a long chat the model is given, roughly.",
        default="100000",
        type=positive(int),
    ),
    Setting(
        name="ODAI_CHAT_DAYS",
        help="A chat not used for so many days is deleted; 0: never.",
        default="0",
        type=limit(float),
    ),
    Setting(
        name="ODAI_CONFIRM_SECONDS",
        help="How long a tool that changes something waits for the user's yes.",
        default="300",
        type=positive(float),
    ),
    Setting(
        name="ODAI_DAILY_CALL_MINUTES",
        help="How long a user may call in a day, in minutes; 0: no limit.",
        default="0",
        type=limit(float),
    ),
    Setting(
        name="ODAI_DAILY_TOKENS",
        help="How many tokens a user may use in a day; 0: no limit.",
        default="0",
        type=limit(int),
    ),
    Setting(
        name="ODAI_DAILY_USD",
        help="What a user may cost in a day, in US dollars, as far as prices are known; 0: no limit.",
        default="0",
        type=limit(Decimal),
    ),
    Setting(name="ODAI_DATA_DIR", help="The folder of odai.db; empty: this user's data folder."),
    Setting(
        name="ODAI_DATABASE_URL",
        help="Where chats, accounts and usage are kept: postgresql://... or sqlite:///...; empty: odai.db.",
        secret=True,
    ),
    Setting(name="ODAI_DEMO", help="1 lets connectors without a key answer from sample data.", type=flag),
    Setting(name="ODAI_DISABLE", help="Plugins never to import.", type=names),
    Setting(
        name="ODAI_DRAIN_SECONDS", help="How long a stop waits for live calls.", default="30", type=positive(float)
    ),
    Setting(name="ODAI_ENVIRONMENT", help="A name for this installation, shown by /test.", default="local"),
    Setting(
        name="ODAI_FIREBASE_PROJECT",
        help="Take the sign-in tokens of this Firebase project, in place of ODAI_OIDC_ISSUER.",
    ),
    Setting(
        name="ODAI_IDLE_SECONDS", help="A call this long without speech ends.", default="120", type=positive(float)
    ),
    Setting(name="ODAI_MAX_CALL_SECONDS", help="The longest call.", default="3600", type=positive(float)),
    Setting(name="ODAI_MAX_CALLS", help="How many calls at once.", default="100", type=positive(int)),
    Setting(name="ODAI_MAX_CHATS", help="How many chats open at once.", default="1000", type=positive(int)),
    Setting(name="ODAI_MAX_TURN_SECONDS", help="The longest answer in a chat.", default="300", type=positive(float)),
    Setting(name="ODAI_MODEL", help="The model that answers; empty: openai with a key, else local."),
    Setting(name="ODAI_OIDC_ALLOW_ANONYMOUS", help="1 takes tokens of anonymous users too.", type=flag),
    Setting(
        name="ODAI_OIDC_AUDIENCE", help="Whom tokens must be made for: your app's client id, or several.", type=names
    ),
    Setting(name="ODAI_OIDC_ISSUER", help="Take the sign-in tokens of this OpenID Connect issuer, named as in iss."),
    Setting(name="ODAI_OIDC_JWKS_URL", help="Where the issuer's keys are; empty: where its discovery document says."),
    Setting(
        name="ODAI_OIDC_REQUIRED_CLAIMS",
        help="Claims a token must have: name (it must be true) or name=value.",
        type=names,
    ),
    Setting(name="ODAI_ORIGINS", help="Web origins that may open sockets, beside our own.", type=names),
    Setting(name="ODAI_PIN", help="Who wins a name clash: name=distribution, ...", type=names),
    Setting(name="ODAI_PLUGINS", help="Import only these plugins; empty: all.", type=names),
    Setting(name="ODAI_PRICES", help="A price table of your own, a TOML file; empty: the built-in one."),
    Setting(
        name="ODAI_PUBLIC_HOST",
        help="The name the world reaches this server by: voice.example.com.",
        type=host_name,
    ),
    Setting(name="ODAI_SECRET", help="Signs tokens and tickets; empty: a new one every start.", secret=True),
    Setting(name="ODAI_STRICT", help="1 stops the start at the first plugin that is not right.", type=flag),
    Setting(
        name="ODAI_TEXT_PLUGIN",
        help="The model that answers chats; empty: compatible with a base URL, else openai with a key, else local.",
    ),
    Setting(name="ODAI_TRACING", help="1 sends what happens in chats to OpenAI's tracing.", type=flag),
    Setting(name="SEGMENT_HOST", help="Where analytics go; empty: Segment's own.", type=web_address),
    Setting(name="SEGMENT_KEY", help="Segment write key; empty: no analytics.", secret=True),
)


class BoundValues(Mapping[str, Any]):
    """The values of some declarations, read and converted once. Printing it shows names only."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(
                f"{name} is not declared: add Setting(name={name!r}, ...) to the plugin's settings"
            ) from None

    def get(self, name: str, default: Any = None, /) -> Any:
        """The value, or `default` for a name that was not declared."""
        return self._values.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"BoundValues({', '.join(sorted(self._values))})"


class Settings:
    """Every text value by name; immutable. `Settings.load()` reads the three sources of a folder."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self.core = self.bind(CORE_SETTINGS)

    @classmethod
    def load(cls, folder: Path | None = None, environ: Mapping[str, str] = os.environ, **overrides: str) -> Settings:
        """Read `folder` (default: the current one). Raises SettingError for a file or a core value we cannot read."""
        folder = folder or Path.cwd()
        return cls({**_read_toml(folder / "odai.toml"), **_read_dotenv(folder / ".env"), **environ, **overrides})

    def given(self) -> frozenset[str]:
        """The names that have a value, known to anybody or not; for finding misspelled ones."""
        return frozenset(name for name, text in self._texts.items() if text.strip())

    def bind(self, declared: Iterable[Setting]) -> BoundValues:
        """Read and convert; a missing value is its default. Raises SettingError naming the setting, never the value."""
        return BoundValues({setting.name: self._read(setting) for setting in declared})

    def problem(self, declared: Sequence[Setting], *, missing_is_fine: bool = False) -> Problem | None:
        """The first reason why these declarations cannot be satisfied."""
        for setting in declared:
            if setting.required and not missing_is_fine and not self._texts.get(setting.name, "").strip():
                where = f" (get one at {setting.where})" if setting.where else ""
                return Problem(
                    cause=f"{setting.name} is not set.", remedy=f"Set {setting.name} in the environment or .env{where}."
                )
            try:
                self._read(setting)
            except SettingError as error:
                return Problem(cause=error.cause, remedy=error.remedy)
        return None

    def _read(self, setting: Setting) -> Any:
        text = self._texts.get(setting.name, "").strip() or setting.default
        if setting.secret:
            return Secret(text)
        try:
            return setting.type(text) if text or setting.type in (str, flag, names, host_name) else None
        except Exception as error:  # the converter is a plugin's
            raise SettingError(
                f"{setting.name} has a bad value: {_reason(error, text)}.", f"{setting.help} Change {setting.name}."
            ) from None

    def __repr__(self) -> str:
        return f"Settings({len(self._texts)} values)"


def _reason(error: Exception, text: str) -> str:
    """What is wrong with a value, without the value: somebody may have put a key where a number belongs."""
    said, quoted = str(error), repr(text)
    # A value of three letters gives nothing away, and would be found in any sentence.
    repeats_it = quoted in said or (len(text) > 3 and (text in said or quoted[1:-1] in said))
    return "it cannot be read" if repeats_it or not said else said.rstrip(".")


def _read_toml(path: Path) -> dict[str, str]:
    """Flat `NAME = value` lines; lists become comma lists, booleans 1 and 0."""
    try:
        if not path.is_file():
            return {}
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return {name: _as_text(value, path, name) for name, value in values.items()}
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(f"{path.name} cannot be read: {error}.", "Mend it or move it away.") from None


def _as_text(value: Any, path: Path, name: str) -> str:
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) for item in items):
        raise SettingError(f"{path.name} has a table or a nested list {name}.", "Write flat lines: NAME = 'value'.")
    return ",".join(str(int(item)) if isinstance(item, bool) else str(item) for item in items)


def _read_dotenv(path: Path) -> dict[str, str]:
    try:
        if not path.is_file():
            return {}
        from dotenv import dotenv_values

        lines = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
        return {name: value for name, value in lines.items() if value is not None}
    except (OSError, ValueError) as error:
        raise SettingError(f"{path.name} cannot be read: {error}.", "Mend it or move it away.") from None

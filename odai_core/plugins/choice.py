"""Which of the installed models answers, in calls and in chats."""

from __future__ import annotations

from odai_core.contract import ModelPlugin, Problem
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry

PREFERRED_MODELS = ("openai", "local")
"""Without ODAI_MODEL: the first of these that is ready, then any other."""
PREFERRED_TEXT_MODELS = ("compatible", "openai", "local")
"""The same without ODAI_TEXT_PLUGIN. An endpoint that somebody has named with ODAI_TEXT_BASE_URL goes first."""


def choose_model(catalog: Catalog, wanted: str) -> Entry:
    """The model that answers calls. Raises SetupError with what to do when there is none."""
    return _choose(catalog, wanted, "ODAI_MODEL", "calls", PREFERRED_MODELS)


def choose_text_model(catalog: Catalog, wanted: str) -> Entry:
    """The model that answers chats. Raises SetupError with what to do when there is none."""
    return _choose(catalog, wanted, "ODAI_TEXT_PLUGIN", "chats", PREFERRED_TEXT_MODELS)


def _choose(catalog: Catalog, wanted: str, setting: str, use: str, preferred: tuple[str, ...]) -> Entry:
    if wanted:
        entry = catalog.find("models", wanted)
        if entry is None:
            raise SetupError(
                f"{setting} is {wanted}, and no such model is installed.", f"pip install odai-model-{wanted}"
            )
        if entry.problem is not None:
            raise SetupError(f"The model {wanted} is {entry.state}: {entry.problem.cause}", entry.problem.remedy)
        if not _serves(entry, use):
            problem = _lacks(entry, use)
            cause = f"The model {wanted} is not for {use}{f': {problem.cause}' if problem else '.'}"
            raise SetupError(cause, problem.remedy if problem else f"Choose another one with {setting}.")
        return entry
    ready = {entry.name: entry for entry in catalog.ready("models") if _serves(entry, use)}
    for name in (*preferred, *ready):
        if name in ready:
            return ready[name]
    models = [entry for entry in catalog.entries if entry.kind == "models"]
    problems = " ".join(problem.remedy for entry in models if (problem := entry.problem or _lacks(entry, use)))
    raise SetupError("No model is ready.", problems or "pip install odai-model-local, or set OPENAI_API_KEY.")


def _serves(entry: Entry, use: str) -> bool:
    plugin = entry.plugin
    offered = isinstance(plugin, ModelPlugin) and (plugin.realtime if use == "calls" else plugin.text) is not None
    return offered and _lacks(entry, use) is None


def _lacks(entry: Entry, use: str) -> Problem | None:
    """What a ready model still needs to answer chats."""
    if use == "calls" or not isinstance(entry.plugin, ModelPlugin) or entry.plugin.text is None:
        return None
    try:
        return entry.plugin.text_available(entry.values)
    except Exception as error:
        return Problem(cause=f"its text_available failed with {type(error).__name__}.", remedy="Ask its author.")

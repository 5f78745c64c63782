"""Which of the installed models answers."""

from __future__ import annotations

from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry

PREFERRED_MODELS = ("openai", "local")
"""Without ODAI_MODEL: the first of these that is ready, then any other."""


def choose_model(catalog: Catalog, wanted: str) -> Entry:
    """The model that answers. Raises SetupError with what to do when there is none."""
    if wanted:
        entry = catalog.find("models", wanted)
        if entry is None:
            raise SetupError(
                f"ODAI_MODEL is {wanted}, and no such model is installed.", f"pip install odai-model-{wanted}"
            )
        if entry.problem is not None:
            raise SetupError(f"The model {wanted} is {entry.state}: {entry.problem.cause}", entry.problem.remedy)
        return entry
    ready = {entry.name: entry for entry in catalog.ready("models")}
    for name in (*PREFERRED_MODELS, *ready):
        if name in ready:
            return ready[name]
    problems = " ".join(entry.problem.remedy for entry in catalog.entries if entry.kind == "models" and entry.problem)
    raise SetupError("No model is ready.", problems or "pip install odai-model-local, or set OPENAI_API_KEY.")

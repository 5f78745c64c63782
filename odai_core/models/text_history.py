"""A chat's items as any service takes them: without what only the service that made them can know again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from agents.models.fake_id import FAKE_RESPONSES_ID

if TYPE_CHECKING:
    from agents.items import TResponseInputItem


def portable(items: str | Sequence[TResponseInputItem]) -> str | list[TResponseInputItem]:
    """The items without ids, and without reasoning but that of the turn under way which the service can read again.

    A chat goes on for weeks, and with another model than it began with: an id the service has forgotten, or never
    gave, ends the turn with an error.
    """
    if isinstance(items, str):
        return items
    last = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    kept = [
        item if item.get("type") == "reasoning" else _without_id(item)
        for at, item in enumerate(items)
        if item.get("type") != "reasoning" or (at > last and item.get("encrypted_content"))
    ]
    return cast("list[TResponseInputItem]", kept)


def _without_id(item: Mapping[str, Any]) -> dict[str, Any]:
    # The SDK knows an answer by its having an id, and takes this one out before it sends anything.
    fake = {"id": FAKE_RESPONSES_ID} if "id" in item else {}
    # "provider_data" makes the SDK clean items by rules of its own; what it says is of no use to another service.
    return {name: value for name, value in item.items() if name != "provider_data"} | fake

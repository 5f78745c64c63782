"""What changes something is no way to find something."""

from __future__ import annotations

from odai_model_local.brain import followup
from odai_model_local.brain.spec import read_tools

from odai_core import ToolInfo


def diary(name: str, about: str, example: str, slot: str, *, confirm: bool = False) -> ToolInfo:
    schema = {
        "type": "object",
        "properties": {slot: {"type": "string", "description": "Which one."}},
        "required": [slot],
    }
    return ToolInfo(
        name=name, description=about, parameters=schema, examples=(example,), plugin="diary", confirm=confirm
    )


CREATE = diary(
    "create_diary_event", "Put an event in the diary.", "put {title:lunch} in my diary", "title", confirm=True
)
SEARCH = diary("search_diary_events", "Find an event.", "find {query:lunch} in my diary", "query")
DELETE = diary("delete_diary_event", "Delete an event.", "delete {event_id:lunch}", "event_id", confirm=True)


def test_a_search_finds_what_an_id_is_wanted_of():
    specs = read_tools([CREATE, SEARCH, DELETE])
    found = followup.finder(specs, specs[2], specs[2].slots[0])
    assert found is specs[1]


def test_nothing_is_made_to_find_what_is_to_be_deleted():
    specs = read_tools([CREATE, DELETE])
    assert followup.finder(specs, specs[1], specs[1].slots[0]) is None

"""A signature becomes a strict schema, and a decoder nothing hostile gets through."""

from __future__ import annotations

import contextlib
import enum
import functools
import json
from typing import Annotated, Any, Literal

import pytest
from agents.strict_schema import ensure_strict_json_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from odai_core import PluginError, ToolContext, ToolError, tool
from odai_core.tools.schema import MAX_ARGUMENTS, describe


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@tool(examples=["{what:sushi} near {place}"], progress="Looking", timeout=3)
async def everything(
    ctx: ToolContext,
    what: str,
    count: int,
    weight: float,
    hot: bool,
    size: Size,
    sort: Literal["best", "near"],
    stars: Literal[1, 2],
    tags: list[str],
    place: Annotated[str | None, "Where  to look."] = "Boston",
    limit: int | None = 10,
    open_now: bool = False,
    kind: Size | None = None,
) -> str:
    """Look for something.

    And some more about it.

    Args:
        what: What to look
            for.
        limit: How many.
    """
    return what


FULL = {
    "what": "x", "count": 1, "weight": 1.5, "hot": True, "size": "small", "sort": "best", "stars": 1, "tags": ["a"],
    "place": "Rome", "limit": 3, "open_now": True, "kind": "large",
}  # fmt: skip


def decode(**changes: Any) -> dict[str, Any]:
    return describe(everything).decode(json.dumps(FULL | changes))


def test_the_description_is_the_docstring_without_its_arguments():
    spec = describe(everything)
    assert (spec.name, spec.description) == ("everything", "Look for something. And some more about it.")
    assert spec.wants_context == "ctx"
    assert spec.options.timeout == 3
    assert spec.options.progress == "Looking"


def test_the_schema_is_strict_and_hides_the_context():
    schema = describe(everything).parameters
    assert schema["required"] == list(schema["properties"]) == list(FULL)
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "what": {"type": "string", "description": "What to look for."},
        "count": {"type": "integer"},
        "weight": {"type": "number"},
        "hot": {"type": "boolean"},
        "size": {"type": "string", "enum": ["small", "large"]},
        "sort": {"type": "string", "enum": ["best", "near"]},
        "stars": {"type": "integer", "enum": [1, 2]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": ["string", "null"], "description": "Where to look. Null means 'Boston'."},
        "limit": {"type": ["integer", "null"], "description": "How many. Null means 10."},
        "open_now": {"type": ["boolean", "null"], "description": "Null means False."},
        "kind": {"type": ["string", "null"], "enum": ["small", "large", None]},
    }


def test_the_sdk_accepts_the_schema_as_it_is():
    schema = dict(describe(everything).parameters)
    assert ensure_strict_json_schema(json.loads(json.dumps(schema))) == schema


def test_a_tool_without_parameters_has_an_empty_object():
    async def ping() -> str:
        """Answer."""
        return "pong"

    spec = describe(ping)
    assert spec.parameters == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert spec.decode("") == spec.decode(b" {} ") == {}


def test_an_optional_parameter_without_default_is_none_when_left_out():
    async def ask(town: str | None) -> None:
        """Ask."""

    assert describe(ask).decode("{}") == {"town": None}


def test_arguments_arrive_as_python_values():
    assert decode() == FULL | {"size": Size.SMALL, "kind": Size.LARGE}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"count": "5"}, 5),
        ({"count": 5.0}, 5),
        ({"count": " 7 "}, 7),
        ({"what": 2150}, "2150"),
        ({"what": "  tea "}, "tea"),
        ({"weight": "2.5"}, 2.5),
        ({"weight": 3}, 3.0),
        ({"hot": "yes"}, True),
        ({"hot": 0}, False),
        ({"size": "LARGE"}, Size.LARGE),
        ({"sort": " Near"}, "near"),
        ({"stars": "2"}, 2),
        ({"tags": "one"}, ["one"]),
        ({"tags": []}, []),
        ({"place": None}, "Boston"),
        ({"limit": None}, 10),
        ({"kind": None}, None),
        ({"kind": "SMALL"}, Size.SMALL),
    ],
)
def test_what_a_model_means_is_understood(changes, expected):
    assert decode(**changes)[next(iter(changes))] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"what": None}, {"what": ["a"]}, {"what": True}, {"what": {}}, {"count": "five"}, {"count": 5.5},
        {"count": True}, {"count": "inf"}, {"count": "9" * 5000}, {"count": []}, {"weight": "nan"}, {"weight": {}},
        {"hot": "perhaps"}, {"hot": 2}, {"hot": [1]}, {"size": "medium"}, {"sort": 1}, {"stars": 3}, {"stars": "x"},
        {"tags": [["a"]]}, {"tags": None}, {"tags": {"a": 1}}, {"weight": "1e999"}, {"extra": 1},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_sentence(changes):
    with pytest.raises(ToolError) as caught:
        decode(**changes)
    assert caught.value.code == "bad_request"
    assert caught.value.message.endswith(".")
    assert "extra" not in caught.value.message
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "arguments",
    [
        "{", "[]", "null", "1", '"x"', b"\xff", '{"what": "\\ud800"}', "[" * 30_000, '{"a":' * 6000, "NaN",
        "{'what': 1}", '{"what": 1} trailing',
    ],
)  # fmt: skip
def test_what_is_not_an_object_is_a_sentence(arguments):
    with pytest.raises(ToolError, match="garbled"):
        describe(everything).decode(arguments)


def test_too_much_is_refused_unread():
    with pytest.raises(ToolError, match="too much"):
        describe(everything).decode(json.dumps({"what": "x" * MAX_ARGUMENTS}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SPEC = describe(everything)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*FULL, "other"]), json_values))
def test_any_json_is_decoded_or_refused(arguments):
    decoded = dict(FULL)
    with contextlib.suppress(ToolError):
        decoded = SPEC.decode(json.dumps(FULL | arguments))
    assert decoded.keys() == FULL.keys()
    assert type(decoded["count"]) is int
    assert type(decoded["what"]) is str
    assert type(decoded["hot"]) is bool


@settings(deadline=None)
@given(st.binary() | st.text())
def test_any_bytes_are_decoded_or_refused(arguments):
    with pytest.raises(ToolError):
        SPEC.decode(arguments)


# -- what is refused ---------------------------------------------------------------------------------


def sync(a: str) -> str:
    """Do."""
    return a


async def starred(*a: str) -> None:
    """Do."""


async def double_starred(**a: str) -> None:
    """Do."""


async def bare(a) -> None:  # type: ignore[no-untyped-def]
    """Do."""


async def by_position(a: str, /) -> None:
    """Do."""


async def silent(a: str) -> None: ...


async def only_arguments(a: str) -> None:
    """
    Args:
        a: Something.
    """


async def untold(a: Missing) -> None:  # type: ignore[name-defined] # noqa: F821
    """Do."""


async def mapping(a: dict[str, str]) -> None:
    """Do."""


async def bare_list(a: list) -> None:  # type: ignore[type-arg]
    """Do."""


async def union(a: int | str) -> None:
    """Do."""


async def mixed(a: Literal["a", 1]) -> None:
    """Do."""


async def holes(a: list[str | None]) -> None:
    """Do."""


async def anything(a: Any) -> None:
    """Do."""


async def nothing(a: None) -> None:
    """Do."""


async def generator(a: str) -> Any:
    """Do."""
    yield a


async def hangup_call() -> None:
    """Hang up."""


async def n(a: str) -> None:
    """Do."""


n.__name__ = "näme"


@tool(timeout=0)
async def hurried(a: str) -> None:
    """Do."""


@tool(examples=["find {b:something}"])
async def mismarked(a: str) -> None:
    """Do."""


async def transfer_to_yelp() -> None:
    """Look like a hand-off."""


async def strange_options(a: str) -> None:
    """Do."""


strange_options.__odai_tool__ = {"timeout": 1}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        (sync, "not an async function"),
        (generator, "not an async function"),
        ("text", "not an async function"),
        (functools.partial(silent, a="x"), "name no model accepts"),
        (n, "name no model accepts"),
        (hangup_call, "belongs to ODAI"),
        (transfer_to_yelp, "belongs to ODAI"),
        (starred, r"takes \*a"),
        (double_starred, r"takes \*a"),
        (by_position, "by position only"),
        (bare, "no annotation on the parameter a"),
        (untold, "NameError"),
        (silent, "no description"),
        (only_arguments, "no description"),
        (mapping, "dict"),
        (bare_list, "list"),
        (union, r"int \| str"),
        (mixed, "Literal"),
        (holes, "optional values"),
        (anything, "Any"),
        (nothing, "NoneType"),
        (hurried, "timeout 0"),
        (mismarked, "marks 'b'"),
        (strange_options, "not ours"),
    ],
)
def test_what_a_model_would_refuse_is_refused_at_load(function, cause):
    with pytest.raises(PluginError, match=cause) as caught:
        describe(function)
    assert caught.value.cause.endswith(".")
    assert caught.value.remedy.endswith(".")


def test_core_may_use_its_own_names():
    assert describe(hangup_call, builtin=True).name == "hangup_call"


def test_a_docstring_nobody_can_parse_still_describes(monkeypatch):
    import docstring_parser

    def refuse(*_: object, **__: object) -> None:
        raise docstring_parser.ParseError

    monkeypatch.setattr(docstring_parser, "parse", refuse)
    assert describe(everything).description == "Look for something. And some more about it."

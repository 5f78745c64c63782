"""How a plain async function becomes a tool: its signature and docstring in, a strict JSON schema and a decoder out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn, get_type_hints

import msgspec

from odai_core.contract import ToolContext, ToolFunction, ToolOptions
from odai_core.errors import PluginError, ToolError
from odai_core.tools.kinds import Kind, kind_of

MAX_ARGUMENTS = 32_768
"""Bytes of JSON a model may send as arguments; real calls need a few hundred."""
RESERVED = frozenset({"hangup_call", "report_unhandled_request"})
"""Core's own tools."""
HANDOFF_PREFIX = "transfer_to_"
"""Hand-offs are tools to a model, and theirs are the names that begin like this."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_SECTION = re.compile(r"^(?:Args|Returns|Raises|Yields):", re.MULTILINE)
_MARK = re.compile(r"\{([^{}:]*)[:}]")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One argument of a tool. `kind` says what it holds; `default` counts only when it is not required."""

    name: str
    kind: Kind
    required: bool
    default: Any
    description: str

    def schema(self) -> dict[str, Any]:
        """Its property in the tool's schema; an optional one may also be null."""
        kind = self.kind if self.required else self.kind.or_null()
        return {**kind.schema, "description": self.description} if self.description else dict(kind.schema)


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool that has been checked: nothing in it is refused by the SDK or a model later."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A strict JSON schema: every property required, optional ones nullable, no additional properties."""
    options: ToolOptions
    function: ToolFunction
    wants_context: str | None
    """The name of the parameter that receives the `ToolContext`."""
    decode: Callable[[str | bytes], dict[str, Any]]
    """The model's JSON arguments -> keyword arguments, without the context. Raises `ToolError("bad_request")`."""


def describe(function: ToolFunction, *, builtin: bool = False) -> ToolSpec:
    """Check a tool function and describe it. `builtin` lets core use its reserved names.

    Raises `PluginError` with the cause and the remedy, one sentence each.
    """
    name = getattr(function, "__name__", "")
    where = f"The tool {name or function!r} of {getattr(function, '__module__', '?')}"
    _check_function(function, name, where, builtin)
    parameters, wants_context = _parameters(function, where)
    docstring = inspect.getdoc(function) or ""
    description, described = _read_docstring(docstring)
    if not description:
        _refuse(f"{where} has no description.", "Say in the docstring's first line what it does; the model reads it.")
    parameters = [_with_description(parameter, described) for parameter in parameters]
    options = getattr(function, "__odai_tool__", ToolOptions())
    _check_options(options, {parameter.name for parameter in parameters}, where)
    return ToolSpec(
        name=name,
        description=description,
        parameters=_strict_object(parameters),
        options=options,
        function=function,
        wants_context=wants_context,
        decode=_decoder(parameters),
    )


def _refuse(cause: str, remedy: str) -> NoReturn:
    raise PluginError(cause, remedy)


def _check_function(function: Any, name: str, where: str, builtin: bool) -> None:
    if not callable(function) or not inspect.iscoroutinefunction(function):
        _refuse(
            f"{where} is not an async function.", "Declare it with `async def`; a blocking one would stop every call."
        )
    if not _NAME.fullmatch(name):
        _refuse(f"{where} has a name no model accepts.", "Use 1 to 64 of the characters a-z, A-Z, 0-9, _ and -.")
    if (name in RESERVED or name.startswith(HANDOFF_PREFIX)) and not builtin:
        _refuse(f"{where} has a name that belongs to ODAI.", "Give it another name.")


def _check_options(options: Any, names: set[str], where: str) -> None:
    if not isinstance(options, ToolOptions):
        _refuse(f"{where} carries options that are not ours.", "Decorate it with `@tool(...)` from odai_core.")
    timeout = options.timeout
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 600:
        _refuse(f"{where} has the timeout {timeout!r}.", "Give `@tool(timeout=...)` seconds, above 0 and at most 600.")
    for example in options.examples:
        for mark in _MARK.findall(example):
            if mark.strip() not in names:
                _refuse(
                    f"{where} has an example that marks {mark!r}, which is not a parameter.",
                    f"Mark one of {', '.join(sorted(names)) or 'none'} in {example!r}.",
                )


def _parameters(function: Any, where: str) -> tuple[list[Parameter], str | None]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as error:  # an annotation is any expression, so reading it may raise anything
        _refuse(
            f"{where} has an annotation that cannot be read: {type(error).__name__}: {error}.",
            "Import the names it uses at run time, not under TYPE_CHECKING.",
        )
    found, wants_context = [], None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            _refuse(f"{where} takes *{parameter.name}.", "Name every parameter; a model must know them all.")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            _refuse(f"{where} takes {parameter.name} by position only.", "Remove the `/`; arguments come by name.")
        if parameter.name not in hints:
            _refuse(
                f"{where} has no annotation on the parameter {parameter.name}.",
                f"Annotate it, for instance `{parameter.name}: str`.",
            )
        hint = hints[parameter.name]
        if hint is ToolContext:
            wants_context = parameter.name
        else:
            found.append(_parameter(parameter, hint, where))
    return found, wants_context


def _parameter(parameter: inspect.Parameter, hint: Any, where: str) -> Parameter:
    try:
        kind = kind_of(hint)
    except TypeError as error:
        _refuse(
            f"{where} has a parameter {parameter.name} whose type no model can be told: {error}.",
            "Use str, int, float, bool, Literal, an Enum, list[...] of them, or one of them | None.",
        )
    required = parameter.default is parameter.empty and not kind.nullable
    default = None if parameter.default is parameter.empty else parameter.default
    return Parameter(name=parameter.name, kind=kind, required=required, default=default, description=kind.description)


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """A Google-style docstring -> what the tool does, and what each argument is."""
    # docstring_parser costs 20 ms to import, and most commands describe no tool.
    import docstring_parser

    try:
        parsed = docstring_parser.parse(text, style=docstring_parser.DocstringStyle.GOOGLE)
    except docstring_parser.ParseError:
        return _one_line(_SECTION.split(text)[0]), {}
    said = " ".join(part for part in (parsed.short_description, parsed.long_description) if part)
    return _one_line(said), {item.arg_name: _one_line(item.description or "") for item in parsed.params}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _with_description(parameter: Parameter, described: Mapping[str, str]) -> Parameter:
    said = parameter.description or described.get(parameter.name, "")
    if not parameter.required and parameter.default is not None:
        said = f"{said} Null means {parameter.kind.show(parameter.default)}.".strip()
    return replace(parameter, description=said)


def _strict_object(parameters: list[Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {parameter.name: parameter.schema() for parameter in parameters},
        "required": [parameter.name for parameter in parameters],
        "additionalProperties": False,
    }


def _decoder(parameters: list[Parameter]) -> Callable[[str | bytes], dict[str, Any]]:
    known = {parameter.name: parameter for parameter in parameters}
    expected = " and ".join(name.replace("_", " ") for name in known) or "no details"

    def decode(arguments: str | bytes) -> dict[str, Any]:
        given = _read_object(arguments)
        if not given.keys() <= known.keys():
            # The stranger's word is not repeated: it may be anything, and this is spoken.
            raise ToolError("bad_request", f"I got a detail I can't use here. What I can use is {expected}.")
        return {name: _value(parameter, given.get(name)) for name, parameter in known.items()}

    return decode


def _read_object(arguments: str | bytes) -> dict[str, Any]:
    if len(arguments) > MAX_ARGUMENTS:
        raise ToolError("bad_request", "That was too much for one request. Please ask for something shorter.")
    try:
        given = msgspec.json.decode(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ToolError("bad_request", "I got that request garbled. Please say it again.")
    return given


def _value(parameter: Parameter, given: Any) -> Any:
    spoken_name = parameter.name.replace("_", " ")
    if given is None:
        if parameter.required:
            raise ToolError("bad_request", f"I need to know the {spoken_name} for that.")
        return parameter.default
    try:
        return parameter.kind.convert(given)
    except (TypeError, ValueError, OverflowError, RecursionError, ArithmeticError):
        pass
    raise ToolError("bad_request", f"I didn't understand the {spoken_name}. Please say it again.")

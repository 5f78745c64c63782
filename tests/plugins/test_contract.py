from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle

import pytest

import odai_core
from odai_core import calls, contract, errors, hooks
from odai_core.calls import PCM16_24K, ULAW_8K
from odai_core.contract import ModelPlugin, Secret, ToolOptions, ToolPlugin, tool
from odai_core.errors import CallRefused, Draining, OdaiError, Overloaded, SessionTaken, SetupError, ToolError

KEY = "sk-do-not-print-me"


# -- secrets


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol):
    with pytest.raises(TypeError, match="a Secret is not pickled"):
        pickle.dumps({"key": Secret(KEY)}, protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_secret_is_not_copied(copied):
    with pytest.raises(TypeError):
        copied(Secret(KEY))


def test_a_secret_is_not_written_as_json():
    with pytest.raises(TypeError) as caught:
        json.dumps(Secret(KEY))
    assert KEY not in str(caught.value)
    assert KEY not in json.dumps(Secret(KEY), default=str)


def test_a_secret_has_nothing_to_look_into():
    secret = Secret(KEY)
    with pytest.raises(TypeError):
        vars(secret)
    assert KEY not in f"{secret}{secret!r}{secret!s}{[secret]}{dir(secret)}"
    assert "%s" % secret == "Secret(set)"  # noqa: UP031 - the way of logging
    assert repr(Secret("")) == "Secret(empty)"
    assert secret != KEY
    assert secret.reveal() == KEY


# -- the tool decorator


def test_tool_bare_and_with_options():
    @tool
    async def bare() -> str:
        """Say it."""
        return ""

    @tool(timeout=3, examples=["find {x:it}"], progress="Looking", confirm=True, voice=False)
    async def full(x: str) -> str:
        """Find it."""
        return x

    @tool()
    async def empty() -> str:
        """Say it."""
        return ""

    assert bare.__odai_tool__ == empty.__odai_tool__ == ToolOptions()
    assert full.__odai_tool__ == ToolOptions(
        timeout=3, examples=("find {x:it}",), progress="Looking", confirm=True, voice=False
    )
    assert inspect.iscoroutinefunction(full)
    assert full.__name__ == "full"


def test_tool_refuses_an_option_it_does_not_know():
    with pytest.raises(TypeError, match="retries"):
        tool(retries=3)


# -- declarations


@pytest.mark.parametrize(
    "declaration",
    [
        value
        for module in (contract, calls)
        for value in vars(module).values()
        if dataclasses.is_dataclass(value) and value.__module__ == module.__name__
    ],
)
def test_declarations_are_frozen(declaration):
    assert declaration.__dataclass_params__.frozen
    assert declaration.__doc__


def test_api_has_no_default():
    with pytest.raises(TypeError, match="api"):
        ToolPlugin(name="x", title="", summary="", tools=[])


def test_a_model_is_available_unless_it_says_otherwise():
    model = ModelPlugin(name="x", api=1, title="", summary="", realtime=lambda options: None)
    assert model.available({}) is None


def test_bytes_of_a_millisecond():
    assert (PCM16_24K.bytes_per_ms, ULAW_8K.bytes_per_ms) == (48, 8)


# -- hooks


def test_a_hook_for_every_kind_and_no_body():
    specs = {name: value for name, value in vars(hooks).items() if hasattr(value, "odai_spec")}
    assert set(specs) == {"odai_tools", "odai_transports", "odai_models", "odai_accounts"}
    for spec in specs.values():
        assert not inspect.signature(spec).parameters
        assert f"`odai.{spec.__name__.removeprefix('odai_')}`" in spec.__doc__
        with pytest.raises(NotImplementedError):
            spec()


# -- errors


def test_every_error_is_in_the_drawn_tree():
    ours = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, OdaiError)]
    assert all(error.__name__ in errors.__doc__ for error in ours)
    assert all(error.__doc__ for error in ours)


@pytest.mark.parametrize("error", SetupError.__subclasses__())
def test_setup_errors_say_what_to_do(error):
    raised = error("It is so.", "Do this.")
    assert (raised.cause, raised.remedy, str(raised)) == ("It is so.", "Do this.", "It is so. Do this.")


@pytest.mark.parametrize(
    "error, status, close", [(Overloaded, 503, 1013), (Draining, 503, 1001), (SessionTaken, 409, 1008)]
)
def test_refusals_know_their_codes(error, status, close):
    assert issubclass(error, CallRefused)
    assert (error.status, error.close_code, error.retry_after) == (status, close, 5)


def test_tool_error():
    error = ToolError("rate_limited", "They are busy.", retry_after=2.5)
    assert (error.code, error.message, error.retry_after) == ("rate_limited", "They are busy.", 2.5)
    assert str(error) == "rate_limited: They are busy."
    assert ToolError("x", "y").retry_after is None


def test_the_api_number_is_public():
    assert odai_core.API_VERSION == contract.API_VERSION == 1

"""The conformance kit lets a good plugin pass and catches every spoiled one."""

from __future__ import annotations

import pytest

from odai_core.testing.kit import STANDARD
from tests.kit_mutants.account_mutants import ACCOUNT_MUTANTS
from tests.kit_mutants.mutants import MUTANTS, Mutant
from tests.kit_mutants.runner import SAMPLES, caught, failures, installed

ALL = (*MUTANTS, *ACCOUNT_MUTANTS)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_good_plugin_passes(sample: str):
    with installed(sample=sample) as subject:
        assert {name: said for name in STANDARD if (said := failures(subject, name, first=False))} == {}


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_the_mutant_is_caught(mutant: Mutant):
    assert caught(mutant), f"{mutant.caught_by} does not notice {mutant.name}"


def test_every_standard_test_has_caught_something():
    assert {mutant.caught_by for mutant in ALL} == set(STANDARD)

"""`python -m tests.kit_mutants`: every mutant, and the standard test that caught it."""

from __future__ import annotations

import sys

from odai_core.testing.kit import STANDARD
from tests.kit_mutants.account_mutants import ACCOUNT_MUTANTS
from tests.kit_mutants.mutants import MUTANTS
from tests.kit_mutants.runner import SAMPLES, caught, failures, installed

ALL = (*MUTANTS, *ACCOUNT_MUTANTS)


def main() -> int:
    """0 when the good plugins pass and every spoiled one is caught."""
    wrong = {}
    for sample in SAMPLES:
        with installed(sample=sample) as subject:
            wrong |= {name: said for name in STANDARD if (said := failures(subject, name, first=False))}
    for name, said in wrong.items():
        print(f"A GOOD PLUGIN FAILS  {name}: {said[0]}")
    escaped = 0
    for mutant in ALL:
        said = caught(mutant)
        escaped += not said
        print(f"{'caught ' if said else 'ESCAPED'}  {mutant.name:42} {mutant.caught_by:44} {said[:110]}", flush=True)
    print(f"{len(ALL) - escaped} of {len(ALL)} caught")
    return 1 if wrong or escaped else 0


if __name__ == "__main__":
    sys.exit(main())

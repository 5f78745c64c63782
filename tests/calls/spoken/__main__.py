"""`python -m tests.calls.spoken`: call the keyless assistant with speech, and see what it hears and answers."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.calls.spoken.callers import TALKERS, TRANSPORTS, Outcome, make_calls
from tests.calls.spoken.report import table
from tests.calls.spoken.scripts import Script, scripts
from tests.calls.spoken.voices import NoVoice, say_all


def main() -> None:
    """Read the arguments, make the calls, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.calls.spoken", description=__doc__)
    parser.add_argument("--clean", action="store_true", help="only in the app, 24 kHz")
    parser.add_argument("--phone", action="store_true", help="only on the phone, 8 kHz")
    parser.add_argument("--voice", help="say every request in this one")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="only calls whose id begins so")
    parser.add_argument("--talkers", type=int, default=TALKERS, help="calls at once")
    parser.add_argument("--noise", type=float, metavar="DB", help="white noise on the phone, so far below the speech")
    parser.add_argument("--wrong", action="store_true", help="show only what went wrong")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes there")
    given = parser.parse_args()
    chosen = _speakable(_chosen(given))
    wanted = [name for name in TRANSPORTS if getattr(given, name) or not (given.clean or given.phone)]
    started = time.monotonic()
    outcomes = asyncio.run(
        make_calls(chosen, transports=wanted, talkers=given.talkers, noise_db=given.noise, tell=_progress)
    )
    print(table(outcomes, only_wrong=given.wrong))
    print(f"{len(outcomes)} calls in {time.monotonic() - started:.0f} s")
    if given.json:
        given.json.write_text(json.dumps([asdict(one) | {"right": one.right} for one in outcomes], indent=1), "utf-8")


def _chosen(given: Any) -> list[Script]:
    chosen = [one for one in scripts() if not given.only or one.id.startswith(tuple(given.only))]
    if given.voice:
        return [replace(one, voice=given.voice) for one in chosen if one.clip is None]
    return chosen


def _progress(outcome: Outcome) -> None:
    print("right" if outcome.right else "WRONG", outcome.id, outcome.transport, file=sys.stderr, flush=True)


def _speakable(chosen: list[Script]) -> list[Script]:
    """Without the calls of a voice that cannot be had, and loudly so."""
    for voice in sorted({one.voice for one in chosen if one.clip is None}):
        try:
            say_all(voice, {turn.say for one in chosen if one.voice == voice for turn in one.turns})
        except NoVoice as error:
            left_out = [one.id for one in chosen if one.voice == voice]
            print(f"*** {error}\n*** {len(left_out)} calls are LEFT OUT: {', '.join(left_out)}", file=sys.stderr)
            chosen = [one for one in chosen if one.voice != voice]
    return chosen


if __name__ == "__main__":
    main()

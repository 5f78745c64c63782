"""What came of all calls, for people: every exchange with its verdict, the scores, and the waits."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from tests.calls.spoken.callers import TRANSPORTS, Outcome


def score(outcomes: Iterable[Outcome]) -> float:
    """The share of calls that were right, 0 to 1; 0 when there are none."""
    verdicts = [outcome.right for outcome in outcomes]
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


def waits(outcomes: Iterable[Outcome]) -> list[int]:
    """Milliseconds from the end of speech to the first sound, ascending."""
    found = (exchange.latency_ms for outcome in outcomes for exchange in outcome.exchanges)
    return sorted(ms for ms in found if ms is not None)


def table(outcomes: Sequence[Outcome], *, only_wrong: bool = False) -> str:
    """Every call, then the totals."""
    shown = [outcome for outcome in outcomes if not (only_wrong and outcome.right)]
    return "\n".join([*(line for outcome in shown for line in _lines(outcome)), "", *_totals(outcomes)])


def _lines(outcome: Outcome) -> Iterable[str]:
    yield f"{'right' if outcome.right else 'WRONG'}  {outcome.id}  {outcome.voice}, {outcome.transport}"
    for exchange in outcome.exchanges:
        yield f"         said    {exchange.said}"
        yield f"         heard   {exchange.heard}"
        for name, arguments in exchange.tools:
            yield f"         called  {name} {arguments}"
        wait = "" if exchange.latency_ms is None else f"  [{exchange.latency_ms} ms]"
        yield f"         answer  {exchange.answer}{wait}"
        if exchange.why:
            yield f"         WHY     {exchange.why}"
    if outcome.trouble:
        yield f"         WHY     {outcome.trouble}"


def _totals(outcomes: Sequence[Outcome]) -> Iterable[str]:
    for transport in TRANSPORTS:
        mine = [outcome for outcome in outcomes if outcome.transport == transport]
        if not mine:
            continue
        yield f"{transport}: {_share(mine)}"
        for voice in sorted({outcome.voice for outcome in mine}):
            yield f"    {voice:8} {_share([outcome for outcome in mine if outcome.voice == voice])}"
        for name, some in (("alone", [one for one in mine if one.alone]), ("all", mine)):
            yield f"    end of speech to first sound, {name}: {_figures(waits(some))}"


def _share(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(outcome.right for outcome in outcomes)} of {len(outcomes)} right, {100 * score(outcomes):.0f} %"


def _figures(ranked: Sequence[int]) -> str:
    if not ranked:
        return "none"
    return f"median {statistics.median(ranked):.0f} ms, p95 {ranked[int(0.95 * (len(ranked) - 1) + 0.5)]} ms"

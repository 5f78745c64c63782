"""What 511.org tells of trains to come, as far as we use it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from odai_core import ToolError


class Stop(msgspec.Struct, frozen=True):
    StopPointRef: str | None = None
    AimedArrivalTime: datetime | None = None
    ExpectedArrivalTime: datetime | None = None
    AimedDepartureTime: datetime | None = None
    ExpectedDepartureTime: datetime | None = None


class FramedJourney(msgspec.Struct, frozen=True):
    DatedVehicleJourneyRef: str | None = None


class Journey(msgspec.Struct, frozen=True):
    LineRef: str | None = None
    FramedVehicleJourneyRef: FramedJourney | None = None
    DestinationName: str | None = None
    MonitoredCall: Stop = Stop()


class Visit(msgspec.Struct, frozen=True):
    MonitoringRef: str | None = None
    MonitoredVehicleJourney: Journey = Journey()


class Train(msgspec.Struct, frozen=True):
    """One train that stops at the station asked for; times are aware, in UTC."""

    number: str
    line: str
    destination: str
    due: datetime
    expected: datetime


def trains(body: Any, platform: str) -> list[Train]:
    """Those that stop at this platform, the next one first. Raises ToolError("bad_shape")."""
    found: list[Train] = []
    for visit in _visits(body):
        journey = visit.MonitoredVehicleJourney
        stop = journey.MonitoredCall
        due = _aware(stop.AimedDepartureTime or stop.AimedArrivalTime)
        expected = _aware(stop.ExpectedDepartureTime or stop.ExpectedArrivalTime) or due
        if platform not in (visit.MonitoringRef, stop.StopPointRef) or expected is None:
            continue
        framed = journey.FramedVehicleJourneyRef
        number = (framed and framed.DatedVehicleJourneyRef) or ""
        name = (journey.DestinationName or "").removesuffix(" Caltrain Station").removesuffix(" Station")
        found.append(Train(number, journey.LineRef or "", name, due or expected, expected))
    return sorted(found, key=lambda train: train.expected)


def _visits(body: Any) -> Iterator[Visit]:
    """Its documents show an outer Siri object and a list of deliveries, its answers often neither. Odd visits go."""
    try:
        outer = body.get("Siri", body)
        deliveries = outer["ServiceDelivery"]["StopMonitoringDelivery"]
        deliveries = deliveries if isinstance(deliveries, list) else [deliveries]
        rows = [row for delivery in deliveries for row in delivery.get("MonitoredStopVisit") or []]
    except (AttributeError, KeyError, TypeError):
        raise ToolError("bad_shape", "Caltrain's times came in a form I can't read. Please try again.") from None
    for row in rows:
        try:
            yield msgspec.convert(row, Visit, strict=False)
        except msgspec.ValidationError:
            continue


def _aware(moment: datetime | None) -> datetime | None:
    """A time without a zone is left out: nobody could tell which one it is in."""
    return moment if moment is None or moment.tzinfo else None

"""What the AeroAPI answers, as far as we use it. Nearly every field may be null; times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]
Delay = Annotated[int, Meta(ge=-(10**6), le=10**6)]


class Airport(Struct, frozen=True):
    code_iata: str | None = None
    name: str | None = None
    city: str | None = None
    timezone: str | None = None

    @property
    def place(self) -> str:
        return self.city or self.name or self.code_iata or "an airport I can't name"


class Flight(Struct, frozen=True):
    ident: str
    fa_flight_id: str = ""
    ident_iata: str | None = None
    status: str | None = None
    cancelled: bool | None = False
    """It can also mean that the flight is not followed any more."""
    diverted: bool | None = False
    origin: Airport | None = None
    destination: Airport | None = None
    departure_delay: Delay | None = None
    arrival_delay: Delay | None = None
    """Seconds, negative when early."""
    progress_percent: int | None = None
    aircraft_type: str | None = None
    scheduled_out: Moment | None = None
    estimated_out: Moment | None = None
    actual_out: Moment | None = None
    actual_off: Moment | None = None
    actual_on: Moment | None = None
    scheduled_in: Moment | None = None
    estimated_in: Moment | None = None
    actual_in: Moment | None = None
    terminal_origin: str | None = None
    gate_origin: str | None = None
    terminal_destination: str | None = None
    gate_destination: str | None = None
    baggage_claim: str | None = None

    @property
    def departs(self) -> datetime | None:
        """From the gate, as well as it is known."""
        return self.actual_out or self.estimated_out or self.scheduled_out

    @property
    def arrives(self) -> datetime | None:
        """At the gate, as well as it is known."""
        return self.actual_in or self.estimated_in or self.scheduled_in

    @property
    def has_left(self) -> bool:
        return bool(self.actual_out or self.actual_off)

    @property
    def has_landed(self) -> bool:
        return bool(self.actual_on or self.actual_in)


class Flights(Struct, frozen=True):
    flights: list[Flight]

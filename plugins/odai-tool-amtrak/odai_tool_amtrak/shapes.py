"""What Amtraker answers, as far as we use it. Times are ISO 8601 with an offset, null or an empty text."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct


class Stop(Struct, frozen=True):
    name: str
    code: str
    tz: str = "America/New_York"
    schArr: str | None = None
    schDep: str | None = None
    arr: str | None = None
    dep: str | None = None
    """What happened, or what is expected."""
    status: str = "Unknown"
    """Enroute, Station, Departed or Unknown."""
    platform: str | None = None

    @property
    def arrives(self) -> datetime | None:
        return moment(self.arr) or self.departs

    @property
    def departs(self) -> datetime | None:
        return moment(self.dep) or moment(self.schArr) or moment(self.schDep)

    @property
    def delay(self) -> timedelta | None:
        """Against the timetable, negative when early; None when nobody knows."""
        for actual, planned in ((self.arr, self.schArr), (self.dep, self.schDep)):
            known, wanted = moment(actual), moment(planned)
            if known and wanted:
                return known - wanted
        return None


class Train(Struct, frozen=True):
    trainID: str
    trainNum: str
    routeName: str
    stations: list[Stop]
    trainState: str = ""
    origName: str = ""
    destName: str = ""
    velocity: float | None = None
    """Miles per hour."""
    updatedAt: str | None = None
    lastValTS: str | None = None

    def next_stop(self) -> Stop | None:
        """Where it stands, else where it arrives next; None after the last one."""
        return next((stop for stop in self.stations if stop.status in ("Station", "Enroute")), None)

    def has_started(self) -> bool:
        return any(stop.status in ("Departed", "Station") for stop in self.stations)


Trains = dict[str, list[Train]] | list[None]
"""By number; an empty list when there is none."""


def moment(text: str | None) -> datetime | None:
    """A time with a zone, or None."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None

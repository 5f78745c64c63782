"""What is said of a train, in the time of each station."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from odai_core import speech
from odai_tool_amtrak.shapes import Stop, Train, moment

OLD = timedelta(minutes=15)
ON_TIME = timedelta(minutes=3)


def status(train: Train, asked: Stop | None, now: datetime) -> str:
    """Where it is, how late, when it comes to the stop that was asked for (else the last), and how old that is."""
    here, last = train.next_stop(), train.stations[-1]
    name = f"{speech.clean(train.routeName, 40)} train {speech.digits(train.trainNum)}"
    if here is None:
        where = f"{name} has arrived in {_place(last)}{_late(last)}."
    elif here.status == "Station":
        where = f"{name} is in {_place(here)}{_late(here)}."
    elif not train.has_started():
        where = f"{name} leaves {_place(here)} {_at(here.departs, here, now)}{_late(here)}."
    else:
        where = f"{name} reaches {_place(here)} {_at(here.arrives, here, now)}{_late(here)}."
    target = asked or last
    then = f" {_later(target, now)}" if here is not None and target is not here else ""
    return speech.fit(where + then + _age(train, now), where + then, where)


def projection(train: Train, asked: Stop | None) -> dict[str, Any]:
    """What a voice model needs for the questions that follow; times are local to the station."""
    stops = [train.next_stop(), asked, train.stations[-1]]
    return {
        "train": train.trainNum,
        "id": train.trainID,
        "route": speech.clean(train.routeName, 40),
        "stops": [_stop(stop) for index, stop in enumerate(stops) if stop and stop not in stops[:index]],
    }


def which_day(trains: list[Train], now: datetime) -> str:
    """The question back when several trains of one number are under way."""
    starts = [(train.stations[0], train.stations[0].departs) for train in trains]
    days = [
        speech.day(speech.local(when, stop.tz).date(), speech.local(now, stop.tz).date())
        for stop, when in starts
        if when
    ]
    return f"Several trains with that number are under way. The one that started {speech.join(days[:4], 'or')}?"


def _later(stop: Stop, now: datetime) -> str:
    if stop.status == "Departed":
        return f"It left {_place(stop)} {_at(stop.departs, stop, now)}."
    return f"It is expected in {_place(stop)} {_at(stop.arrives, stop, now)}{_late(stop)}."


def _place(stop: Stop) -> str:
    return speech.clean(stop.name, 40) or stop.code[:3]


def _at(when: datetime | None, stop: Stop, now: datetime) -> str:
    """With the day unless it is today at the station."""
    if when is None:
        return "at a time I don't know"
    there = speech.local(when, stop.tz)
    day = speech.day(there.date(), speech.local(now, stop.tz).date())
    return f"{'' if day == 'today' else day + ' '}at {speech.clock(there)}"


def _late(stop: Stop) -> str:
    if stop.delay is None:
        return ""
    if abs(stop.delay) <= ON_TIME:
        return ", on time"
    return f", {speech.duration(stop.delay.total_seconds())} {'late' if stop.delay > timedelta() else 'early'}"


def _age(train: Train, now: datetime) -> str:
    seen = moment(train.lastValTS) or moment(train.updatedAt)
    old = seen is not None and now - seen > OLD
    return f" That is as of {speech.duration((now - seen).total_seconds())} ago." if old and seen else ""


def _stop(stop: Stop) -> dict[str, Any]:
    late = stop.delay
    return {
        "station": _place(stop),
        "code": stop.code[:3],
        "status": stop.status[:10],
        "arrives": f"{speech.local(stop.arrives, stop.tz):%Y-%m-%d %H:%M}" if stop.arrives else None,
        "minutes_late": round(late.total_seconds() / 60) if late is not None else None,
    }

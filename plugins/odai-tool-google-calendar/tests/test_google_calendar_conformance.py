"""Google Calendar passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestGoogleCalendar = conformance(
    "google-calendar",
    happy={
        "get_google_calendar_events": [{}, {"date": "tomorrow", "limit": 3}],
        "create_google_calendar_event": {
            "title": "Lunch with Ana",
            "timezone": "America/New_York",
            "start_date": "2031-12-24T12:00:00",
            "end_date": "2031-12-24T13:00:00",
            "location": "Casa Azul",
            "invitees": ["ana@example.com"],
            "google_meet": True,
        },
        "delete_google_calendar_event": {"event_id": "5c0d"},
    },
    unknown={"delete_google_calendar_event": {"event_id": "0000"}},
    samples={"delete_google_calendar_event": {"event_id": "sampleyoga"}},
)

"""Ticketmaster passes the standard tests of every connector."""

from __future__ import annotations

from odai_core.testing.kit import conformance
from odai_core.testing.upstreams.services.ticketmaster import DOLLS, GARDEN

BOSTON = {"query": "", "city": "Boston", "stateCode": "MA", "countryCode": "US"}
NOTHING = {"query": "nothing", "stateCode": "", "countryCode": ""}

TestTicketmaster = conformance(
    "ticketmaster",
    happy={
        "get_ticketmaster_events_near_location": [BOSTON, BOSTON | {"query": "rock", "stateCode": ""}],
        "get_ticketmaster_event_details": [{"eventId": "vvG1zZ9YkAbCd"}, {"eventId": "G5vYZ9_bare"}],
        "find_ticketmaster_venues_near_location": {"query": "garden", "stateCode": "MA", "countryCode": "US"},
        "get_ticketmaster_venue_details": {"venueId": GARDEN},
        "get_ticketmaster_attractions_by_query": {"query": "Goo Goo Dolls"},
        "get_ticketmaster_events_by_venue_id": {"venueId": GARDEN},
        "get_ticketmaster_events_by_attraction_id": {"attractionId": DOLLS},
    },
    unknown={
        "get_ticketmaster_events_near_location": NOTHING | {"city": "Nowhere"},
        "get_ticketmaster_event_details": {"eventId": "unknown"},
        "find_ticketmaster_venues_near_location": NOTHING,
        "get_ticketmaster_venue_details": {"venueId": "unknown"},
        "get_ticketmaster_attractions_by_query": {"query": "nothing"},
        "get_ticketmaster_events_by_venue_id": {"venueId": "unknown"},
        "get_ticketmaster_events_by_attraction_id": {"attractionId": "unknown"},
    },
    samples={
        "get_ticketmaster_event_details": {"eventId": "Marble Arcade"},
        "find_ticketmaster_venues_near_location": {"query": "arena", "stateCode": "MA", "countryCode": "US"},
        "get_ticketmaster_venue_details": {"venueId": "sample-harbor-arena"},
        "get_ticketmaster_attractions_by_query": {"query": "The Paper Lanterns"},
        "get_ticketmaster_events_by_venue_id": {"venueId": "Harbor Arena"},
        "get_ticketmaster_events_by_attraction_id": {"attractionId": "sample-paper-lanterns"},
    },
)

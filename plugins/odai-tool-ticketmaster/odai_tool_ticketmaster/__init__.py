"""Ticketmaster: what is on, who plays, where and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_ticketmaster import discovery, samples, spoken
from odai_tool_ticketmaster.places import where
from odai_tool_ticketmaster.shapes import Event, Venue, for_screen


@tool(
    examples=[
        "find {query:Bruno Mars} concerts in {city:Boston}",
        "what concerts are in {city:New York} this weekend",
        "any {query:jazz} shows near {city:Chicago}",
        "are there {query:basketball} games in {city:San Francisco}",
        "what events are coming up in {city:Seattle}",
        "find tickets for {query:Hamilton} in {city:Los Angeles}",
        "when is {query:Coldplay} playing in {city:London} {countryCode:England}",
        "is there any {query:comedy} in {city:Austin} {stateCode:Texas}",
        "look up {query:Red Sox} tickets on Ticketmaster",
        "what shows can I see in {city:Toronto} {stateCode:Ontario} {countryCode:Canada}",
    ],
    progress="Searching Ticketmaster",
)
async def get_ticketmaster_events_near_location(
    ctx: ToolContext, query: str, city: str, stateCode: str, countryCode: str
) -> ToolResponse:
    """Find concerts, games, shows and other events, with dates, venues and prices where they are known.

    Args:
        query: An artist, a team, a show or a genre, without words like "tickets"; "" for everything.
        city: The name of the city alone; "" for anywhere.
        stateCode: The two letters of the state or province; "" outside the United States and Canada.
        countryCode: The two letters of the country, such as "US"; "" when it is not known.
    """
    place = discovery.place_terms(ctx, query, city, stateCode, countryCode)
    if _sampled(ctx):
        found, total = samples.events(query, place["city"] or "")
    else:
        found, total = await discovery.events(ctx, **discovery.search_terms(query), **place)
    if not found:
        raise discovery.nothing("upcoming events", query, place["city"] or "")
    return _events(ctx, "ticketmaster_events_near_location", found, total)


@tool(
    examples=[
        "tell me more about the {eventId:Goo Goo Dolls} concert",
        "when does the {eventId:Celtics} game start",
        "how much are tickets for {eventId:Hamilton}",
        "are tickets still on sale for {eventId:Coldplay}",
        "give me the details of the {eventId:Winter Tour} show",
        "is the {eventId:Billie Eilish} concert cancelled",
        "is there an age limit for {eventId:Comedy Night}",
        "event details for {eventId:vvG1zZ9YkAbCd}",
    ],
    progress="Looking at the event",
)
async def get_ticketmaster_event_details(ctx: ToolContext, eventId: str) -> ToolResponse:
    """Tell the details of one event: date, time, venue, performers, tickets and price.

    Args:
        eventId: The id of the event, from a search for events.
    """
    now = _now(ctx)
    event: Event = samples.event(eventId) if _sampled(ctx) else await discovery.one(ctx, "events", eventId)
    return ToolResponse(
        response_type="ticketmaster_event_details",
        response=for_screen(event),
        spoken=spoken.event_details(event, now),
        voice=spoken.event_projection(event, now) | spoken.event_extras(event),
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "find the venue {query:Madison Square Garden}",
        "where is the venue called {query:House of Blues}",
        "which venues are named {query:Fillmore}",
        "look for a concert hall called {query:Symphony Hall} in {stateCode:Massachusetts}",
        "find {query:Red Rocks} in {stateCode:Colorado}",
        "what venues are there in {stateCode:Nevada}",
        "find a stadium called {query:Wembley} in {countryCode:England}",
        "search Ticketmaster for the arena {query:TD Garden}",
    ],
    progress="Looking for venues",
)
async def find_ticketmaster_venues_near_location(
    ctx: ToolContext, query: str, stateCode: str, countryCode: str
) -> ToolResponse:
    """Find concert halls, theaters, arenas and stadiums by name, with their cities.

    Args:
        query: The name of the venue or a part of it; "" for every venue of the state.
        stateCode: The two letters of the state or province; "" outside the United States and Canada.
        countryCode: The two letters of the country, such as "US"; "" when it is not known.
    """
    place = where("", stateCode, countryCode)
    if not query and not any(place.values()):
        raise ToolError("bad_request", "What is the venue called, or which state is it in?")
    if _sampled(ctx):
        found, total = samples.venues(query, place["stateCode"] or "")
    else:
        found, total = await discovery.venues(ctx, keyword=query[:200] or None, **place)
    if not found:
        raise discovery.nothing("venues", query)
    return ToolResponse(
        response_type="ticketmaster_venues_near_location",
        response={"venues": for_screen(found), "total": total},
        spoken=spoken.venues(found, total),
        voice={"venues": [spoken.venue_projection(venue) for venue in found[:4]], "total": total},
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "where exactly is {venueId:TD Garden}",
        "what's the address of {venueId:Madison Square Garden}",
        "is there parking at {venueId:Fenway Park}",
        "when is the box office of {venueId:House of Blues} open",
        "tell me about the venue {venueId:Chase Center}",
        "is {venueId:the Orpheum Theatre} accessible by wheelchair",
        "give me the details of {venueId:Radio City Music Hall}",
        "venue details for {venueId:KovZpa2Xke}",
    ],
    progress="Looking at the venue",
)
async def get_ticketmaster_venue_details(ctx: ToolContext, venueId: str) -> ToolResponse:
    """Tell where a venue is, when its box office is open, and about parking and accessible seats.

    Args:
        venueId: The id of the venue, from a search for venues or events.
    """
    venue: Venue = samples.venue(venueId) if _sampled(ctx) else await discovery.one(ctx, "venues", venueId)
    return ToolResponse(
        response_type="ticketmaster_venue_details",
        response=for_screen(venue),
        spoken=spoken.venue_details(venue),
        voice=spoken.venue_projection(venue) | spoken.venue_extras(venue),
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "is {query:Coldplay} on tour",
        "are {query:the Rolling Stones} touring this summer",
        "find the band {query:Goo Goo Dolls} on Ticketmaster",
        "look up the artist {query:Billie Eilish}",
        "does {query:Hamilton} have any upcoming shows",
        "search for the team {query:Boston Celtics}",
        "which performers are called {query:Phoenix}",
        "is {query:Adele} playing anywhere",
        "find the musical {query:Wicked}",
    ],
    progress="Searching Ticketmaster",
)
async def get_ticketmaster_attractions_by_query(ctx: ToolContext, query: str) -> ToolResponse:
    """Find performers, teams and shows by name, and how many events each has coming up.

    Args:
        query: The name of the artist, band, team or show.
    """
    if not query:
        raise ToolError("bad_request", "Which artist, team or show do you mean?")
    found, total = (
        samples.attractions(query) if _sampled(ctx) else await discovery.attractions(ctx, keyword=query[:200])
    )
    if not found:
        raise discovery.nothing("performers", query)
    return ToolResponse(
        response_type="ticketmaster_attractions_by_query",
        response={"attractions": for_screen(found), "total": total},
        spoken=spoken.attractions(found, total),
        voice={"attractions": [spoken.attraction_projection(one) for one in found[:4]], "total": total},
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "what's on at {venueId:TD Garden}",
        "what's playing at {venueId:Madison Square Garden}",
        "which events are at {venueId:Chase Center} next",
        "who is performing at {venueId:the Orpheum Theatre}",
        "upcoming shows at {venueId:House of Blues}",
        "what concerts are coming to {venueId:Fenway Park}",
        "list the events at {venueId:Radio City Music Hall}",
        "anything good at {venueId:the Fillmore} this month",
    ],
    progress="Checking what's on there",
)
async def get_ticketmaster_events_by_venue_id(ctx: ToolContext, venueId: str) -> ToolResponse:
    """List the next events at one venue.

    Args:
        venueId: The id of the venue, from a search for venues or events.
    """
    if _sampled(ctx):
        found, total = samples.events_at(venueId)
    else:
        found, total = await discovery.events(ctx, venueId=discovery.identifier(venueId, "venue"))
    if not found:
        raise ToolError("not_found", "Ticketmaster has no upcoming events at that venue.")
    return _events(ctx, "ticketmaster_events_by_venue_id", found, total, at=found[0].venue)


@tool(
    examples=[
        "when is {attractionId:Coldplay} playing next",
        "what are the tour dates of {attractionId:Goo Goo Dolls}",
        "where can I see {attractionId:Billie Eilish}",
        "list the upcoming shows of {attractionId:Adele}",
        "when do the {attractionId:Boston Celtics} play next",
        "where is {attractionId:Hamilton} showing",
        "next concerts by {attractionId:Phoenix}",
        "all dates for {attractionId:K8vZ9171u-f}",
    ],
    progress="Checking the dates",
)
async def get_ticketmaster_events_by_attraction_id(ctx: ToolContext, attractionId: str) -> ToolResponse:
    """List the next events of one performer, team or show, wherever they are.

    Args:
        attractionId: The id of the performer, team or show, from a search for attractions or events.
    """
    if _sampled(ctx):
        found, total = samples.events_of(attractionId)
    else:
        found, total = await discovery.events(ctx, attractionId=discovery.identifier(attractionId, "performer"))
    if not found:
        raise ToolError("not_found", "Ticketmaster has no upcoming dates for them.")
    return _events(ctx, "ticketmaster_events_by_attraction_id", found, total)


def _events(
    ctx: ToolContext, response_type: str, found: Sequence[Event], total: int, *, at: Venue | None = None
) -> ToolResponse:
    now = _now(ctx)
    voice: dict[str, Any] = {"events": [spoken.event_projection(event, now) for event in found[:3]], "total": total}
    return ToolResponse(
        response_type=response_type,
        response={"events": for_screen(list(found)), "total": total},
        spoken=spoken.events(found, total, now, at=at),
        voice=voice,
        sample=_sampled(ctx),
    )


def _now(ctx: ToolContext) -> datetime:
    """By the caller's clock, for events whose place has no known time zone."""
    return speech.local(datetime.now(UTC), ctx.caller.time_zone)


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["TICKETMASTER_CONSUMER_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="ticketmaster",
        api=1,
        title="Ticketmaster",
        summary="find concerts, games and shows",
        tools=[
            get_ticketmaster_events_near_location,
            get_ticketmaster_event_details,
            find_ticketmaster_venues_near_location,
            get_ticketmaster_venue_details,
            get_ticketmaster_attractions_by_query,
            get_ticketmaster_events_by_venue_id,
            get_ticketmaster_events_by_attraction_id,
        ],
        voice=True,
        samples=True,
        instructions=(
            "Search events near a location for a city; for an artist's dates or a venue's programme find the id first. "
            "Never promise a price that is not in the answer. Link to Ticketmaster."
        ),
        voice_instructions="Tell two or three events with day, hour and place; a price only when there is one.",
        settings=[
            Setting(
                name="TICKETMASTER_CONSUMER_KEY",
                help="The consumer key of a Ticketmaster app; its secret is not needed.",
                required=True,
                secret=True,
                where="Ticketmaster's developer pages, under My Apps",
            ),
            Setting(
                name="TICKETMASTER_BASE_URL",
                help="The API's address.",
                default="https://app.ticketmaster.com/discovery/v2",
            ),
        ],
    )

"""Yelp: find businesses and hear what people say about them."""

from __future__ import annotations

import re
from typing import Any

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_yelp import samples, spoken
from odai_tool_yelp.shapes import Reviews, Search

KEEP = 300
"""Seconds an answer may be given again; Yelp's terms allow a day."""


@tool(
    examples=[
        "find {search_term:sushi} near {location:Union Square}",
        "where can I get good {search_term:tacos} in {location:Boston}",
        "what are the best rated {search_term:pizza} places in {location:Brooklyn}",
        "I'm looking for a {search_term:coffee shop} around {location:Fenway Park}",
        "is there a {search_term:plumber} near {location:02139}",
        "show me {search_term:vegan restaurants} in {location:Portland, Oregon}",
        "any {search_term:bookstores} open now in {location:Seattle}",
        "I want {search_term:ramen} for dinner in {location:the Mission}",
        "recommend a {search_term:hair salon} in {location:Austin}",
        "search Yelp for {search_term:brunch} near {location:350 Mission Street San Francisco}",
    ],
    progress="Searching Yelp",
)
async def search_businesses_at_yelp(
    ctx: ToolContext,
    location: str,
    search_term: str,
    sort_by_rating: bool | None = None,
    limit: int | None = 10,
    open_now: bool | None = None,
) -> ToolResponse:
    """Find restaurants, shops and other businesses near a place, with ratings, prices and addresses.

    Args:
        location: A town, neighbourhood, ZIP code or address.
        search_term: What to look for, such as "sushi" or "plumber".
        sort_by_rating: True puts the best rated first; otherwise the best matches are.
        limit: How many businesses to find, 1 to 50.
        open_now: True leaves out what is closed at this moment.
    """
    if not location or not search_term:
        raise ToolError("bad_request", "Tell me what to look for, and where.")
    if _sampled(ctx):
        location, found = samples.search(location, search_term, by_rating=bool(sort_by_rating), open_now=bool(open_now))
    else:
        params = {
            "location": location[:250],
            "term": search_term[:250],
            "sort_by": "rating" if sort_by_rating else "best_match",
            "limit": min(max(limit or 10, 1), 50),
            "open_now": open_now or None,
        }
        found = await _search(ctx, params)
    businesses = [business for business in found.businesses if not business.is_closed]
    if not businesses:
        raise ToolError("not_found", f"I couldn't find {search_term[:60]} near {location[:60]} on Yelp.")
    return ToolResponse(
        response_type="yelp_search_results",
        response=to_builtins(businesses),
        spoken=spoken.search(businesses, search_term, location),
        voice={"businesses": [spoken.projection(business) for business in businesses[:4]]},
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "what do people say about {business_id:Sakura Sushi}",
        "read me the reviews of {business_id:Ricky's Tacos}",
        "is {business_id:North End Pizza} any good",
        "how are the reviews for {business_id:Blue Door Coffee}",
        "what are the reviews like at {business_id:Sakura Sushi}",
        "tell me what customers think of {business_id:Tonkotsu House}",
        "get the Yelp reviews for {business_id:gR9DTbKCON2g1Z23bWcEpQ}",
        "do people like {business_id:Ricky's Tacos}",
    ],
    progress="Reading reviews on Yelp",
)
async def get_business_reviews_at_yelp(ctx: ToolContext, business_id: str) -> ToolResponse:
    """Read what reviewers say about one business.

    Args:
        business_id: The id of the business, from a search.
    """
    if _sampled(ctx):
        found = samples.reviews(business_id)
    elif re.fullmatch(r"[\w-]{1,200}", business_id):
        found = await _reviews(ctx, business_id)
    else:
        raise ToolError("bad_request", "I have to find that place first. Tell me its name, and where it is.")
    if not found.reviews:
        raise ToolError("not_found", "Yelp has no reviews to read for that place.")
    return ToolResponse(
        response_type="yelp_reviews",
        response=to_builtins(found),
        spoken=spoken.reviews(found.reviews),
        voice={"reviews": [{"rating": review.rating, "text": review.text} for review in found.reviews[:3]]},
        sample=_sampled(ctx),
    )


async def _search(ctx: ToolContext, params: dict[str, Any]) -> Search:
    """What Yelp calls a bad request is, after our own checks, a place it cannot find."""
    try:
        return await _ask(ctx, "businesses", "search", params=params, type=Search)  # type: ignore[no-any-return]
    except ToolError as error:
        if error.code == "bad_request":
            raise ToolError("bad_request", "Yelp can't find that place. Which town or ZIP code is it?") from None
        raise


async def _reviews(ctx: ToolContext, business_id: str) -> Reviews:
    """Only the larger plans may read reviews, and Yelp says so with a 403 or a 404."""
    try:
        return await _ask(ctx, "businesses", business_id, "reviews", type=Reviews)  # type: ignore[no-any-return]
    except ToolError as error:
        if error.code in ("plan", "not_found"):
            raise ToolError(error.code, "Yelp doesn't let me read the reviews of that place.") from None
        raise


async def _ask(ctx: ToolContext, *path: str, type: Any, params: dict[str, Any] | None = None) -> Any:
    return await ctx.http.get_json(
        ctx.settings["YELP_BASE_URL"],
        *path,
        params=params,
        auth=ctx.settings["YELP_API_KEY"],
        cache=KEEP,
        service="Yelp",
        type=type,
    )


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["YELP_API_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="yelp",
        api=1,
        title="Yelp",
        summary="find restaurants and shops and read their reviews",
        tools=[search_businesses_at_yelp, get_business_reviews_at_yelp],
        voice=True,
        samples=True,
        instructions="Search before reading reviews: the review tool needs the id from a search. Link to Yelp.",
        voice_instructions="Offer the best two or three places by name; read reviews only when asked.",
        settings=[
            Setting(
                name="YELP_API_KEY",
                help="A key of the Yelp Places API.",
                required=True,
                secret=True,
                where="Yelp's developer pages, under Manage App",
            ),
            Setting(name="YELP_BASE_URL", help="The API's address.", default="https://api.yelp.com/v3"),
        ],
    )

"""Amazon: find products, their prices and what buyers say, through the Canopy API."""

from __future__ import annotations

import re
from typing import Any

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_amazon import queries, samples, spoken
from odai_tool_amazon.shapes import Answer

KEEP = 900
"""Seconds; a free plan has some hundred requests a month, and prices seldom change within a quarter of an hour."""
SHOWN = 10
_ASIN = re.compile(r"[A-Z0-9]{10}", re.ASCII)


@tool(
    timeout=20,
    examples=[
        "search Amazon for {query:cordless vacuum}",
        "find {query:noise cancelling headphones} on Amazon",
        "what does a {query:stand mixer} cost on Amazon",
        "look up {query:hiking boots} at Amazon",
        "show me {query:USB-C chargers} on Amazon",
        "I want to buy a {query:desk lamp} from Amazon",
        "is there a good {query:espresso machine} on Amazon",
        "compare {query:air fryers} on Amazon",
        "Amazon prices for {query:mechanical keyboards}",
    ],
    progress="Searching Amazon",
)
async def search_amazon(ctx: ToolContext, query: str) -> ToolResponse:
    """Find products on Amazon with their prices and ratings.

    Args:
        query: What to look for, such as "cordless vacuum".
    """
    wanted = " ".join(query.split())[:200]
    if not wanted:
        raise ToolError("bad_request", "Tell me what to look for on Amazon.")
    if _sampled(ctx):
        found = samples.search(wanted)
    else:
        found = (await _ask(ctx, queries.SEARCH, {"searchTerm": wanted, "limit": SHOWN})).found
    if not found:
        raise ToolError("not_found", f"I couldn't find {wanted[:60]} on Amazon.")
    # What somebody paid for to be first goes last.
    found = sorted(found, key=lambda product: product.sponsored)[:SHOWN]
    return ToolResponse(
        response_type="amazon_product_search",
        response=to_builtins(found),
        spoken=spoken.search(found, wanted),
        voice={"products": [spoken.projection(product) for product in found[:4]]},
        sample=_sampled(ctx),
    )


@tool(
    timeout=20,
    examples=[
        "tell me more about the Amazon product {asin:B0EXAMPLE1}",
        "what are the details of {asin:B0EXAMPLE2} on Amazon",
        "read me the Amazon reviews of {asin:B0EXAMPLE1}",
        "look up the ASIN {asin:B0EXAMPLE3}",
        "what do buyers say about {asin:B0EXAMPLE2}",
        "is {asin:B0EXAMPLE1} a good product on Amazon",
        "show the features of Amazon item {asin:B0EXAMPLE3}",
        "Amazon product details for {asin:B0EXAMPLE1}",
    ],
    progress="Looking at the product on Amazon",
)
async def get_product_details(ctx: ToolContext, asin: str) -> ToolResponse:
    """Tell what one Amazon product is: its price, its rating, its features and what buyers say.

    Args:
        asin: The product's ten-character id (ASIN), from a search.
    """
    wanted = asin.strip().upper()
    if not _ASIN.fullmatch(wanted):
        raise ToolError("bad_request", "I have to find that product first. Tell me what to look for on Amazon.")
    product = samples.product(wanted) if _sampled(ctx) else (await _ask(ctx, queries.PRODUCT, {"asin": wanted})).product
    if product is None:
        raise ToolError("not_found", "Amazon doesn't know that product.")
    return ToolResponse(
        response_type="amazon_product_details",
        response=to_builtins(product),
        spoken=spoken.details(product),
        voice=spoken.projection(product) | {"features": spoken.features(product)},
        sample=_sampled(ctx),
    )


async def _ask(ctx: ToolContext, query: str, variables: dict[str, Any]) -> Answer:
    """Ask; GraphQL tells its failures in a body with status 200."""
    answer: Answer = await ctx.http.request_json(
        "POST",
        ctx.settings["CANOPY_BASE_URL"],
        headers={"API-KEY": ctx.settings["CANOPY_API_KEY"]},
        json={"query": query, "variables": variables},
        retry=True,
        cache=KEEP,
        timeout=15,
        service="Amazon's catalog",
        type=Answer,
    )
    if answer.errors:
        raise answer.errors[0].as_tool_error()
    if answer.data is None:
        raise ToolError("bad_shape", "Amazon's catalog gave an answer I can't read. Please try again in a moment.")
    return answer


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["CANOPY_API_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="amazon",
        api=1,
        title="Amazon",
        summary="find products on Amazon and what buyers say about them",
        tools=[search_amazon, get_product_details],
        samples=True,
        instructions=(
            "Search first: the details need an ASIN from a search. Compare in a table with price, stars and number of "
            "ratings, link each title to its page, and say which results are sponsored."
        ),
        voice_instructions="Offer the best two or three by a short name, with price and stars; skip sponsored ones.",
        settings=[
            Setting(
                name="CANOPY_API_KEY",
                help="A key of the Canopy API, which reads Amazon's catalog.",
                required=True,
                secret=True,
                where="Canopy's dashboard",
            ),
            Setting(name="CANOPY_BASE_URL", help="The API's address.", default="https://graphql.canopyapi.co/"),
        ],
    )

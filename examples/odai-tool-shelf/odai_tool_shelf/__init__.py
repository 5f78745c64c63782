"""A connector that changes something: it reserves a book with the reader's own card, after the reader's own yes."""

import msgspec

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool


class Reservation(msgspec.Struct):
    """What the library answers."""

    title: str
    until: str


@tool(
    confirm=True,
    examples=["reserve {title:Moby Dick} at the library", "put {title:Emma} aside for me at the library"],
    progress="Reserving it at the library",
)
async def reserve_book(ctx: ToolContext, title: str) -> ToolResponse:
    """Reserve a book at the library.

    Args:
        title: The title of the book.
    """
    if ctx.account is None:
        raise ToolError("not_configured", "Library cards can't be connected here.")

    async def reserve(link):
        return await ctx.http.request_json(
            "POST", ctx.settings["SHELF_BASE_URL"], "reservations",
            json={"title": title}, headers={"Idempotency-Key": ctx.write_id},
            auth=link.token, personal=True, service="The library", type=Reservation,
        )  # fmt: skip

    made = await ctx.account.using(reserve)
    said = f"{speech.clean(made.title, 80)} is reserved for you until {speech.clean(made.until, 20)}."
    return ToolResponse(response_type="reserve_book", response=msgspec.to_builtins(made), spoken=said)


@hookimpl
def odai_tools():
    address = Setting(name="SHELF_BASE_URL", help="The library's address.", default="https://shelf.example.com")
    return ToolPlugin(
        name="shelf", api=1, title="Shelf", summary="reserve books at the library",
        tools=[reserve_book], account="shelf", settings=[address],
        instructions="Reserve one book at a time, by the title the user gave.",
    )  # fmt: skip

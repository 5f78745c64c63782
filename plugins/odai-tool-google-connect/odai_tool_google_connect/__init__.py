"""Connecting a Google account: a button, or word that somebody else has to allow it first."""

from __future__ import annotations

from odai_core import AccountNeeded, Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool


def names(text: str) -> tuple[str, ...]:
    """A list separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


@tool(
    examples=[
        "connect my Google account",
        "link my Google account",
        "I want to connect Google",
        "connect my Gmail",
        "sign in to Google for me",
        "connect another Google account",
        "connect my Google account again",
        "let you see my Google Calendar",
        "set up Google Drive access",
    ],
    progress="Preparing the way to Google",
)
async def connect_google_account(ctx: ToolContext) -> ToolResponse:
    """Offer the user a button to connect a Google account, another one, or one again; nothing is read from it."""
    if ctx.account is None:
        raise ToolError("not_configured", "Google accounts can't be connected here.")
    cleared = ctx.settings["GOOGLE_OAUTH_USERS"]
    if cleared and ctx.caller.user_id and ctx.caller.user_id not in cleared:
        return ToolResponse(
            response_type="google_access_request",
            response={"account_type": "google", "status": "requested"},
            spoken="Google isn't open to everybody here yet. Whoever runs this server has to add you first.",
            voice={},
        )
    # Who has no account yet is offered to connect one by the account itself.
    await ctx.account.links()
    offer = ctx.account.needed("Use the button to connect a Google account.")
    if not isinstance(offer, AccountNeeded):
        raise offer
    return ToolResponse(
        response_type="connect_google_account",
        response={"account_type": offer.account_type, "connect_url": offer.connect_url},
        spoken="Use the button to connect another Google account, or to connect yours again.",
        voice={},
    )


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="google-connect",
        api=1,
        title="Google account",
        summary="connect your Google account",
        tools=[connect_google_account],
        account="google",
        instructions=(
            "Use it only when the user wants to connect a Google account or to connect it again: mail, calendar and "
            "documents ask for the account by themselves when they need it. Never write the address of the button."
        ),
        voice_instructions="Say that a button to connect the account is on the screen.",
        settings=[
            Setting(name="GOOGLE_OAUTH_USERS", help="The ids of the users who may link; empty: everybody.", type=names),
        ],
    )

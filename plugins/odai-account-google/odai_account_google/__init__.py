"""Google accounts: users link theirs, and connectors for mail, calendar and documents work with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core import AccountContext, AccountPlugin, Grant, Setting, Values, hookimpl

if TYPE_CHECKING:
    from quart import Blueprint


def names(text: str) -> tuple[str, ...]:
    """A list separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


def cleared(settings: Values, user: str) -> bool:
    """Is this user among those who may?"""
    allowed = settings["GOOGLE_OAUTH_USERS"] or ()
    return not allowed or user in allowed


# Authlib and Quart are imported when there is something to do: `odai plugins` needs neither.
def blueprint(ctx: AccountContext) -> Blueprint:
    from odai_account_google import routes

    return routes.blueprint(ctx)


async def refresh(ctx: AccountContext, grant: Grant) -> Grant:
    from odai_account_google import tokens

    return await tokens.refresh(ctx, grant)


async def revoke(ctx: AccountContext, grant: Grant) -> None:
    from odai_account_google import tokens

    await tokens.revoke(ctx, grant)


@hookimpl
def odai_accounts() -> AccountPlugin:
    return AccountPlugin(
        name="google",
        api=1,
        title="Google",
        summary="read your mail, your calendar and your documents, as far as you allow it",
        blueprint=blueprint,
        refresh=refresh,
        revoke=revoke,
        cleared=cleared,
        settings=[
            Setting(
                name="GOOGLE_OAUTH_CLIENT_ID",
                help="The client id of a Google OAuth client of the type Web application.",
                required=True,
                where="https://console.cloud.google.com/auth/clients",
            ),
            Setting(
                name="GOOGLE_OAUTH_CLIENT_SECRET",
                help="The secret of the same client.",
                required=True,
                secret=True,
                where="https://console.cloud.google.com/auth/clients",
            ),
            Setting(
                name="GOOGLE_OAUTH_REDIRECT_URI",
                help="Where Google leads users back, as registered there; empty: made from ODAI_PUBLIC_HOST.",
            ),
            Setting(name="GOOGLE_OAUTH_SCOPES", help="What to ask for when no connector names anything.", type=names),
            Setting(name="GOOGLE_OAUTH_USERS", help="The ids of the users who may link; empty: everybody.", type=names),
            Setting(name="GOOGLE_OAUTH_ACCOUNTS_URL", help="Where users agree.", default="https://accounts.google.com"),
            Setting(
                name="GOOGLE_OAUTH_BASE_URL", help="Where tokens come from.", default="https://oauth2.googleapis.com"
            ),
            Setting(
                name="GOOGLE_OAUTH_CERTS_URL",
                help="The keys that Google signs identities with.",
                default="https://www.googleapis.com/oauth2/v3/certs",
            ),
        ],
    )

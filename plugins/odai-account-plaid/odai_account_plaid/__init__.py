"""Bank accounts: users link theirs through Plaid, and connectors look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core import AccountContext, AccountPlugin, Grant, Setting, hookimpl

if TYPE_CHECKING:
    from quart import Blueprint

_WHERE = "https://dashboard.plaid.com/developers/keys"


def names(text: str) -> tuple[str, ...]:
    """A list separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


def environment(text: str) -> str:
    """Which of Plaid's two."""
    name = text.strip().casefold()
    if name not in ("sandbox", "production"):
        raise ValueError("it is sandbox or production")
    return name


def blueprint(ctx: AccountContext) -> Blueprint:
    from odai_account_plaid import routes

    return routes.blueprint(ctx)


async def revoke(ctx: AccountContext, grant: Grant) -> None:
    from odai_account_plaid import items

    await items.remove(ctx, grant)


@hookimpl
def odai_accounts() -> AccountPlugin:
    return AccountPlugin(
        name="plaid",
        api=1,
        title="Plaid",
        summary="see your bank accounts and where your money went; it cannot move any",
        blueprint=blueprint,
        revoke=revoke,
        settings=[
            Setting(name="PLAID_CLIENT_ID", help="The client id of your Plaid team.", required=True, where=_WHERE),
            Setting(
                name="PLAID_SECRET",
                help="The secret of your Plaid team for PLAID_ENV.",
                required=True,
                secret=True,
                where=_WHERE,
            ),
            Setting(
                name="PLAID_ENV",
                help="Plaid's environment: sandbox or production.",
                default="sandbox",
                type=environment,
            ),
            Setting(
                name="PLAID_BASE_URL",
                help="Plaid's address; {env} stands for PLAID_ENV.",
                default="https://{env}.plaid.com",
            ),
            Setting(name="PLAID_PRODUCTS", help="What to link for.", default="transactions", type=names),
            Setting(name="PLAID_COUNTRY_CODES", help="Banks of which countries.", default="US", type=names),
            Setting(
                name="PLAID_REDIRECT_URI",
                help="Where banks with a login page of their own lead users back, as registered with Plaid; for apps.",
            ),
            Setting(
                name="PLAID_LINK_URL",
                help="Plaid's script for the page /auth/plaid/login.",
                default="https://cdn.plaid.com/link/v2/stable/link-initialize.js",
            ),
        ],
    )

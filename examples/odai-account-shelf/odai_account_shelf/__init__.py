"""The smallest account service: readers link their library card, and connectors reserve books with it."""

from odai_core import AccountPlugin, Setting, hookimpl

SETTINGS = (
    Setting(name="SHELF_CLIENT_ID", help="This server's name at the library.", required=True),
    Setting(name="SHELF_CLIENT_SECRET", help="Its password there.", required=True, secret=True),
    Setting(
        name="SHELF_REDIRECT_URI", help="This server's /auth/shelf/callback, as the library knows it.", required=True
    ),
    Setting(name="SHELF_BASE_URL", help="The library's address.", default="https://shelf.example.com"),
)


def blueprint(ctx):
    from odai_account_shelf.linking import routes  # Quart, too, is imported by a server only

    return routes(ctx)


async def revoke(ctx, grant):
    client = (ctx.settings["SHELF_CLIENT_ID"], ctx.settings["SHELF_CLIENT_SECRET"])
    form = {"token": grant.access_token}
    await ctx.http.request_json("POST", ctx.settings["SHELF_BASE_URL"], "revoke", form=form, auth=client, personal=True)


@hookimpl
def odai_accounts():
    return AccountPlugin(
        name="shelf", api=1, title="Shelf", summary="reserve books in your name",
        settings=SETTINGS, blueprint=blueprint, revoke=revoke,
    )  # fmt: skip

"""`odai token`: a token for somebody who talks to the server from elsewhere."""

from __future__ import annotations

import click

from odai_core.cli.output import example
from odai_core.errors import SetupError


@click.command(epilog=example('odai call --app --token "$(odai token --user ada)" --text "what time is it"'))
@click.option("--user", default="local", show_default=True, metavar="NAME", help="Whom the token stands for.")
def command(user: str) -> None:
    """Print a token for the in-app voice. Needs the same ODAI_SECRET as the server.

    On 127.0.0.1 you need none: the page brings its own.
    """
    from odai_core.cli.installed import settings_here

    name = user.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise click.BadParameter("use 1 to 200 printable characters", param_hint="--user")
    click.echo(mint(settings_here().core["ODAI_SECRET"], name))
    click.echo("Good for 12 hours. Whoever has it talks as this user.", err=True)


def mint(secret: object, user: str) -> str:
    """A token that a server with the same secret takes. Raises SetupError without a secret."""
    from odai_core.contract import Secret
    from odai_core.web.auth import Signer, Tokens

    if not isinstance(secret, Secret) or not secret:
        raise SetupError(
            "ODAI_SECRET is not set, so no server would know a token made here.",
            "Set one ODAI_SECRET for both and restart the server: "
            "python -c \"import secrets; print('ODAI_SECRET=' + secrets.token_urlsafe(32))\" >> .env",
        )
    return Tokens(Signer(secret)).mint(user)

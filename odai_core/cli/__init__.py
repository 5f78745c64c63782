"""The `odai` command. A verb's module is imported when it is typed, and what costs time only when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from odai_core.errors import SetupError

VERBS = ("serve", "call", "plugins", "tools", "call-tool", "models", "doctor", "token", "chats", "usage", "upstreams")
"""In the order of `odai --help`. Each is a module of this package that holds a `command`; a hyphen is an underscore."""


class Odai(click.Group):
    """Finds verbs by module name, and turns a SetupError into cause, remedy and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SetupError as error:
            from odai_core.cli.output import complain

            complain(error.cause, error.remedy)
            ctx.exit(1)


_START = "\b\nTalk to it:\n  odai serve        and open http://127.0.0.1:8080"


@click.group(
    cls=Odai, epilog=_START, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="odai-core", prog_name="odai")
def main() -> None:
    """ODAI: a voice and text assistant server made of pip packages.

    Settings come from the environment, then .env, then odai.toml of this folder. Exit codes: 0 done, 1 something needs
    your hand (cause and remedy are printed), 2 wrong usage.
    """

"""`odai call`: a phone in the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output

if TYPE_CHECKING:
    from odai_core.cli.phone import AppPeer, Clip, Report, TwilioPeer
    from odai_core.cli.watch import Watcher

REFUSED, NOTHING_HEARD, INTERRUPTED = 3, 4, 130
_EXAMPLES = (
    'odai call --text "what is the weather in Ghent" --save heard.wav',
    "odai call --app --wav question.wav --json",
)


@click.command(epilog=output.example(*_EXAMPLES))
@click.option("--url", default="ws://127.0.0.1:8080", show_default=True, help="The server, without a path.")
@click.option("--app", is_flag=True, help="Call as the app does, with a transcript; default: as Twilio does.")
@click.option("--wav", "wavs", multiple=True, type=click.Path(path_type=Path), help="Say a PCM WAV file; repeatable.")
@click.option("--text", "texts", multiple=True, help="Say a text, after all --wav; repeatable.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write what was heard to a WAV file.")
@click.option("--from", "from_number", default="+15550100", show_default=True, help="The caller's number.")
@click.option("--token", default="", help="For --app; default: made from ODAI_SECRET, or taken from the page.")
@click.option(
    "--quiet", default=1.0, show_default=True, type=click.FloatRange(0.1, 60), help="Silence before we speak."
)
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(1, 600), help="Wait for an answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON summary and nothing else.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Call a running server: hear the greeting, speak, hear each answer, hang up.

    Each utterance starts when the assistant has been silent for --quiet seconds. Exit codes: 3 no call came about,
    4 an answer was silent.
    """
    from odai_core.cli.phone import Refused, Report, write_wav
    from odai_core.cli.watch import Watcher

    watcher, report = Watcher(silent=options["as_json"]), Report()
    clips = _clips(options["wavs"], options["texts"])
    code, error = 0, ""
    try:
        peer = _peer(options, watcher)
        asyncio.run(_call(peer, clips, report, options))
    except Refused as refused:
        code, error = REFUSED, str(refused)
    except KeyboardInterrupt:
        code, error = INTERRUPTED, "Interrupted."
    if code == 0 and not report.answered:
        code, error = NOTHING_HEARD, "An answer was silent. The server's log may say why."
    if options["save"] is not None and report.recording is not None:
        write_wav(options["save"], report.recording)
    if options["as_json"]:
        output.print_json(_summary(options, report, watcher, error))
    else:
        watcher.sum_up(report, error)
    if code == REFUSED and not options["as_json"]:
        click.echo("Is it running? Start it with: odai serve. What is installed: odai plugins", err=True)
    ctx.exit(code)


async def _call(peer: TwilioPeer | AppPeer, clips: list[Clip], report: Report, options: dict[str, Any]) -> None:
    from odai_core.cli.phone import converse

    async with peer as phone:
        await converse(phone, clips, report, quiet=options["quiet"], timeout=options["timeout"])


def _clips(wavs: tuple[Path, ...], texts: tuple[str, ...]) -> list[Clip]:
    from odai_core.cli.phone import read_wav, speak

    return [read_wav(path) for path in wavs] + [speak(text) for text in texts]


def _peer(options: dict[str, Any], watcher: Watcher) -> TwilioPeer | AppPeer:
    """The phone. Raises Refused when no token can be had."""
    from odai_core.cli.installed import settings_here
    from odai_core.cli.phone import AppPeer, TwilioPeer
    from odai_core.contract import Setting
    from odai_core.settings import flag

    url = _checked_url(options["url"])
    settings = settings_here()
    if options["app"]:
        return AppPeer(url, token=options["token"] or _token(url, settings), tell=watcher.tell)
    declared = (
        Setting(name="TWILIO_AUTH_TOKEN", help="", secret=True),
        Setting(name="ODAI_TWILIO_VALIDATE", help="Use 1 or 0.", default="1", type=flag),
    )
    values = settings.bind(declared)
    return TwilioPeer(
        url,
        auth_token=values["TWILIO_AUTH_TOKEN"].reveal() if values["ODAI_TWILIO_VALIDATE"] else "",
        public_host=settings.core["ODAI_PUBLIC_HOST"],
        from_number=options["from_number"],
        tell=watcher.tell,
    )


def _checked_url(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss", "http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path not in ("", "/") or parts.query or parts.username:
        raise click.BadParameter("give an address like ws://127.0.0.1:8080", param_hint="--url")
    return url.rstrip("/")


def _token(url: str, settings: Any) -> str:
    from odai_core.cli.phone.app_peer import token_from_page
    from odai_core.cli.token import mint

    secret = settings.core["ODAI_SECRET"]
    return mint(secret, "local") if secret else asyncio.run(token_from_page(url))


def _summary(options: dict[str, Any], report: Report, watcher: Watcher, error: str) -> dict[str, Any]:
    return {
        "url": options["url"],
        "protocol": "app" if options["app"] else "twilio",
        "ok": not error,
        "error": error,
        "reason": report.reason,
        "seconds": round(report.seconds, 3),
        "turns": [
            {
                "said_seconds": round(turn.said_seconds, 3),
                "latency_ms": turn.answer.latency_ms,
                "heard_ms": turn.answer.ms,
            }
            for turn in report.turns
        ],
        "transcript": watcher.transcript(),
        "tools": watcher.tools,
        "metrics": watcher.metrics,
        "bytes_sent": report.sent,
        "bytes_received": report.received,
        "violations": report.violations,
    }

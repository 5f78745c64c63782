"""`odai chats`: what the database keeps of users' chats, to look at, to hand over and to forget."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import click

from odai_core.cli import output
from odai_core.errors import SetupError

if TYPE_CHECKING:
    from odai_core.store.chats import ChatStore, Found

T = TypeVar("T")
_USER = click.option("--user", metavar="NAME", help="Only this user's.")
_IDS = click.argument("chat_ids", metavar="[CHAT]...", nargs=-1)


@click.group(epilog=output.example("odai chats export --user ada --output ada.jsonl"))
def command() -> None:
    """List, export and delete the chats of users. A server may run meanwhile."""


@command.command("list", epilog=output.example("odai chats list --user ada"))
@_USER
@click.option("--json", "as_json", is_flag=True, help="As JSON; times are unix seconds.")
def list_chats(user: str | None, as_json: bool) -> None:
    """Show every chat, the newest first."""
    found = _with_store(lambda store: store.find(user_id=user))
    if as_json:
        from dataclasses import asdict

        output.print_json({"chats": [{"owner": owner, **asdict(chat)} for owner, chat in found]})
    elif not found:
        click.echo("There are no chats." if user is None else f"{output.plain(user)} has no chats.")
    else:
        rows = [(chat.chat_id, owner, _time(chat.updated_at), chat.title) for owner, chat in found]
        output.print_table(("CHAT", "USER", "LAST TURN (UTC)", "TITLE"), rows)


@command.command(epilog=output.example("odai chats export --user ada --output ada.jsonl"))
@_IDS
@_USER
@click.option("--output", "path", type=click.Path(path_type=Path, dir_okay=False), help="A file; default: stdout.")
def export(chat_ids: tuple[str, ...], user: str | None, path: Path | None) -> None:
    """Write chats with all their turns, one line of JSON for each: those named, a user's, or all.

    The file is readable by you alone, and is there only when it is whole.
    """

    async def write(store: ChatStore) -> int:
        count = 0
        chosen = _chosen(await store.find(user_id=user, chat_ids=chat_ids), chat_ids, user)
        with _lines(path) as out:
            for owner, chat_id in chosen:
                # One by one: nobody's memory has to hold all chats.
                kept = await store.export(owner, chat_id)
                if kept is not None:
                    out.write(json.dumps(kept) + "\n")
                    count += 1
        return count

    count = _with_store(write)
    if path is not None:
        click.echo(f"{_chats(count)} written to {path}.")


@command.command("delete", epilog=output.example("odai chats delete --user ada", "odai chats delete chat-17 --yes"))
@_IDS
@_USER
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_chats(chat_ids: tuple[str, ...], user: str | None, yes: bool) -> None:
    """Delete chats for good: those named, or all of a user. A turn that runs in one is not kept either."""
    if not chat_ids and user is None:
        raise click.UsageError("Name chats, or a user with --user.")
    chosen = _with_store(lambda store: _find(store, chat_ids, user))
    if not chosen:
        click.echo(f"{output.plain(user)} has no chats.")
        return
    if not yes:
        click.confirm(f"Delete {_chats(len(chosen))} for good?", abort=True, err=True)

    async def forget(store: ChatStore) -> int:
        return sum([await store.delete(owner, chat_id) for owner, chat_id in chosen])

    click.echo(f"{_chats(_with_store(forget))} deleted.")


async def _find(store: ChatStore, chat_ids: Sequence[str], user: str | None) -> Sequence[tuple[str, str]]:
    return _chosen(await store.find(user_id=user, chat_ids=chat_ids), chat_ids, user)


def _chosen(found: Found, chat_ids: Sequence[str], user: str | None) -> Sequence[tuple[str, str]]:
    """Owners and ids. Raises SetupError when one that was named is not there: a slip must not pass for a success."""
    missing = sorted(set(chat_ids) - {chat.chat_id for _, chat in found})
    if missing:
        whose = f" of {user}" if user is not None else ""
        raise SetupError(f"There is no chat {', '.join(missing)}{whose}.", "See them with: odai chats list")
    return [(owner, chat.chat_id) for owner, chat in found]


def _with_store(work: Callable[[ChatStore], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _store() as store:
            return await work(store)

    return asyncio.run(run())


@asynccontextmanager
async def _store() -> AsyncIterator[ChatStore]:
    """The chats of the database that the settings here name. Raises SetupError when it cannot be used."""
    from odai_core.cli.installed import settings_here
    from odai_core.store.chats import ChatStore
    from odai_core.store.database import Database

    core = settings_here().core
    database = Database(core["ODAI_DATABASE_URL"], core["ODAI_DATA_DIR"])
    try:
        yield ChatStore(database)
    finally:
        await database.close()


@contextmanager
def _lines(path: Path | None) -> Iterator[IO[str]]:
    """Where lines go. Raises SetupError for a file that cannot be written; the old one stays until all is written."""
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(f".{path.name}.part")
    try:
        # Made anew: a file that is there already keeps its mode, and may be somebody's link.
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            yield out
        part.replace(path)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.", "Choose another file with --output.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _chats(count: int) -> str:
    return "1 chat" if count == 1 else f"{count} chats"


def _time(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")

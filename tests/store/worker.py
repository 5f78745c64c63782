"""A process of its own that uses a store, for tests that run two of them, or kill one.

It imports once and forks for each line of its standard input, so that a hundred deaths cost seconds:
`append CHAT FIRST` appends turns FIRST, FIRST+1, ... until it is killed, and says each that was kept;
`fill CHAT PREFIX COUNT` appends COUNT turns; `claim CHAT HOLDER` and `begin CHAT` say what they got.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys

from odai_core.chats import PastTurn
from odai_core.contract import Secret
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database
from odai_core.store.writes import WriteStore

ITEMS = 30
"""Of each turn: enough rows that a transaction takes a while."""


def turn(name: str) -> tuple[PastTurn, list[dict[str, object]]]:
    """The turn of a name, always the same."""
    items = [{"type": "message", "turn": name, "at": at, "content": "x" * 500} for at in range(ITEMS)]
    return PastTurn(id=name, at=1.5, prompt=f"ask {name}", answer=f"answer {name}"), items


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def append(database: Database, chat: str, first: str) -> None:
    for number in itertools.count(int(first)):
        say("kept", number, await ChatStore(database).append(chat, *turn(str(number))))


async def fill(database: Database, chat: str, prefix: str, count: str) -> None:
    for number in range(int(count)):
        await ChatStore(database).append(chat, *turn(f"{prefix}{number}"))


async def claim(database: Database, chat: str, holder: str) -> None:
    say(await ChatStore(database).claim(chat, holder, 60))


async def begin(database: Database, chat: str) -> None:
    say((await WriteStore(database).begin(chat, "send_mail", "digest")).id)


COMMANDS = {"append": append, "fill": fill, "claim": claim, "begin": begin}


async def run(url: str, name: str, *arguments: str) -> None:
    database = Database(Secret(url))
    try:
        await COMMANDS[name](database, *arguments)
    finally:
        await database.close()


def main() -> None:
    import sqlalchemy.dialects.postgresql
    import sqlalchemy.dialects.sqlite
    import sqlalchemy.ext.asyncio  # noqa: F401

    url = sys.argv[1]
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(run(url, *line.split()))
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        say("pid", child)
        _, status = os.waitpid(child, 0)
        say("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()

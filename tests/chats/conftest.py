"""Both databases, for whole chats."""

from tests.store.conftest import postgres, url

__all__ = ["postgres", "url"]

from odai_core.chats import PastTurn


async def test_first(store):
    assert await store.open("a", "ada")
    assert not await store.open("a", "ada")
    assert await store.append("a", PastTurn(id="1", at=1.0, prompt="p", answer="q"), [{"a": 1}, {"b": "\0"}])
    assert not await store.append("a", PastTurn(id="1", at=1.0, prompt="p", answer="q"), [{"a": 1}, {"b": "\0"}])
    assert await store.items("a") == [{"a": 1}, {"b": "\0"}]

"""What a user is asked before a change, and what a second try at it is told."""

from odai_core.contract import ToolContext, tool
from odai_core.errors import ToolError
from odai_core.text.events import ConfirmationRequired
from tests.text.desk_bench import bench, call, calls, connector, of, say, to
from tests.text.test_chat_confirm import Post, answering, letter, outputs


async def test_a_tool_asks_in_its_own_words_and_not_about_what_cannot_be(tmp_path):
    done = []

    async def which(ctx: ToolContext, id: str) -> str:
        if id == "nothing":
            raise ToolError("not_found", "There is no such letter.")
        return f"Shall I burn the letter to {id} **now**?"

    @tool(confirm=True, question=which)
    async def burn_letter(ctx: ToolContext, id: str) -> str:
        """Burn a letter."""
        done.append(id)
        return "It is gone."

    steps = [to("post"), calls(call("burn_letter", id="nothing")), calls(call("burn_letter", id="bob")), say("Ok.")]
    async with bench(tmp_path, connector("post", burn_letter), steps=steps) as it, it.open() as chat:
        events = await answering(chat, "burn the letters", True)
        missing = outputs(it)[0]
    assert [event.question for event in of(events, ConfirmationRequired)] == ["Shall I burn the letter to bob now?"]
    assert (missing["error"], missing["spoken"]) == ("not_found", "There is no such letter.")
    assert done == ["bob"]


async def test_a_second_try_that_fails_keeps_the_id_of_the_first(tmp_path):
    post = Post()
    steps = [to("post"), letter(), say("Hm.")] * 3
    begun = []
    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat:
        begin = it.desk.writes.begin

        async def noted(*arguments):
            begun.append(await begin(*arguments))
            return begun[-1]

        it.desk.writes.begin = noted
        for code in ("upstream", "rate_limited", None):
            post.error = code and ToolError(code, "That did not go well.")
            await answering(chat, "write to bob", True)
    assert [write.again for write in begun] == [False, True, True]
    assert {write.id for write in begun} == {post.sent[0][0]}

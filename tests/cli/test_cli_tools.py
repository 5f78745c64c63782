def test_tools_are_listed_with_their_parameters(bench):
    bench.tool("tides")
    bench.tool("quiet", voice=False)
    tools = {row["tool"]: row for row in bench.json("tools")["tools"]}
    assert tools["tell_tides"] == {
        "plugin": "tides",
        "tool": "tell_tides",
        "description": "Say when the next high tide is in a harbour.",
        "parameters": [
            {"name": "harbour", "type": "string", "required": True, "description": "Its name."},
            {"name": "days", "type": "integer", "required": False, "description": "How far ahead."},
        ],
        "progress": "Looking at the sea",
        "timeout": 3,
        "voice": True,
    }
    assert tools["tell_quiet"]["voice"] is False


def test_the_table_marks_optional_parameters(bench):
    bench.tool("tides")
    done = bench.odai("tools", ODAI_PLUGINS="tides")
    assert done.returncode == 0
    assert "tides   tell_tides  harbour, [days]  3 s      yes    Looking at the sea" in done.stdout


def test_voice_begins_with_hanging_up_and_has_a_call_s_order(bench):
    for name in ("zebra", "yelp", "amtrak", "quiet"):
        bench.tool(name, voice=name != "quiet")
    # Real connectors of these names may be installed as well.
    environ = {"ODAI_PLUGINS": "zebra,t-yelp,t-amtrak,quiet", "ODAI_PIN": "yelp=t-yelp,amtrak=t-amtrak"}
    tools = bench.json("tools", "--voice", **environ)["tools"]
    assert [row["tool"] for row in tools] == ["hangup_call", "tell_amtrak", "tell_yelp", "tell_zebra"]


def test_no_tools_say_where_to_look(bench):
    done = bench.odai("tools", ODAI_PLUGINS="nobody")
    assert (done.returncode, done.stdout) == (0, "No tools are ready. See why: odai plugins\n")
    assert bench.json("tools", ODAI_PLUGINS="nobody") == {"tools": []}

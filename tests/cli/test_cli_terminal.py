"""What is drawn on a terminal, and not in a file."""

import io
import logging
from types import SimpleNamespace

import pytest

from odai_core.cli import logs, output, progress
from odai_core.cli.phone import Answer, Happening, Report, Turn
from odai_core.cli.progress import fetch_progress
from odai_core.cli.watch import Watcher


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def tty(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Tty()
    # Not sys itself: pytest puts its own streams back there between a fixture and its test.
    for module in (output, logs, progress):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdout=out, stderr=out))
    return out


def test_facts_stand_in_a_column(tty):
    output.print_facts([("ready", "green", "Yelp"), ("needs setup", "yellow", "no \x1b[2J key")])
    assert "\x1b[32mready" in tty.getvalue()
    assert "\x1b[2J" not in tty.getvalue()


def test_a_bar_for_each_part(tty):
    with fetch_progress() as report:
        report("ears: downloading", 10, 100)
        report("ears: ready", 100, 100)
        report("voice: downloading", 50, 100)
    drawn = tty.getvalue()
    assert "ears: ready" in drawn
    assert "voice: downloading" in drawn


@pytest.fixture
def root(monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    levels = {name: logging.getLogger(name).level for name in ("", "odai", "odai.hypercorn")}
    yield root
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_logs_on_a_terminal_hide_tokens(tty, root):
    logs.set_up("debug")
    logging.getLogger("odai.web").info("GET /?token=SECRET [red]not red[/red] \x1b[2J")
    logging.getLogger("httpx2").info("GET https://x/?key=SECRET")
    assert "[red]not red[/red]" in tty.getvalue()
    assert "SECRET" not in tty.getvalue()
    assert "\x1b[2J" not in tty.getvalue()
    assert "https://x" not in tty.getvalue()


def test_a_call_to_watch(tty):
    watcher = Watcher(silent=False)
    for kind, fields in (
        ("ready", {"model": "local", "tools": ["a", "b"]}),
        ("hearing", {"latency_ms": 120}),
        ("line", {"id": "1", "role": "assistant", "text": "Hel", "status": "in_progress"}),
        ("line", {"id": "1", "role": "assistant", "text": "Hello!", "status": "completed"}),
        ("line", {"id": "1", "role": "assistant", "text": "Hello!", "status": "completed"}),
        ("quiet", {"ms": 900}),
        ("speaking", {"seconds": 1.0}),
        ("line", {"id": "2", "role": "user", "text": "Sushi \x1b[2J", "status": "completed"}),
        ("tool_start", {"tool": "find", "arguments": "{}"}),
        ("tool_end", {"tool": "find", "ms": 5, "ok": False}),
        ("metrics", {"model_ms": 3}),
        ("cleared", {}),
        ("error", {"message": "Something went wrong."}),
        ("unknown", {"x": 1}),
        ("ended", {"reason": "caller"}),
    ):
        watcher.tell(Happening(kind, fields))
    watcher.sum_up(Report(turns=[Turn(0, Answer(b"x", 120, 900)), Turn(1, Answer(b"x", 640, 50))], seconds=9), "")
    drawn = tty.getvalue()
    assert drawn.count("Hello!") == 1
    assert "Hel\n" not in drawn
    assert "\x1b[2J" not in drawn
    assert "find FAILED in 5 ms" in drawn
    assert "median 640 ms" in drawn
    assert watcher.transcript()[0] == {"role": "assistant", "text": "Hello!"}
    assert watcher.tools == [{"tool": "find", "ms": 5, "ok": False}]


def test_a_watcher_keeps_no_more_than_it_shows(monkeypatch):
    monkeypatch.setattr("odai_core.cli.watch.MAX_LINES", 3)
    watcher = Watcher(silent=True)
    for number in range(9):
        watcher.tell(Happening("line", {"id": str(number), "role": "user", "text": "x", "status": "completed"}))
        watcher.tell(Happening("tool_end", {"tool": "t", "ms": 1, "ok": True}))
        watcher.tell(Happening("metrics", {"model_ms": 1}))
    assert len(watcher.transcript()) == len(watcher.tools) == len(watcher.metrics) == 3


def test_trouble_before_and_in_a_call_is_summed_up(tty):
    Watcher(silent=False).sum_up(Report(), "Nobody is there.")
    Watcher(silent=False).sum_up(Report(turns=[Turn(0, Answer(b"", None, 0))], seconds=31), "Silence.")
    assert "no call" in tty.getvalue()
    assert "trouble" in tty.getvalue()

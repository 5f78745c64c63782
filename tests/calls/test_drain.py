"""SIGTERM on a real `odai serve`: calls finish or are told goodbye, and the process ends well."""

import asyncio
import os
import signal
import socket
import sys
import uuid

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from odai_core.contract import Secret
from odai_core.testing.fake_openai import FakeOpenAI
from odai_core.web.auth import Signer, Tokens
from tests.calls.harness import App

SECRET = "a secret for tests"
DRAIN = 2.0
SERVE = "from odai_core.cli import main; main()"
PLAIN = "import sys; sys.modules['uvloop'] = None; " + SERVE


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


async def listening(port):
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def call(port):
    token = Tokens(Signer(Secret(SECRET))).mint("tester")
    return connect(f"ws://127.0.0.1:{port}/app/voice/stream/{uuid.uuid4()}?token={token}", compression=None)


@pytest.mark.slow
@pytest.mark.parametrize("code", [SERVE, PLAIN], ids=["uvloop", "asyncio"])
async def test_a_stop_lets_one_call_finish_and_tells_the_other(code, tmp_path):
    loop = asyncio.get_running_loop()
    port = free_port()
    async with FakeOpenAI() as fake:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "ODAI_SECRET": SECRET,
            "ODAI_DRAIN_SECONDS": str(DRAIN),
            "ODAI_MODEL": "openai",
            "OPENAI_API_KEY": fake.key,
            "OPENAI_REALTIME_URL": fake.url,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, "serve", "--port", str(port)), env=environment, cwd=tmp_path
        )
        try:
            await listening(port)
            async with call(port) as first, call(port) as second:
                ends, stays = App(first), App(second)
                await ends.until("ready")
                await stays.until("ready")
                await stays.until("agent_end")
                process.send_signal(signal.SIGTERM)
                stopped = loop.time()
                response = await refusal(port)
                assert response.status_code == 503
                assert response.headers["Retry-After"]
                await ends.until("agent_end")
                await ends.send("bye")
                await first.wait_closed()
                assert first.close_code == 1000
                assert loop.time() - stopped < DRAIN
                goodbye = await stays.until("bye")
                assert goodbye["reason"] == "drain"
                assert loop.time() - stopped >= DRAIN - 0.1
                await second.wait_closed()
                assert second.close_code == 1001
            async with asyncio.timeout(10):
                assert await process.wait() == 0
            assert loop.time() - stopped < DRAIN + 7
            assert all(connection.closed.is_set() for connection in fake.connections)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def refusal(port):
    """The answer to a new call, once the signal has arrived."""
    async with asyncio.timeout(5):
        while True:
            try:
                async with call(port):
                    await asyncio.sleep(0.02)
            except InvalidStatus as refused:
                return refused.response

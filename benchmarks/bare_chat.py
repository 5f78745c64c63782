"""What `benchmarks/chat.py` compares with: the SDK's `run_streamed`, bare or behind the plainest Quart socket.

    python benchmarks/bare_chat.py --port 8099 --upstream http://127.0.0.1:9999/v1

Each text frame is a prompt; its answer comes as one JSON frame per delta and a last one, `{"type": "end_of_stream"}`.
No tools, no hand-offs, no history kept, nobody asked who they are.
`GET /bare?turns=N` runs the SDK alone, without a socket, and tells what that cost.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import uvloop
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from hypercorn.asyncio import serve
from hypercorn.config import Config
from openai import AsyncOpenAI
from quart import Quart, request, websocket


def assistant(upstream: str) -> Agent[Any]:
    client = AsyncOpenAI(base_url=upstream, api_key="benchmark")
    model = OpenAIChatCompletionsModel(model="benchmark", openai_client=client)
    settings = ModelSettings(include_usage=True)
    return Agent(name="Bare", instructions="Answer.", model=model, model_settings=settings)


def application(upstream: str) -> Quart:
    app = Quart(__name__)
    agent = assistant(upstream)

    @app.websocket("/chats/<chat_id>")
    async def chat(chat_id: str) -> None:
        while True:
            prompt = str(await websocket.receive())
            result = Runner.run_streamed(agent, prompt)
            async for event in result.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    frame = {"type": "raw_response_event", "delta": event.data.delta, "current_agent": "Bare"}
                    await websocket.send(json.dumps(frame))
            await websocket.send('{"type": "end_of_stream"}')

    @app.get("/bare")
    async def bare() -> dict[str, Any]:
        """Milliseconds from the prompt to the first delta, and processor seconds for all deltas."""
        firsts, deltas = [], 0
        cpu = time.process_time()
        for _ in range(int(request.args["turns"])):
            started, first = time.monotonic_ns(), 0
            result = Runner.run_streamed(agent, "Tell me something.")
            async for event in result.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    first = first or time.monotonic_ns()
                    deltas += 1
            firsts.append((first - started) / 1e6)
        return {"firsts": firsts, "deltas": deltas, "cpu": time.process_time() - cpu}

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    options = parser.parse_args()
    set_tracing_disabled(True)
    config = Config()
    config.bind = [f"127.0.0.1:{options.port}"]
    config.accesslog = None
    uvloop.run(serve(application(options.upstream), config))


if __name__ == "__main__":
    main()

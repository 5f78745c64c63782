"""One call's model: events of the Agents SDK come in and go out."""

from itertools import count

from agents.realtime import RealtimeModel, items, model_events, model_inputs

HIGH_LOW = {"pcm16": (b"\xd0\x07", b"\x30\xf8"), "g711_ulaw": (b"\xbf", b"\x3f")}
"""A sample of about +2000 and one of about -2000."""


class Echo(RealtimeModel):
    def __init__(self, options):
        self._audio = options.audio
        self._listeners = []
        self._numbers = count(1)

    def add_listener(self, listener):
        self._listeners.append(listener)

    def remove_listener(self, listener):
        self._listeners.remove(listener)

    async def connect(self, options): ...

    async def close(self): ...

    async def send_event(self, event):
        if isinstance(event, model_inputs.RealtimeModelSendUserInput):
            await self._answer(f"You said: {event.user_input}")
        elif isinstance(event, model_inputs.RealtimeModelSendRawMessage):  # core's own lines, such as the greeting
            await self._answer(event.message["other_data"]["response"]["metadata"]["say"])

    async def _answer(self, text):
        item, response, high_low = f"item-{(n := next(self._numbers))}", f"answer-{n}", HIGH_LOW[self._audio.name]
        tone = b"".join(sample * (self._audio.rate // 400) for sample in high_low) * 12 * len(text)  # 60 ms a letter
        said = items.AssistantAudio(transcript=text)
        line = items.AssistantMessageItem(item_id=item, status="completed", content=[said])
        await self._emit(model_events.RealtimeModelTurnStartedEvent(response_id=response))
        await self._emit(model_events.RealtimeModelAudioEvent(tone, response, item, content_index=0))
        await self._emit(model_events.RealtimeModelItemUpdatedEvent(line))
        await self._emit(model_events.RealtimeModelTurnEndedEvent(response_id=response))

    async def _emit(self, event):
        for listener in list(self._listeners):
            await listener.on_event(event)

// One conversation's socket: frames in and out, and what became of it.

import { newId } from "./ids.js";

const BASE = "/app/voice";
const PING_MS = 15000;
const BACKLOG_LIMIT = 1 << 18; // bytes waiting in the browser; beyond that the voice is too late to matter

function toBase64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}

function toSamples(payload) {
  const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
  return new Int16Array(bytes.buffer);
}

function address(bargeIn) {
  const query = new URLSearchParams({
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
    locale: navigator.language ?? "",
  });
  if (bargeIn) query.set("barge_in", "1");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${BASE}/stream/${newId()}?${query}`;
}

// Why a call would be refused: {status, retryAfter}; status 0 when the server does not answer.
async function check(token) {
  try {
    const answer = await fetch(`${BASE}/check`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    return { status: answer.status, retryAfter: Number(answer.headers.get("Retry-After")) || 0 };
  } catch {
    return { status: 0, retryAfter: 0 };
  }
}

export class Session {
  // onEvent(event) for each frame, audio as {event, item_id, samples}; onClosed({code, bye, refusal}) once, `refusal`
  // only when the server did not take the call.
  constructor({ token, bargeIn, onEvent, onClosed }) {
    this.token = token;
    this.onEvent = onEvent;
    this.onClosed = onClosed;
    this.opened = false;
    this.givenUp = false;
    this.bye = null;
    try {
      this.socket = new WebSocket(address(bargeIn), ["odai.voice", `odai.token.${token}`]);
    } catch {
      // The token has characters that no subprotocol can carry, so it is not one of ours.
      this.socket = null;
      queueMicrotask(() => onClosed({ code: 0, bye: null, refusal: { status: 401, retryAfter: 0 } }));
      return;
    }
    this.socket.onopen = () => {
      this.opened = true;
      this.pinging = setInterval(() => this.send({ event: "ping", t: Math.round(performance.now()) }), PING_MS);
    };
    this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    this.socket.onclose = ({ code }) => this.closed(code);
  }

  receive(event) {
    if (event.event === "bye") this.bye = event;
    if (event.event === "audio") {
      this.onEvent({ event: "audio", item_id: event.item_id, samples: toSamples(event.payload) });
    } else {
      this.onEvent(event);
    }
  }

  async closed(code) {
    clearInterval(this.pinging);
    const refusal = this.opened || this.givenUp ? null : await check(this.token);
    this.onClosed({ code, bye: this.bye ?? (this.givenUp ? { reason: "caller" } : null), refusal });
  }

  send(event) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(event));
  }

  audio(buffer) {
    if (this.socket && this.socket.bufferedAmount < BACKLOG_LIMIT) {
      this.send({ event: "audio", payload: toBase64(buffer) });
    }
  }

  text(text) {
    this.send({ event: "text", text });
  }

  interrupt() {
    this.send({ event: "interrupt" });
  }

  played(item, ms) {
    this.send({ event: "played", item_id: item, ms: Math.round(ms) });
  }

  // A polite end; the server closes.
  end() {
    this.givenUp = true;
    if (this.socket?.readyState === WebSocket.OPEN) this.send({ event: "bye" });
    else this.socket?.close();
  }
}

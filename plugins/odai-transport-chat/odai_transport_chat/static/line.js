// One chat's socket: opened when there is something to send, opened again when it was lost.

const FIRST_WAIT = 1000; // ms
const LONGEST_WAIT = 30000;

function address(id) {
  const query = new URLSearchParams({
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
    locale: navigator.language ?? "",
  });
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chats/${id}?${query}`;
}

export class Line {
  // on: {frame(frame), up(), down({code, opened}) -> shall it be opened again?, waiting(ms)}
  constructor(id, token, on) {
    this.id = id;
    this.token = token;
    this.on = on;
    this.socket = null;
    this.unsent = [];
    this.tries = 0;
    this.over = false;
  }

  send(text) {
    if (this.socket?.readyState === WebSocket.OPEN) return this.socket.send(text);
    this.unsent.push(text);
    return this.connect();
  }

  // For what makes no sense later: a stop, an answer to a question.
  tell(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket || this.over) return;
    try {
      this.socket = new WebSocket(address(this.id), ["odai.chat", `odai.token.${this.token.value}`]);
    } catch {
      // The token has characters that no subprotocol can carry, so it is not one of ours.
      queueMicrotask(() => this.closed({ code: 0, opened: false }));
      return;
    }
    let opened = false;
    this.socket.onopen = () => {
      opened = true;
      this.on.up();
      for (const text of this.unsent.splice(0)) this.socket.send(text);
    };
    this.socket.onmessage = ({ data }) => {
      this.tries = 0;
      this.on.frame(JSON.parse(data));
    };
    this.socket.onclose = ({ code }) => this.closed({ code, opened });
  }

  async closed(end) {
    this.socket = null;
    if (this.over || !(await this.on.down(end)) || this.over || this.socket) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.connect(), wait);
    this.on.waiting(wait);
  }

  close() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close(1000);
  }
}

// The assistant's voice: queues what arrives, says what was heard.

const WORKLET = new URL("./playback-worklet.js", import.meta.url);

export class Player {
  static async open(context, handlers) {
    await context.audioWorklet.addModule(WORKLET);
    return new Player(context, handlers);
  }

  // onPlayed(item, ms): a position; onSpeaking(bool): sound has begun, or all of it has been heard.
  constructor(context, { onPlayed, onSpeaking }) {
    this.context = context;
    this.cut = new Set();
    this.current = "";
    this.analyser = new AnalyserNode(context, { fftSize: 512 });
    this.node = new AudioWorkletNode(context, "playback", {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.node.connect(this.analyser).connect(context.destination);
    this.node.port.onmessage = ({ data }) => {
      if (data.type === "position") onPlayed(data.item, data.ms);
      else if (data.type === "started") onSpeaking(true);
      else if (data.type === "idle") onSpeaking(false);
    };
  }

  // `samples`: Int16Array at 24 kHz.
  play(item, samples) {
    if (this.cut.has(item) || samples.length === 0) return;
    this.current = item;
    const seconds = (this.context.baseLatency || 0) + (this.context.outputLatency || 0);
    this.node.port.postMessage({ type: "latency", seconds });
    this.node.port.postMessage({ type: "chunk", item, samples }, [samples.buffer]);
  }

  // Nothing more of this item will come.
  finish() {
    this.node.port.postMessage({ type: "finish" });
  }

  // Silence now; late audio of the same item stays silent too.
  flush(item = this.current) {
    this.cut.add(item);
    this.node.port.postMessage({ type: "flush" });
  }

  close() {
    this.node.port.onmessage = null;
    this.node.disconnect();
  }
}

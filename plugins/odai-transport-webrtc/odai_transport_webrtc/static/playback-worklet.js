// The loudspeaker's queue: plays items in order and knows, to the sample, how much of each has been heard.

const REPORT_FRAMES = sampleRate / 10;
const PRIME_FRAMES = 0.06 * sampleRate;
const PRIME_PATIENCE = 0.1 * sampleRate;
const STARVED_FRAMES = 2 * sampleRate;
const QUEUE_LIMIT = 600 * sampleRate;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunks = []; // {item, samples: Int16Array, next}
    this.queued = 0;
    this.spans = []; // rendered, but not yet out of the loudspeaker: {item, start, frames, heard}
    this.totals = new Map(); // item -> frames heard
    this.changed = new Set();
    this.latency = 0;
    this.primed = false;
    this.waited = 0;
    this.playing = false;
    this.finished = true;
    this.fading = false;
    this.sinceReport = 0;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  receive(message) {
    if (message.type === "chunk") {
      if (this.queued + message.samples.length > QUEUE_LIMIT) return;
      this.chunks.push({ item: message.item, samples: message.samples, next: 0 });
      this.queued += message.samples.length;
      this.finished = false;
    } else if (message.type === "finish") {
      this.finished = true;
    } else if (message.type === "latency") {
      this.latency = Math.round(message.seconds * sampleRate);
    } else if (message.type === "flush") {
      if (this.primed && this.queued > 0) this.fading = true;
      else this.drop();
    }
  }

  process(_inputs, [[output]]) {
    const ready = this.fading || this.isPrimed(output.length);
    const rendered = ready ? this.render(output) : 0;
    if (this.fading) {
      // One block faded to nothing: an assistant that is cut off should not click.
      for (let i = 0; i < output.length; i += 1) output[i] *= 1 - i / output.length;
      this.drop(currentFrame + output.length);
    } else if (rendered < output.length && this.queued === 0) {
      this.primed = false;
    }
    this.tick(currentFrame + output.length, output.length);
    return true;
  }

  // A burst starts a little late rather than with a gap: the first chunks are often small.
  isPrimed(frames) {
    if (this.primed || this.queued === 0) return this.primed;
    this.waited += frames;
    this.primed = this.finished || this.queued >= PRIME_FRAMES || this.waited >= PRIME_PATIENCE;
    if (this.primed) this.waited = 0;
    return this.primed;
  }

  render(output) {
    let filled = 0;
    while (filled < output.length && this.chunks.length > 0) {
      const chunk = this.chunks[0];
      const count = Math.min(output.length - filled, chunk.samples.length - chunk.next);
      for (let i = 0; i < count; i += 1) output[filled + i] = chunk.samples[chunk.next + i] / 32768;
      this.note(chunk.item, currentFrame + filled, count);
      chunk.next += count;
      filled += count;
      if (chunk.next === chunk.samples.length) this.chunks.shift();
    }
    this.queued -= filled;
    if (filled > 0 && !this.playing) {
      this.playing = true;
      this.port.postMessage({ type: "started" });
    }
    return filled;
  }

  note(item, start, frames) {
    const last = this.spans.at(-1);
    if (last && last.item === item && last.start + last.frames === start) last.frames += frames;
    else this.spans.push({ item, start, frames, heard: 0 });
  }

  // Moves what has left the loudspeaker by `frame` from the spans to the totals.
  settle(frame) {
    for (const span of this.spans) {
      const heard = Math.max(0, Math.min(span.frames, frame - span.start));
      if (heard <= span.heard) continue;
      this.totals.set(span.item, (this.totals.get(span.item) ?? 0) + heard - span.heard);
      this.changed.add(span.item);
      span.heard = heard;
    }
    this.spans = this.spans.filter((span) => span.heard < span.frames || span === this.spans.at(-1));
  }

  report() {
    for (const item of this.changed) {
      this.port.postMessage({ type: "position", item, ms: (this.totals.get(item) * 1000) / sampleRate });
    }
    this.changed.clear();
    this.sinceReport = 0;
    for (const item of this.totals.keys()) {
      if (this.totals.size <= 8) break;
      this.totals.delete(item);
    }
  }

  tick(now, frames) {
    if (!this.playing) return;
    this.sinceReport += frames;
    this.settle(now - this.latency);
    const silent = this.queued === 0 && this.spans.every((span) => span.heard === span.frames);
    const starved = this.spans.length > 0 && now - this.spans.at(-1).start - this.spans.at(-1).frames > STARVED_FRAMES;
    if (silent && (this.finished || starved)) {
      this.report();
      this.stop();
    } else if (this.sinceReport >= REPORT_FRAMES) {
      this.report();
    }
  }

  // What has been rendered will be heard, whatever the latency; the rest never.
  drop(now = currentFrame) {
    this.chunks = [];
    this.queued = 0;
    this.fading = false;
    this.primed = false;
    this.finished = true;
    this.settle(now);
    this.report();
    if (this.playing) this.stop();
    this.port.postMessage({ type: "flushed" });
  }

  stop() {
    this.playing = false;
    this.spans = [];
    this.port.postMessage({ type: "idle" });
  }
}

registerProcessor("playback", Playback);

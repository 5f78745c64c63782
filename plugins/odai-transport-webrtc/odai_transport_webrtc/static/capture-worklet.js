// The microphone's end: blocks of 480 samples, two to a frame, as PCM16 at 24 kHz.

import { Resampler } from "./resampler.js";

const RATE = 24000;
const BLOCK = 480;
const FRAME = 2 * BLOCK; // 40 ms

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = sampleRate === RATE ? null : new Resampler(sampleRate, RATE);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.stopped = false;
    this.port.onmessage = () => {
      this.stopped = true;
    };
  }

  process([[input]]) {
    if (this.stopped) return false;
    if (input) this.take(this.resampler ? this.resampler.process(input) : input);
    return true;
  }

  take(samples) {
    for (const sample of samples) {
      this.frame[this.filled] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      this.filled += 1;
      if (this.filled === FRAME) this.send();
    }
  }

  send() {
    const { buffer } = this.frame;
    this.port.postMessage(buffer, [buffer]);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }
}

registerProcessor("capture", Capture);

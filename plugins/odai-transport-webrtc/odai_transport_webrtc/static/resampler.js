// Turns any sample rate into a lower or equal one: a windowed sinc, for browsers that will not resample a microphone.

const HALF = 16; // zero crossings on each side

export class Resampler {
  constructor(from, to) {
    this.step = from / to;
    this.scale = Math.min(1, to / from) * 0.94; // the pass band ends a little below half of the lower rate
    this.reach = Math.ceil(HALF / this.scale);
    this.buffer = new Float32Array(this.reach);
    this.at = this.reach; // the next output's place in the buffer, in input samples
  }

  // Float32Array in, Float32Array out; keeps what the next call needs.
  process(input) {
    const joined = new Float32Array(this.buffer.length + input.length);
    joined.set(this.buffer);
    joined.set(input, this.buffer.length);
    const output = [];
    while (this.at + this.reach < joined.length) {
      output.push(this.sample(joined, this.at));
      this.at += this.step;
    }
    const done = Math.max(0, Math.floor(this.at) - this.reach);
    this.buffer = joined.slice(done);
    this.at -= done;
    return Float32Array.from(output);
  }

  sample(samples, at) {
    let sum = 0;
    const last = Math.floor(at) + this.reach;
    for (let i = Math.floor(at) - this.reach + 1; i <= last; i += 1) {
      const x = (at - i) * this.scale;
      if (Math.abs(x) >= HALF || i < 0) continue;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      sum += samples[i] * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / HALF));
    }
    return sum * this.scale;
  }
}

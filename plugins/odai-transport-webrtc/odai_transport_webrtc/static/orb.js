// The picture of who is speaking: three soft shapes that breathe with the voice.

const POINTS = 72;
const LAYERS = [
  { size: 1.0, speed: 0.7, waves: 2, colour: "--orb-1" },
  { size: 0.93, speed: -0.9, waves: 3, colour: "--orb-2" },
  { size: 0.84, speed: 1.3, waves: 4, colour: "--orb-3" },
];
const REST = { idle: 0.1, connecting: 0.22, listening: 0.14, thinking: 0.3, speaking: 0.2, ended: 0.04, lost: 0.04 };

function loudness(analyser, samples) {
  if (!analyser) return 0;
  analyser.getFloatTimeDomainData(samples);
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  // Speech lies between -50 and -12 dB.
  const decibel = 10 * Math.log10(sum / samples.length + 1e-9);
  return Math.max(0, Math.min(1, (decibel + 50) / 38));
}

export class Orb {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.samples = new Float32Array(512);
    this.phase = "idle";
    this.energy = 0.1;
    this.level = 0;
    this.input = null;
    this.output = null;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const theme = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("change", () => this.readColours());
    this.readColours();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    requestAnimationFrame((time) => this.draw(time));
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colours = LAYERS.map(({ colour }) => style.getPropertyValue(colour).trim());
  }

  resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
  }

  // The voice that counts now: the assistant's while it speaks, else the caller's.
  measure() {
    const source = this.phase === "speaking" ? this.output : this.phase === "listening" ? this.input : null;
    const target = loudness(source, this.samples);
    this.level += (target - this.level) * (target > this.level ? 0.35 : 0.08);
    this.energy += (REST[this.phase] - this.energy) * 0.05;
  }

  draw(time) {
    requestAnimationFrame((next) => this.draw(next));
    this.measure();
    const { width, height } = this.canvas;
    const seconds = this.still.matches ? 0 : time / 1000;
    this.pen.clearRect(0, 0, width, height);
    const radius = Math.min(width, height) * 0.33 * (1 + 0.14 * this.level);
    this.glow(width / 2, height / 2, radius);
    LAYERS.forEach((layer, index) => {
      this.pen.globalAlpha = 0.8;
      this.pen.fillStyle = this.shade(width / 2, height / 2, radius * layer.size, this.colours[index]);
      this.blob(width / 2, height / 2, radius * layer.size, seconds * layer.speed, layer.waves);
    });
    this.shine(width / 2, height / 2, radius);
  }

  // Drawn and not a CSS shadow, whose blur shows rings on a pale page.
  glow(x, y, radius) {
    const reach = radius * (1.32 + 0.1 * this.level);
    const gradient = this.pen.createRadialGradient(x, y, radius * 0.85, x, y, reach);
    gradient.addColorStop(0, `hsl(${this.colours[1]} / 0.3)`);
    gradient.addColorStop(0.5, `hsl(${this.colours[1]} / 0.08)`);
    gradient.addColorStop(1, `hsl(${this.colours[1]} / 0)`);
    this.pen.globalAlpha = 1;
    this.pen.fillStyle = gradient;
    this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  shade(x, y, radius, colour) {
    const gradient = this.pen.createRadialGradient(x - radius * 0.3, y - radius * 0.45, radius * 0.1, x, y, radius * 1.25);
    gradient.addColorStop(0, `hsl(${colour} / 0.95)`);
    gradient.addColorStop(1, `hsl(${colour} / 0.35)`);
    return gradient;
  }

  blob(x, y, radius, turn, waves) {
    const swing = radius * (0.03 * this.energy + 0.075 * this.level + 0.01);
    this.pen.beginPath();
    for (let i = 0; i <= POINTS; i += 1) {
      const angle = (i / POINTS) * 2 * Math.PI;
      const wave = Math.sin(angle * waves + turn * 2) + 0.45 * Math.sin(angle * (waves + 1) - turn * 3.1);
      const r = radius + swing * wave;
      this.pen.lineTo(x + Math.cos(angle) * r, y + Math.sin(angle) * r);
    }
    this.pen.closePath();
    this.pen.fill();
  }

  shine(x, y, radius) {
    const gradient = this.pen.createRadialGradient(x - radius * 0.35, y - radius * 0.5, 0, x - radius * 0.3, y - radius * 0.4, radius);
    gradient.addColorStop(0, "rgb(255 255 255 / 0.55)");
    gradient.addColorStop(0.6, "rgb(255 255 255 / 0)");
    this.pen.globalAlpha = 1;
    this.pen.fillStyle = gradient;
    this.pen.beginPath();
    this.pen.arc(x, y, radius * 0.94, 0, 2 * Math.PI);
    this.pen.fill();
  }
}

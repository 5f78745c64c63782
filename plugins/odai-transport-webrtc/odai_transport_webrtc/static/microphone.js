// The caller's voice, as 40 ms frames of PCM16 at 24 kHz.

const WORKLET = new URL("./capture-worklet.js", import.meta.url);

// `raw` leaves the voice untouched; measurements need that, conversations do not.
function constraints(raw) {
  return { audio: { channelCount: 1, echoCancellation: !raw, noiseSuppression: !raw, autoGainControl: !raw } };
}

// Firefox refuses a microphone in a context of another rate; then it gets its own, and the worklet resamples.
async function attach(context, stream) {
  try {
    return { context, source: context.createMediaStreamSource(stream), own: false };
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    const native = new AudioContext();
    return { context: native, source: native.createMediaStreamSource(stream), own: true };
  }
}

export class Microphone {
  // Rejects with the browser's DOMException: NotAllowedError, NotFoundError, NotReadableError...
  static async open(context, { raw, onFrame, onLost }) {
    const stream = await navigator.mediaDevices.getUserMedia(constraints(raw));
    try {
      const attached = await attach(context, stream);
      await attached.context.audioWorklet.addModule(WORKLET);
      return new Microphone(attached, stream, onFrame, onLost);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  constructor({ context, source, own }, stream, onFrame, onLost) {
    this.context = context;
    this.own = own;
    this.stream = stream;
    this.source = source;
    this.analyser = new AnalyserNode(context, { fftSize: 512 });
    this.node = new AudioWorkletNode(context, "capture", { numberOfInputs: 1, numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => onFrame(data);
    source.connect(this.analyser);
    source.connect(this.node);
    for (const track of stream.getTracks()) track.addEventListener("ended", onLost);
  }

  // Muted, it sends silence: the server still has to notice that the sentence is over.
  set muted(muted) {
    for (const track of this.stream.getAudioTracks()) track.enabled = !muted;
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    this.node.port.onmessage = null;
    this.node.port.postMessage("stop");
    this.source.disconnect();
    this.node.disconnect();
    if (this.own) this.context.close();
  }
}

// Everything the page says to a person, in one place.

const PHASE_WORDS = {
  idle: ["Ready when you are", "Press the button and speak, or type below."],
  connecting: ["Connecting", "One moment."],
  listening: ["Listening", "Go ahead, I can hear you."],
  thinking: ["Thinking", "One moment."],
  speaking: ["Speaking", matchMedia("(pointer: coarse)").matches ? "Tap the button to stop me." : "Press Esc to stop me."],
  ended: ["Conversation ended", "Press the button to begin another one."],
  lost: ["Connection lost", "Press the button to call again."],
};

const ENDINGS = {
  hangup: "The assistant said goodbye.",
  caller: "You ended the conversation.",
  duration: "The longest time for one conversation is over. You can begin another one.",
  idle: "The conversation ended because nothing was heard for a while.",
  drain: "The server is restarting. Please call again in a moment.",
  slow_peer: "Your connection was too slow for sound.",
  model_lost: "The voice model can no longer be reached. Please call again in a moment.",
  overloaded: "Every line is taken. Please try again in a moment.",
};

const MICROPHONE = {
  NotAllowedError:
    "The microphone is blocked for this page. Allow it in the address bar and press the button again, or type below.",
  NotFoundError: "There is no microphone on this device. You can type below, and listen.",
  NotReadableError: "Another program is using the microphone. Close it and press the button again, or type below.",
};

export const INSECURE =
  "Browsers give a page the microphone and sound only over https, or on localhost. Open this page in one of those " +
  "ways to talk; here you can type and read.";
export const MICROPHONE_LOST = "The microphone has been unplugged or taken away. You can go on by typing.";
export const BARGE_IN_LATER = "This will hold from the next conversation on.";

export function phaseWords(phase, { tools, microphone, muted, needsToken }) {
  const [title, hint] = PHASE_WORDS[phase];
  if (needsToken) return ["One thing first", "This page needs a token."];
  const work = [...tools.values()].at(-1);
  if (phase === "thinking" && work) return [work, hint];
  if (phase === "listening" && !microphone) return ["Your turn", "Type below; I will answer."];
  if (phase === "listening" && muted) return ["Microphone off", "Turn it on to speak, or type below."];
  return [title, hint];
}

export function microphoneWords(error) {
  return MICROPHONE[error.name] ?? "The microphone could not be opened. You can type below.";
}

export function endingWords(bye, code) {
  if (bye?.reason === "caller") return "";
  if (bye) return bye.message || ENDINGS[bye.reason] || "The conversation has ended.";
  if (code === 1001) return ENDINGS.drain;
  if (code === 1013) return ENDINGS.overloaded;
  return code === 1000 ? "" : "The connection to the server was lost.";
}

// What a refused handshake means, and whether another token could help.
export function refusalWords({ status, retryAfter }) {
  const soon = retryAfter ? `in ${retryAfter} seconds` : "in a moment";
  if (status === 401) return "That token is wrong or has expired.";
  if (status === 403) return "This page was opened under a name that the server does not accept.";
  if (status === 503) return `Every line is taken. Please try again ${soon}.`;
  if (status === 0) return "The server cannot be reached. Is it running?";
  return "The server did not take the call. Please try again.";
}

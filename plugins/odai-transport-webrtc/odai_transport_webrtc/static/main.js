// The page: joins the socket, the sound and what is seen.

import { Microphone } from "./microphone.js";
import { Orb } from "./orb.js";
import { Player } from "./player.js";
import { Session } from "./session.js";
import { State } from "./state.js";
import { Token } from "./token.js";
import { Tools } from "./tools.js";
import { Transcript } from "./transcript.js";
import { BARGE_IN_LATER, INSECURE, MICROPHONE_LOST, endingWords, microphoneWords, phaseWords, refusalWords } from "./words.js";

const RAW = new URLSearchParams(location.search).get("raw_mic") === "1";
const CAN_SOUND = typeof AudioWorkletNode === "function" && isSecureContext;

const $ = (id) => document.getElementById(id);
const orb = new Orb($("orb"));
const transcript = new Transcript($("transcript"), $("scroller"));
const tools = new Tools(transcript);
const state = new State(show);

const token = new Token($("token-form"), () => {
  $("compose").hidden = false;
  state.set({ needsToken: false });
  notice("");
  $("talk").focus();
});
let session = null;
let sound = null; // {context, player, microphone}
let pendingText = "";
let attempt = 0;

// -- what is seen ------------------------------------------------------------------------------------

function show(phase, facts) {
  const live = phase === "connecting" || facts.link === "open";
  const [title, hint] = phaseWords(phase, facts);
  document.body.dataset.phase = phase;
  document.body.toggleAttribute("data-live", live);
  orb.phase = phase;
  if ($("state-title").textContent !== title) $("state-title").textContent = title;
  if ($("state-hint").textContent !== hint) $("state-hint").textContent = hint;
  $("talk").textContent = live ? "End conversation" : phase === "lost" ? "Reconnect" : "Start talking";
  $("talk").hidden = facts.needsToken;
  $("talk").classList.toggle("primary", !live);
  $("mute").hidden = !(facts.link === "open" && facts.microphone);
  $("mute").setAttribute("aria-pressed", String(facts.muted));
  $("mute").textContent = facts.muted ? "Unmute" : "Mute";
  $("hush").hidden = phase !== "speaking";
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = text === "";
}

function askForToken(text = "") {
  notice(text);
  state.set({ needsToken: true });
  $("compose").hidden = true;
  token.ask();
}

function showMetrics({ speech_end_to_first_audio_ms: ms }) {
  if (typeof ms === "number") $("latency").textContent = `Answered in ${(ms / 1000).toFixed(2)} s`;
}

// Spoken answers are heard; without sound a screen reader has to be told of them.
function announce(item) {
  if (!sound && item.role === "assistant" && item.status === "completed") $("announcer").textContent = item.text;
}

// -- a conversation ----------------------------------------------------------------------------------

function follow(event) {
  state.follow(event);
  switch (event.event) {
    case "ready":
      return begun(event);
    case "audio":
      return sound?.player.play(event.item_id, event.samples);
    case "audio_end":
      return sound?.player.finish();
    case "audio_interrupted":
      return sound?.player.flush(event.item_id);
    case "history_added":
    case "history_updated":
      transcript.update(event.item);
      return announce(event.item);
    case "tool_start":
      return tools.start(event);
    case "tool_end":
      return tools.end(event);
    case "turn_metrics":
      return showMetrics(event);
    case "error":
      return notice(event.message);
    default:
      return undefined;
  }
}

function begun(ready) {
  $("model").textContent = `${ready.model} voice · ${ready.tools.length} tools`;
  if (pendingText) sendText(pendingText);
  pendingText = "";
}

async function openSound(withMicrophone) {
  const context = new AudioContext({ sampleRate: 24000 });
  try {
    const player = await Player.open(context, {
      onPlayed: (item, ms) => session?.played(item, ms),
      onSpeaking: (speaking) => state.set(speaking ? { speaking, waiting: false } : { speaking }),
    });
    const microphone = withMicrophone ? await openMicrophone(context) : null;
    await context.resume();
    return { context, player, microphone };
  } catch (error) {
    await context.close();
    throw error;
  }
}

function openMicrophone(context) {
  return Microphone.open(context, {
    raw: RAW,
    onFrame: (frame) => session?.audio(frame),
    onLost: () => {
      notice(MICROPHONE_LOST);
      state.set({ microphone: false });
    },
  });
}

function closeSound(old = sound) {
  old?.microphone?.close();
  old?.player.close();
  old?.context.close();
  if (old !== sound) return;
  sound = null;
  orb.input = null;
  orb.output = null;
}

async function start(withMicrophone) {
  if (!token.value) return askForToken();
  const mine = ++attempt;
  notice(CAN_SOUND ? "" : INSECURE);
  state.reset("connecting");
  let opened = null;
  try {
    opened = CAN_SOUND ? await openSound(withMicrophone) : null;
  } catch (error) {
    if (mine === attempt) noSound(error);
    return undefined;
  }
  // Somebody may have changed their mind while the browser asked for the microphone.
  if (mine !== attempt || state.facts.link !== "connecting") return closeSound(opened);
  sound = opened;
  orb.input = sound?.microphone?.analyser ?? null;
  orb.output = sound?.player.analyser ?? null;
  state.set({ microphone: Boolean(sound?.microphone) });
  $("welcome").hidden = true;
  transcript.divide();
  session = new Session({ token: token.value, bargeIn: $("barge-in").checked, onEvent: follow, onClosed: over });
  return undefined;
}

// An AbortError is a worklet that could not be fetched: the server is gone.
function noSound(error) {
  const gone = error.name === "AbortError";
  pendingText = "";
  state.reset(gone ? "lost" : "none");
  notice(gone ? refusalWords({ status: 0 }) : microphoneWords(error));
}

function over({ code, bye, refusal }) {
  session = null;
  pendingText = "";
  closeSound();
  tools.abandon();
  const lost = refusal ? [0, 204].includes(refusal.status) : bye === null && ![1000, 1001].includes(code);
  state.reset(lost ? "lost" : "ended");
  if (!refusal) notice(endingWords(bye, code));
  else if (refusal.status === 401) wrongToken(refusal);
  else notice(refusalWords(refusal));
}

function wrongToken(refusal) {
  token.forget();
  askForToken(refusalWords(refusal));
}

function stop() {
  attempt += 1;
  closeSound();
  if (session) session.end();
  else state.reset("none");
}

function sendText(text) {
  session.text(text);
  state.set({ waiting: true });
}

// -- what a person does ------------------------------------------------------------------------------

$("talk").addEventListener("click", () => {
  if (["connecting", "open"].includes(state.facts.link)) return stop();
  return start(true);
});

$("mute").addEventListener("click", () => {
  const muted = !state.facts.muted;
  if (sound?.microphone) sound.microphone.muted = muted;
  state.set({ muted });
});

function hush() {
  if (state.phase !== "speaking") return;
  sound?.player.flush();
  session?.interrupt();
}
$("hush").addEventListener("click", hush);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hush();
});

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("compose-text").value.trim();
  if (!text) return undefined;
  $("compose-text").value = "";
  if (state.facts.link === "open") return sendText(text);
  pendingText = text;
  return state.facts.link === "connecting" ? undefined : start(false);
});

$("barge-in").addEventListener("change", () => {
  if (state.facts.link === "open") notice(BARGE_IN_LATER);
});

addEventListener("pagehide", () => session?.end());

if (!token.value) askForToken();
else if (!CAN_SOUND) notice(INSECURE);

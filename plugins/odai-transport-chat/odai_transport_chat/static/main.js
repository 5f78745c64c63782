// The page: joins the list of chats, the open chat and its socket.

import { Api } from "./api.js";
import { button } from "./dom.js";
import { newId } from "./ids.js";
import { Line } from "./line.js";
import { Pinned } from "./pinned.js";
import { Shelf } from "./shelf.js";
import { Token } from "./token.js";
import { Turn } from "./turn.js";
import { WORDS } from "./words.js";

const CHAT_ID = /^[A-Za-z0-9._-]{1,128}$/;

const $ = (id) => document.getElementById(id);
const pinned = new Pinned($("turns"), $("scroller"));
const token = new Token($("token-form"), start);
const api = new Api(token);
const shelf = new Shelf($("chats"), $("more-chats"), { open, remove: askToDelete, more: moreChats });
const tabs = new BroadcastChannel("odai-chats");
const accounts = new BroadcastChannel("odai-accounts");
const does = { send, announce, confirm: (id, approve) => line?.tell({ type: "confirm", id, approve }) };

let chat = ""; // the id of the open one
let line = null;
let turn = null; // the newest that was asked here
let earlier = null; // where the ones before them are
let lost = false; // the socket went while an answer came
let opening = 0;

const running = () => turn !== null && !turn.done;

// -- what is seen ------------------------------------------------------------------------------------

function notice(text = "", ...actions) {
  $("notice").replaceChildren(text, ...actions);
  $("notice").hidden = text === "";
}

function announce(text) {
  $("announcer").textContent = text;
}

function showState() {
  document.body.toggleAttribute("data-running", running());
  $("send").textContent = running() ? "Stop" : "Send";
  $("send").classList.toggle("primary", !running());
  $("welcome").hidden = $("turns").childElementCount > 0;
  $("earlier").hidden = earlier === null;
  const title = shelf.titleOf(chat);
  $("title").textContent = title === WORDS.untitled ? "" : title;
  document.title = title === WORDS.untitled ? "ODAI chat" : `${title} · ODAI`;
}

function grow() {
  const field = $("message");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function drawer(open) {
  document.body.toggleAttribute("data-drawer", open);
  $("drawer").setAttribute("aria-expanded", String(open));
  if (open) $("new-chat").focus();
}

// -- a chat ------------------------------------------------------------------------------------------

async function open(id, { fresh = false, focus = true } = {}) {
  const mine = (opening += 1);
  line?.close();
  line = turn = earlier = null;
  lost = false;
  chat = id;
  history.replaceState(null, "", `#${id}`);
  $("turns").replaceChildren();
  notice();
  drawer(false);
  shelf.choose(id);
  showState();
  if (focus) $("message").focus();
  if (!fresh) await load(mine);
}

const openNew = () => open(newId(), { fresh: true });

// The open chat's past, from the server.
async function load(mine = opening) {
  let told;
  try {
    told = await api.read(chat);
  } catch (error) {
    if (mine === opening) refused(error, WORDS.noHistory, () => load());
    return;
  }
  if (mine !== opening || running()) return;
  showPast(told);
  pinned.hold();
}

function rowsOf(turns) {
  return turns.flatMap((one) => {
    const made = Turn.past(one, does);
    return [made.asked, made.row];
  });
}

function showPast(told) {
  turn = null;
  earlier = told?.before ?? null;
  $("turns").replaceChildren(...rowsOf(told?.turns ?? []));
  showState();
}

async function showEarlier() {
  const told = await api.read(chat, earlier);
  earlier = told?.before ?? null;
  $("turns").prepend(...rowsOf(told?.turns ?? []));
  showState();
}

function send(text) {
  if (running() || !text.trim()) return;
  notice();
  turn?.chips?.remove();
  turn = new Turn(text, does);
  $("turns").append(turn.asked, turn.row);
  pinned.hold();
  if (!shelf.chats.has(chat)) shelf.title(chat, "");
  line ??= new Line(chat, token, { frame: follow, up, down, waiting });
  // As an object: a prompt that happens to look like one of our frames stays a prompt.
  line.send(JSON.stringify({ message: text }));
  showState();
}

function follow(frame) {
  if (frame.type === "title") shelf.title(chat, frame.title);
  // Not about the turn: a second click on a question, a socket that will close.
  else if (frame.type === "error" && (frame.code === "not_waiting" || !running())) notice(frame.message);
  else turn?.take(frame);
  if (frame.type === "end_of_stream") ended();
  if (["title", "end_of_stream"].includes(frame.type)) tabs.postMessage({ chat });
  showState();
}

function ended() {
  if (!document.activeElement || document.activeElement === document.body) $("message").focus();
  refreshShelf();
}

// -- the connection ----------------------------------------------------------------------------------

async function up() {
  notice();
  if (!lost) return;
  lost = false;
  await catchUp({ chat });
}

// Shall the line be opened again?
async function down({ code, opened }) {
  if (code === 1008) {
    turn?.breakOff(WORDS.failed, false);
    line = null;
    return false;
  }
  if (opened && turn && !turn.done) {
    turn.breakOff(WORDS.cutOff, true);
    lost = true;
  }
  showState();
  if (code === 1000 || code === 1009) {
    line = null;
    return false;
  }
  try {
    await api.list();
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      turn?.breakOff(WORDS.badToken, true);
      line = null;
      refused(error);
      return false;
    }
  }
  return true;
}

function waiting(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  notice(`${WORDS.reconnecting} Trying again in ${seconds} s. `, button("Try now", () => line?.connect(), "quiet"));
}

function refused(error, words = WORDS.offline, again = null) {
  if (error.status === 401) askForToken(WORDS.badToken);
  else notice(`${error.status === 0 ? WORDS.offline : words} `, ...(again ? [button("Try again", again, "quiet")] : []));
}

function askForToken(words = "") {
  token.forget();
  notice(words);
  $("compose").hidden = true;
  token.ask();
}

// -- the list ----------------------------------------------------------------------------------------

async function refreshShelf() {
  try {
    shelf.show(await api.list());
    shelf.choose(chat);
    showState();
  } catch (error) {
    refused(error);
  }
}

async function moreChats() {
  shelf.show(await api.list(shelf.before), { more: true });
}

function askToDelete({ chat_id: id }) {
  $("delete-title").textContent = shelf.titleOf(id);
  $("delete").returnValue = "";
  $("delete").onclose = () => $("delete").returnValue === "delete" && remove(id);
  $("delete").showModal();
}

async function remove(id) {
  try {
    await api.delete(id);
  } catch (error) {
    if (error.status !== 404) return refused(error, WORDS.notDeleted);
  }
  tabs.postMessage({ chat: id, gone: true });
  // The button that was pressed goes, and the focus with it.
  $("new-chat").focus();
  return forget(id);
}

function forget(id) {
  shelf.remove(id);
  return id === chat ? openNew() : undefined;
}

// Something has changed elsewhere: in another tab, or at the server while the connection was lost.
async function catchUp({ chat: id, gone }) {
  if (gone) return forget(id);
  await refreshShelf();
  if (id !== chat || running()) return undefined;
  const told = await api.read(chat).catch(() => null);
  if (!told || id !== chat || running()) return undefined;
  const kept = !turn || told.turns.some((one) => one.prompt === turn.prompt);
  return kept ? showPast(told) : undefined;
}

// -- what a person does ------------------------------------------------------------------------------

function submit() {
  if (running()) return line?.tell({ type: "stop" });
  const text = $("message").value;
  $("message").value = "";
  grow();
  return send(text);
}

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
$("message").addEventListener("input", grow);
$("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  // While an answer comes, Enter keeps what was typed for later; only the button or Escape stops.
  if (!running()) submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || $("delete").open) return;
  if (document.body.hasAttribute("data-drawer")) {
    drawer(false);
    $("drawer").focus();
  } else if (running()) line?.tell({ type: "stop" });
});
$("new-chat").addEventListener("click", openNew);
$("earlier").addEventListener("click", showEarlier);
$("drawer").addEventListener("click", () => drawer(!document.body.hasAttribute("data-drawer")));
$("veil").addEventListener("click", () => drawer(false));
addEventListener("hashchange", () => {
  const id = location.hash.slice(1);
  if (CHAT_ID.test(id) && id !== chat) open(id);
});
tabs.addEventListener("message", ({ data }) => catchUp(data));
accounts.addEventListener("message", ({ data }) => data.type === "linked" && turn?.linked(data.service));
addEventListener("pagehide", () => line?.close());

function start() {
  $("compose").hidden = false;
  notice();
  refreshShelf();
  const id = location.hash.slice(1);
  return CHAT_ID.test(id) ? open(id) : openNew();
}

if (token.value) start();
else askForToken();

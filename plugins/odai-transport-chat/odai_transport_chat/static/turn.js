// One turn on the screen: what was asked, what was looked up, the answer, and what it rests on. Live or from the past.

import { Card } from "./cards.js";
import { Confirmation } from "./confirmation.js";
import { button, element, link, safeUrl } from "./dom.js";
import { Markdown } from "./markdown.js";
import { label } from "./results.js";
import { Sources } from "./sources.js";
import { WORDS, agentOf, usageDetails, usageWords } from "./words.js";

const OURSELVES = "ODAI";

// What a link says, unless that is only where it leads.
function titleOf({ textContent: text }) {
  return /^(https?:|www\.)/.test(text) ? "" : text;
}

export class Turn {
  // does: {send(prompt), confirm(id, approve), announce(text)}
  constructor(prompt, does, { past = false } = {}) {
    this.prompt = prompt;
    this.does = does;
    this.past = past;
    this.agent = this.shownAgent = OURSELVES;
    this.cards = new Map();
    this.questions = new Map();
    this.sources = new Sources();
    this.answers = [];
    this.accounts = [];
    this.done = false;
    this.asked = element("li", "line user");
    this.asked.append(element("span", "who", "You"), element("p", "said", prompt));
    this.row = element("li", "line assistant");
    this.who = element("p", "who", OURSELVES);
    this.row.append(this.who);
    this.working = element("p", "working", WORDS.waiting);
    if (!past) this.row.append(this.working);
  }

  // -- what the server tells

  take(frame) {
    switch (frame.type) {
      case "raw_response_event":
        return this.say(frame.delta, frame.current_agent);
      case "handoff":
        return this.handOver(agentOf(frame.name));
      case "agent_updated":
        return this.handOver(frame.new_agent);
      case "tool_call":
        return this.toolCall(frame);
      case "tool_output":
        return this.toolOutput(frame);
      case "confirmation_required":
        return this.question(frame);
      case "confirmation_settled":
        delete this.row.dataset.asking;
        return this.questions.get(frame.id)?.settle(frame.outcome);
      case "usage":
        return this.spent(frame);
      case "error":
        return this.error(frame.message, frame.retryable);
      case "suggested_prompts":
        return this.suggest(frame.prompts);
      case "end_of_stream":
        return this.finish();
      default:
        return undefined;
    }
  }

  say(text, agent) {
    if (!this.writing) {
      this.writing = new Markdown();
      this.answers.push(this.writing);
      this.append(this.writing.root, agent);
      this.row.dataset.writing = "";
    }
    this.writing.write(text);
  }

  handOver(agent) {
    this.agent = agent;
    this.rest();
  }

  toolCall({ call_id: id, name, description, current_agent: agent }) {
    const note = description ? `${description}…` : "Looking that up…";
    const card = new Card({ title: agent && agent !== OURSELVES ? agent : label(name ?? "Tool"), note, collapsible: true });
    this.cards.set(id, card);
    this.append(card.row, agent);
    this.does.announce(note);
  }

  toolOutput({ call_id: id, name, output, current_agent: agent }) {
    let card = this.cards.get(id);
    this.cards.delete(id);
    if (!output) return card?.settle("done", "done");
    if (!card) {
      card = new Card({ title: output.friendly_name || label(name ?? "Tool"), note: "", collapsible: true });
      this.append(card.row, agent);
    }
    const kind = output.response_type;
    if (typeof output.response?.connect_url === "string") return this.account(card, output);
    if (kind === "open_window" || kind === "open_tab") return this.window(card, output);
    card.fill(output);
    card.settle(kind === "error" ? "failed" : "done", kind === "error" ? "did not work" : "");
    card.row.open = !this.past;
    this.sources.addOutput(output);
    return undefined;
  }

  account(card, output) {
    const { account_type: type, connect_url: address } = output.response ?? {};
    const named = label(String(type ?? "account"));
    // Else a tool offers to connect one more: nothing waits for it.
    const needed = output.response_type === "account_needed";
    card.settle(needed ? "asking" : "done", needed ? "needs your account" : "");
    card.title.textContent = output.friendly_name || named;
    card.row.open = true;
    const why = needed ? `Connect your ${named} account to go on.` : `You can connect another ${named} account.`;
    const text = element("p", "tool-text", why);
    const buttons = element("div", "controls");
    const again = button("Try again", () => this.does.send(this.prompt));
    // A link of an earlier day leads nowhere any more; asking again brings a new one.
    const connect = this.past ? null : link(address, `Connect ${named}`);
    if (connect) {
      connect.className = "button primary";
      connect.addEventListener("click", () => (again.hidden = false));
      buttons.append(connect);
      again.hidden = true;
    }
    buttons.append(again);
    card.row.append(text, buttons);
    this.accounts.push({ type, named, card, text, connect, again });
  }

  // The person has connected an account, in another tab.
  linked(service) {
    for (const { type, named, card, text, connect, again } of this.accounts) {
      if (type !== service || !connect?.isConnected) continue;
      connect.remove();
      card.settle("done", "connected");
      text.textContent = `Your ${named} account is connected.`;
      again.hidden = false;
      again.classList.add("primary");
      again.focus();
      this.does.announce(text.textContent);
    }
  }

  // Nothing opens by itself: only a click of the person does.
  window(card, output) {
    const url = safeUrl(output.response?.url);
    card.title.textContent = output.friendly_name || "Web page";
    card.row.open = true;
    if (!url) return card.settle("failed", "did not work");
    card.settle("done", "");
    const open = link(url.href, `Open ${url.host}`);
    open.className = "button";
    const buttons = element("div", "controls");
    buttons.append(open);
    card.row.append(element("p", "tool-text", url.href), buttons);
    return undefined;
  }

  question(frame) {
    const onAnswer = this.past ? null : (approve) => this.does.confirm(frame.id, approve);
    const card = new Confirmation(frame, onAnswer);
    this.questions.set(frame.id, card);
    this.append(card.row, frame.current_agent);
    if (this.past) return;
    this.row.dataset.asking = "";
    this.does.announce(`${frame.question} Approve or decline.`);
    // The card and not its button: a key that is already on its way must not approve anything.
    card.row.focus();
  }

  error(text, retryable) {
    const row = element("div", "notice");
    row.append(element("p", "", text));
    if (retryable) row.append(button("Try again", () => this.does.send(this.prompt)));
    this.append(row);
    this.failed = true;
    if (!this.past) this.does.announce(text);
  }

  spent(frame) {
    this.usage = element("p", "usage", usageWords(frame));
    this.usage.title = usageDetails(frame);
    if (this.done) this.row.append(this.usage);
  }

  suggest(prompts) {
    this.chips?.remove();
    this.chips = element("div", "chips");
    this.chips.setAttribute("role", "group");
    this.chips.setAttribute("aria-label", "Suggestions");
    for (const { prompt } of prompts.slice(0, 3)) {
      this.chips.append(button(prompt, () => this.does.send(prompt), "chip"));
    }
    this.row.append(this.chips);
  }

  // -- its parts

  append(part, agent = this.agent) {
    if (!this.writing || part !== this.writing.root) this.rest();
    this.agent = agent ?? this.agent;
    if (this.agent !== this.shownAgent) {
      this.shownAgent = this.agent;
      const badge = element("span", "agent", this.agent);
      // Before anything else was shown it stands beside our own name.
      if (this.row.lastElementChild === this.who || this.row.children[1] === this.working) this.who.append(badge);
      else this.row.append(badge);
    }
    this.row.append(part);
    if (!this.done && !this.past) this.row.append(this.working);
  }

  // What is being written is complete; more text begins a new piece.
  rest() {
    this.writing?.render();
    this.writing = undefined;
    delete this.row.dataset.writing;
  }

  finish() {
    if (this.done) return;
    this.done = true;
    this.rest();
    this.working.remove();
    for (const card of this.cards.values()) card.settle("failed", "not finished");
    for (const card of this.questions.values()) if (card.row.dataset.state === "running") card.settle("expired");
    for (const { links } of this.answers) for (const one of links) this.sources.add(one.href, titleOf(one));
    const sources = this.sources.element();
    if (sources) this.row.append(sources);
    if (this.usage) this.row.append(this.usage);
    if (!this.past) this.does.announce(this.answers.map((answer) => answer.root.textContent).join(" "));
  }

  // No more will come, and it was not complete.
  breakOff(text, retryable) {
    if (this.done) return;
    if (!this.failed) this.error(text, retryable);
    this.finish();
  }

  // A PastTurn
  static past(turn, does) {
    const made = new Turn(turn.prompt, does, { past: true });
    for (const frame of turn.shown) made.take(frame);
    if (turn.answer) made.say(turn.answer);
    if (turn.status === "stopped") made.append(element("p", "usage", WORDS.stopped));
    else if (turn.status === "failed" && !made.failed) made.error(WORDS.failed, true);
    made.finish();
    return made;
  }
}

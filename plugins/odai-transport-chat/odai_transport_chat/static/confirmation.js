// A question before something is changed: what exactly will be done, and the person's own yes or no.

import { button, element } from "./dom.js";
import { label } from "./results.js";
import { OUTCOMES, remaining } from "./words.js";

// Controls, signs that turn the direction of writing, and those that take no room: what they do is not to be seen.
const HIDDEN =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

function seen(text) {
  return text.replace(HIDDEN, (sign) => `⟨U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

// Exactly what the tool is given: nothing is shortened, line breaks stay, and what hides itself is named.
function exact(value) {
  const lines = Array.isArray(value) && value.length > 0 && value.every((one) => /^[^\n[{]+$/.test(one));
  if (lines) return seen(value.join("\n"));
  return seen(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

let count = 0;

export class Confirmation {
  // frame: confirmation_required; onAnswer(approve), or null for one of an earlier day.
  constructor(frame, onAnswer) {
    count += 1;
    this.row = element("section", "tool confirmation");
    this.row.tabIndex = -1;
    const question = element("p", "question", frame.question);
    question.id = `question-${count}`;
    this.row.setAttribute("aria-labelledby", question.id);
    const list = element("dl", "arguments");
    for (const [name, value] of Object.entries(frame.arguments ?? {})) {
      list.append(element("dt", "", label(name)), element("dd", "", exact(value)));
    }
    this.state = element("p", "tool-note");
    const head = element("div", "tool-head");
    head.append(element("span", "tool-dot"), element("span", "tool-title", frame.friendly_name || frame.tool), this.state);
    this.row.append(head, question, list);
    this.row.dataset.state = "running";
    if (onAnswer) this.ask(frame.expires_at, onAnswer);
    else this.settle("");
  }

  ask(expiresAt, onAnswer) {
    const answer = (approve) => {
      for (const one of this.buttons.children) one.disabled = true;
      onAnswer(approve);
    };
    this.buttons = element("div", "controls");
    this.buttons.append(
      button("Approve", () => answer(true), "button primary"),
      button("Decline", () => answer(false)),
    );
    this.row.append(this.buttons);
    // Only the server knows when it is too late; a clock that is wrong must not keep anybody from answering.
    const tick = () => {
      const left = expiresAt - Date.now() / 1000;
      this.state.textContent = left > 0 && left < 86400 ? `expires in ${remaining(left)}` : "waits for you";
    };
    tick();
    this.ticking = setInterval(tick, 1000);
  }

  settle(outcome) {
    clearInterval(this.ticking);
    this.buttons?.remove();
    this.row.dataset.state = outcome === "approved" ? "done" : "settled";
    this.state.textContent = OUTCOMES[outcome] ?? "Not answered";
  }
}

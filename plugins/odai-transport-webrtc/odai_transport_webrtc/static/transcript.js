// What both sides said, growing line by line.

import { element } from "./dom.js";
import { Pinned } from "./pinned.js";

const NAMES = { user: "You", assistant: "ODAI" };

export class Transcript {
  constructor(list, scroller) {
    this.list = list;
    this.lines = new Map();
    this.pinned = new Pinned(list, scroller);
  }

  // item: {id, role, text, status}
  update(item) {
    if (!(item.role in NAMES)) return;
    const line = this.lines.get(item.id) ?? this.add(item);
    const said = item.text || (item.role === "user" && item.status === "in_progress" ? "…" : "");
    line.text.textContent = said;
    line.row.hidden = said === "";
    line.row.dataset.status = item.status;
  }

  add(item) {
    const row = element("li", `line ${item.role}`);
    const text = element("p", "said");
    row.append(element("span", "who", NAMES[item.role]), text);
    const line = { row, text };
    this.lines.set(item.id, line);
    this.append(row);
    return line;
  }

  // Anything else that belongs into the course of the conversation: a tool's card, a divider.
  append(row) {
    this.list.append(row);
  }

  // A conversation begins; what was said before stays readable, and its ids mean nothing any more.
  divide() {
    this.lines.clear();
    if (this.list.childElementCount > 0) this.append(element("li", "divider", "New conversation"));
  }
}

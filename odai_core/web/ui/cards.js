// What the assistant looks up: a card while it runs, and its results.

import { element, link } from "./dom.js";
import { describe } from "./results.js";

export function duration(ms) {
  return ms < 100 ? "at once" : `${(ms / 1000).toFixed(1)} s`;
}

export function factList(facts) {
  const list = element("dl", "facts");
  for (const [name, value] of facts) {
    const pair = element("div", "fact");
    pair.append(element("dt", "", name), element("dd", "", value));
    list.append(pair);
  }
  return list;
}

function rowList(rows, more) {
  const list = element("ol", "rows");
  for (const row of rows) {
    const item = element("li", "row");
    const title = row.address ? link(row.address, row.title || "Open") : null;
    const heading = element("p", "row-title", title ? "" : row.title);
    if (title) heading.append(title);
    item.append(heading, factList(row.facts));
    list.append(item);
  }
  if (more > 0) list.append(element("li", "more", `and ${more} more`));
  return list;
}

function everything(output) {
  const details = element("details", "raw");
  details.append(element("summary", "", "All data"), element("pre", "", JSON.stringify(output.response, null, 2)));
  return details;
}

export class Card {
  // collapsible: its results fold away under its head.
  constructor({ title, note, tag = "li", collapsible = false }) {
    this.row = element(collapsible ? "details" : tag, "tool");
    this.row.dataset.state = "running";
    this.head = element(collapsible ? "summary" : "div", "tool-head");
    this.title = element("span", "tool-title", title);
    this.note = element("span", "tool-note", note);
    this.head.append(element("span", "tool-dot"), this.title, this.note);
    this.row.append(this.head);
  }

  // What became of it: done, failed.
  settle(state, note) {
    this.row.dataset.state = state;
    this.note.textContent = note;
  }

  // output: a ToolResponse
  fill(output) {
    const result = describe(output);
    this.title.textContent = result.title;
    if (result.sample) this.head.append(element("span", "sample", "sample"));
    if (result.text) this.row.append(element("p", "tool-text", result.text));
    if (result.facts.length > 0) this.row.append(factList(result.facts));
    if (result.rows.length > 0) this.row.append(rowList(result.rows, result.more));
    const address = result.address ? link(result.address, result.linkText) : null;
    if (address) this.row.append(address);
    if (!result.failed && typeof output.response === "object") this.row.append(everything(output));
    return result;
  }
}

// What the assistant looks up: a card while it runs, and its results.

import { element, link } from "./dom.js";
import { describe } from "./results.js";

function duration(ms) {
  return ms < 100 ? "at once" : `${(ms / 1000).toFixed(1)} s`;
}

function factList(facts) {
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

export class Tools {
  constructor(transcript) {
    this.transcript = transcript;
    this.cards = new Map();
  }

  start(event) {
    const row = element("li", "tool");
    row.dataset.state = "running";
    const title = element("span", "tool-title", event.friendly_name || event.tool);
    const note = element("span", "tool-note", event.progress ? `${event.progress}…` : "Looking that up…");
    const head = element("div", "tool-head");
    head.append(element("span", "tool-dot"), title, note);
    row.append(head);
    this.cards.set(event.call_id, { row, head, title, note });
    this.transcript.append(row);
  }

  end(event) {
    if (!this.cards.has(event.call_id)) this.start({ ...event, friendly_name: event.output?.friendly_name });
    const { row, head, title, note } = this.cards.get(event.call_id);
    this.cards.delete(event.call_id);
    row.dataset.state = event.ok === false ? "failed" : "done";
    note.textContent = event.ok === false ? "did not work" : duration(event.ms);
    if (event.output) this.fill(row, head, title, event.output);
  }

  fill(row, head, title, output) {
    const result = describe(output);
    title.textContent = result.title;
    if (result.sample) head.append(element("span", "sample", "sample"));
    if (result.text) row.append(element("p", "tool-text", result.text));
    if (result.facts.length > 0) row.append(factList(result.facts));
    if (result.rows.length > 0) row.append(rowList(result.rows, result.more));
    const address = result.address ? link(result.address, result.linkText) : null;
    if (address) row.append(address);
    if (!result.failed && typeof output.response === "object") row.append(everything(output));
  }

  // The call is over: what still runs will not answer here.
  abandon() {
    for (const { row, note } of this.cards.values()) {
      row.dataset.state = "failed";
      note.textContent = "not finished";
    }
    this.cards.clear();
  }
}

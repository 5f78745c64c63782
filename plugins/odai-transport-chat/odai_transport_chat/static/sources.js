// Where an answer comes from: the web pages that its tools found and that it links to, each once.

import { element, link, safeUrl } from "./dom.js";

const MOST = 12;
const DEEPEST = 6;
const ADDRESS = /(^|_)(url|link|href|uri|website)$/i;
const NAMES = ["title", "name", "headline", "subject"];
// These lead somewhere to do something; they are not where anything was found.
const ACTIONS = new Set(["google_access_request", "open_window", "open_tab", "error"]);

export class Sources {
  constructor() {
    this.found = new Map();
  }

  add(address, title) {
    const url = safeUrl(address);
    if (!url) return;
    const key = `${url.host}${url.pathname.replace(/\/$/, "")}${url.search}`;
    const known = this.found.get(key);
    // "Open" says less than a title, whichever came first.
    if (!known || (!known.title && title)) this.found.set(key, { url, title });
  }

  // output: a ToolResponse
  addOutput(output) {
    const action = ACTIONS.has(output.response_type) || output.response?.connect_url;
    if (!action) this.walk(output.response, DEEPEST);
  }

  walk(value, depth) {
    if (depth === 0 || typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) {
      const name = NAMES.map((key) => value[key]).find((text) => typeof text === "string" && text);
      for (const [key, inner] of Object.entries(value)) if (ADDRESS.test(key)) this.add(inner, name ?? "");
    }
    for (const inner of Object.values(value)) this.walk(inner, depth - 1);
  }

  // A list that opens, or null.
  element() {
    if (this.found.size === 0) return null;
    const details = element("details", "sources");
    const list = element("ol");
    for (const { url, title } of [...this.found.values()].slice(0, MOST)) {
      const item = element("li");
      item.append(link(url.href, title || url.host), element("span", "host", title ? url.host : ""));
      list.append(item);
    }
    const count = this.found.size;
    details.append(element("summary", "", `${count} ${count === 1 ? "source" : "sources"}`), list);
    return details;
  }
}

// Markdown as it grows: read by markdown-it, made into elements here. No text ever becomes markup on its own.

import { button, element, link } from "./dom.js";
import parser from "./parser.js";

const KINDS = ["https:", "http:", "mailto:"];
const LONGEST = 200_000; // characters; what is longer is shown as it is
const PATIENCE = 8; // a second of reading the text is followed by this many of rest
// The page's own heading comes first: a "# Title" of an answer is a part of a part.
const TAGS = new Map([
  ...["p", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s"].map((tag) => [tag, tag]),
  ...["h3", "h4", "h5", "h6", "h6", "h6"].map((tag, level) => [`h${level + 1}`, tag]),
]);

function opened(token) {
  const made = element(TAGS.get(token.tag) ?? "span");
  if (token.tag === "ol") made.start = Number(token.attrGet("start") ?? 1);
  const align = /^text-align:(center|right)$/.exec(token.attrGet("style") ?? "");
  if (align) made.className = align[1];
  return made;
}

function scrollable(table) {
  const around = element("div", "table");
  around.tabIndex = 0;
  around.setAttribute("role", "region");
  around.setAttribute("aria-label", "Table");
  around.append(table);
  return around;
}

function codeBlock(token) {
  const code = token.content.replace(/\n$/, "");
  const around = element("div", "code");
  const head = element("div", "code-head");
  head.append(element("span", "", token.info.trim().split(/\s+/)[0].slice(0, 40)));
  if (navigator.clipboard) {
    const copy = button("Copy", async () => {
      await navigator.clipboard.writeText(code);
      copy.textContent = "Copied";
    }, "quiet");
    head.append(copy);
  }
  const text = element("pre");
  text.tabIndex = 0;
  text.append(element("code", "", code));
  around.append(head, text);
  return around;
}

function linkOf(token, found) {
  const made = link(token.attrGet("href"), "", { base: null, kinds: KINDS });
  if (!made) return element("span");
  if (token.attrGet("title")) made.title = token.attrGet("title");
  if (made.protocol !== "mailto:") found.push(made);
  return made;
}

// A picture of elsewhere is not fetched: that would tell its host who reads this. It is a link.
function pictureOf(token, found) {
  const made = link(token.attrGet("src"), token.content || "Picture", { base: null, kinds: KINDS });
  if (made) found.push(made);
  return made ?? element("span", "", token.content);
}

function inline(tokens, into, found) {
  const stack = [into];
  for (const token of tokens) {
    const here = stack.at(-1);
    if (token.type === "softbreak") here.append("\n");
    else if (token.type === "hardbreak") here.append(element("br"));
    else if (token.type === "code_inline") here.append(element("code", "", token.content));
    else if (token.type === "image") here.append(pictureOf(token, found));
    else if (token.nesting === 1) {
      const made = token.type === "link_open" ? linkOf(token, found) : opened(token);
      here.append(made);
      stack.push(made);
    } else if (token.nesting === -1) stack.pop();
    else here.append(token.content);
  }
}

function build(tokens, found) {
  const root = element("div");
  const stack = [root];
  for (const token of tokens) {
    const here = stack.at(-1);
    if (token.type === "inline") inline(token.children, here, found);
    else if (token.type === "fence" || token.type === "code_block") here.append(codeBlock(token));
    else if (token.type === "hr") here.append(element("hr"));
    else if (token.nesting === 1 && token.hidden) stack.push(here);
    else if (token.nesting === 1) {
      const made = opened(token);
      here.append(token.tag === "table" ? scrollable(made) : made);
      stack.push(made);
    } else if (token.nesting === -1) stack.pop();
    else here.append(token.content);
  }
  return root.firstElementChild ?? root;
}

// The text's blocks, each with its tokens and a key that is equal when it has not changed.
function blocksOf(written) {
  const known = {};
  const text = written.replace(/\r\n?/g, "\n");
  const lines = text.split("\n");
  const blocks = [];
  let tokens = [];
  for (const token of parser.parse(text, known)) {
    tokens.push(token);
    if (token.level > 0 || token.nesting > 0) continue;
    const [from, to] = tokens[0].map ?? [0, lines.length];
    blocks.push({ tokens, key: lines.slice(from, to).join("\n") });
    tokens = [];
  }
  // A [reference] that gets its address below changes what stands above.
  const references = JSON.stringify(known.references ?? {});
  return blocks.map(({ tokens, key }) => ({ tokens, key: `${references} ${key}` }));
}

export class Markdown {
  constructor() {
    this.root = element("div", "said markdown");
    this.text = "";
    this.blocks = [];
  }

  get links() {
    return this.blocks.flatMap((block) => block.links);
  }

  write(delta) {
    this.text += delta;
    this.timer ??= setTimeout(() => this.render(), Math.max(16, PATIENCE * (this.took ?? 0)));
  }

  // Everything that was written, now.
  render() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const began = performance.now();
    if (this.text.length > LONGEST) this.plain();
    else this.replace(blocksOf(this.text));
    this.took = performance.now() - began;
  }

  // Only what has changed is made anew: what somebody is selecting or reading stays where it is.
  replace(blocks) {
    const same = blocks.findIndex((block, at) => block.key !== this.blocks[at]?.key);
    const kept = same === -1 ? blocks.length : same;
    while (this.root.children.length > kept) this.root.lastElementChild.remove();
    this.blocks.length = Math.min(this.blocks.length, kept);
    for (const { tokens, key } of blocks.slice(kept)) {
      const links = [];
      this.root.append(build(tokens, links));
      this.blocks.push({ key, links });
    }
  }

  plain() {
    this.blocks = [];
    this.root.replaceChildren(element("pre", "plain", this.text));
  }
}

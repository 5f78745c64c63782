// How Markdown is read: no HTML, and whole addresses become links.

import MarkdownIt from "./markdown-it.js";

const parser = new MarkdownIt({ html: false, linkify: true });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

export default parser;

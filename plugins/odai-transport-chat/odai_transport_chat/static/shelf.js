// The list of chats beside the open one.

import { button, element } from "./dom.js";
import { WORDS, when } from "./words.js";

export class Shelf {
  // on: {open(id), remove(chat), more()}
  constructor(list, moreButton, on) {
    this.list = list;
    this.moreButton = moreButton;
    this.on = on;
    this.chats = new Map();
    this.open = "";
    moreButton.addEventListener("click", () => on.more());
  }

  // page: {chats, before}; the first one replaces what is there.
  show(page, { more = false } = {}) {
    const known = this.chats;
    if (!more) this.chats = new Map();
    // A title that has just been told may be newer than the list.
    for (const chat of page.chats) {
      this.chats.set(chat.chat_id, { ...chat, title: chat.title || known.get(chat.chat_id)?.title || "" });
    }
    this.before = page.before;
    this.moreButton.hidden = page.before === null;
    this.render();
  }

  choose(id) {
    this.open = id;
    this.render();
  }

  title(id, title) {
    const now = Date.now() / 1000;
    this.chats.set(id, { chat_id: id, created_at: now, updated_at: now, ...this.chats.get(id), title });
    this.render();
  }

  titleOf(id) {
    return this.chats.get(id)?.title || WORDS.untitled;
  }

  remove(id) {
    this.chats.delete(id);
    this.render();
  }

  render() {
    const focused = document.activeElement?.closest("li")?.dataset.id;
    const rows = [...this.chats.values()].sort((one, other) => other.updated_at - one.updated_at);
    this.list.replaceChildren(...rows.map((chat) => this.row(chat)));
    if (focused) this.list.querySelector(`[data-id="${CSS.escape(focused)}"] a`)?.focus();
  }

  row(chat) {
    const row = element("li", "shelf-row");
    row.dataset.id = chat.chat_id;
    const title = chat.title || WORDS.untitled;
    const open = element("a", "shelf-title", title);
    open.href = `#${chat.chat_id}`;
    if (chat.chat_id === this.open) open.setAttribute("aria-current", "page");
    open.addEventListener("click", (event) => {
      event.preventDefault();
      this.on.open(chat.chat_id);
    });
    const remove = button("Delete", () => this.on.remove(chat), "quiet");
    remove.setAttribute("aria-label", `Delete ${title}`);
    row.append(open, element("span", "shelf-time", when(chat.updated_at)), remove);
    return row;
  }
}

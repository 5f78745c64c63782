// Making elements: text only ever enters a page as text.

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function button(text, onClick, className = "button") {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

// The URL of an address, or null: only these kinds may become a link. Without a `base` it must be a whole one.
export function safeUrl(address, { base = null, kinds = ["https:", "http:"] } = {}) {
  if (typeof address !== "string") return null;
  try {
    const url = base === null ? new URL(address) : new URL(address, base);
    return kinds.includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

// An <a> to a web page that opens beside this one, or null for any other kind of address.
export function link(address, text, { base = location.origin, kinds } = {}) {
  const url = safeUrl(address, { base, kinds });
  if (!url) return null;
  const made = element("a", "link", text);
  made.href = url.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

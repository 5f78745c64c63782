// What the page says to a person, in one place.

export const WORDS = {
  untitled: "New chat",
  offline: "The server cannot be reached.",
  reconnecting: "The connection was lost.",
  cutOff: "The connection was lost before the answer was complete.",
  stopped: "Stopped.",
  failed: "This answer was not completed.",
  badToken: "That token is wrong or has expired.",
  noHistory: "The earlier messages could not be loaded.",
  notDeleted: "The chat could not be deleted. Please try again.",
  waiting: "Thinking",
};

export const OUTCOMES = {
  approved: "Approved",
  declined: "Declined",
  expired: "Expired: nothing was done",
};

// "transfer_to_google_calendar" is "Google calendar".
export function agentOf(handoff) {
  const words = String(handoff).replace(/^transfer_to_/, "").replace(/_/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function money(dollars) {
  if (dollars === 0) return "no cost";
  if (dollars < 0.0001) return "less than $0.0001";
  return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`;
}

// usage: the frame -> "1,234 tokens · $0.0031"
export function usageWords({ total_tokens: total, cost_usd: cost }) {
  const tokens = `${Number(total).toLocaleString()} ${total === 1 ? "token" : "tokens"}`;
  return `${tokens} · ${typeof cost === "number" ? money(cost) : "cost unknown"}`;
}

export function usageDetails({ input_tokens: input, cached_input_tokens: cached, output_tokens: output }) {
  const number = (count) => Number(count).toLocaleString();
  return `${number(input)} in (${number(cached)} of them cached), ${number(output)} out`;
}

export function remaining(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

export function when(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, today ? { timeStyle: "short" } : { month: "short", day: "numeric" });
}

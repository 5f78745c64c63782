// What is going on, as facts; and the one phase they add up to.

export const PHASES = ["idle", "connecting", "listening", "thinking", "speaking", "ended", "lost"];

const START = { link: "none", speaking: false, waiting: false, muted: false, microphone: false, needsToken: false };

// link: none, connecting, open, ended, lost. waiting: something was asked and nothing has been answered yet.
export function phaseOf({ link, speaking, waiting, tools }) {
  if (link === "none") return "idle";
  if (link !== "open") return link;
  if (speaking) return "speaking";
  return waiting || tools.size > 0 ? "thinking" : "listening";
}

export class State {
  constructor(onChange) {
    this.facts = { ...START, tools: new Map() };
    this.onChange = onChange;
  }

  get phase() {
    return phaseOf(this.facts);
  }

  set(changes) {
    Object.assign(this.facts, changes);
    this.onChange(this.phase, this.facts);
  }

  reset(link) {
    this.set({ ...START, tools: new Map(), link });
  }

  // The facts an event of the server changes.
  follow(event) {
    const { tools } = this.facts;
    switch (event.event) {
      case "ready":
        return this.set({ link: "open" });
      case "agent_start":
        return this.set({ waiting: true });
      case "agent_end":
      case "audio_interrupted":
        return this.set({ waiting: false });
      case "tool_start":
        tools.set(event.call_id, event.progress || event.friendly_name || "Looking that up");
        return this.set({});
      case "tool_end":
        tools.delete(event.call_id);
        return this.set({ waiting: true });
      case "error":
        return this.set({ waiting: false });
      default:
        return undefined;
    }
  }
}

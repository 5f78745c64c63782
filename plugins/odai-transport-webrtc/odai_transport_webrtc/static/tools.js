// The cards of what is looked up in a call.

import { Card, duration } from "./cards.js";

export class Tools {
  constructor(transcript) {
    this.transcript = transcript;
    this.cards = new Map();
  }

  start(event) {
    const note = event.progress ? `${event.progress}…` : "Looking that up…";
    const card = new Card({ title: event.friendly_name || event.tool, note });
    this.cards.set(event.call_id, card);
    this.transcript.append(card.row);
  }

  end(event) {
    if (!this.cards.has(event.call_id)) this.start({ ...event, friendly_name: event.output?.friendly_name });
    const card = this.cards.get(event.call_id);
    this.cards.delete(event.call_id);
    if (event.ok === false) card.settle("failed", "did not work");
    else card.settle("done", duration(event.ms));
    if (event.output) card.fill(event.output);
  }

  // The call is over: what still runs will not answer here.
  abandon() {
    for (const card of this.cards.values()) card.settle("failed", "not finished");
    this.cards.clear();
  }
}

// Staying at the newest line, unless somebody scrolled up to read.

const NEAR_THE_END = 80; // pixels

export class Pinned {
  constructor(list, scroller) {
    this.scroller = scroller;
    this.held = true;
    scroller.addEventListener("scroll", () => {
      this.held = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END;
    });
    // Also when a notice or a keyboard takes room from below.
    const resized = new ResizeObserver(() => this.follow());
    resized.observe(scroller);
    resized.observe(list);
  }

  follow() {
    if (this.held) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  // From now on, wherever it was scrolled to.
  hold() {
    this.held = true;
    this.follow();
  }
}

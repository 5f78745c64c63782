// Staying at the newest line, unless somebody scrolled up to read.

const NEAR_THE_END = 80; // pixels

export class Pinned {
  constructor(list, scroller) {
    this.scroller = scroller;
    this.held = true;
    this.last = 0;
    scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = scroller;
      if (scrollHeight - scrollTop - clientHeight < NEAR_THE_END) this.held = true;
      // Being far from the end is no sign of a reader: what is written grows faster than this event comes.
      else if (scrollTop < this.last) this.held = false;
      this.last = scrollTop;
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

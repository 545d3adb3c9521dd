// A list of any length of which only the rows in sight are in the document.

const ROW = 52; // pixels, as in the style sheet
const AROUND = 8; // rows above and below what is in sight

class LongList {
  // box scrolls, rows is inside it; draw(item) gives a row's children; choose(item) is called when one is chosen
  constructor(box, rows, draw, choose) {
    Object.assign(this, { box, rows, draw, choose, items: [], chosen: -1 });
    box.addEventListener("scroll", () => this.render());
    box.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.render()).observe(box);
  }

  show(items, item) {
    this.items = items;
    this.chosen = items.indexOf(item);
    this.rows.style.height = `${items.length * ROW}px`;
    if (this.chosen < 0) this.box.scrollTop = 0;
    else this.intoSight();
    this.render();
  }

  // the item is chosen elsewhere on the page; it need not be in the list
  mark(item) {
    this.chosen = this.items.indexOf(item);
    if (this.chosen >= 0) this.intoSight();
    this.render();
  }

  render() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - AROUND);
    const last = Math.min(this.items.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + AROUND);
    const made = [];
    for (let i = first; i < last; i++) {
      made.push(
        element(
          "div",
          {
            class: "row", role: "option", id: `row-${i}`, style: `top:${i * ROW}px`, "aria-selected": i === this.chosen,
            "aria-posinset": i + 1, "aria-setsize": this.items.length, onclick: () => this.move(i),
          },
          ...this.draw(this.items[i]),
        ),
      );
    }
    this.rows.replaceChildren(...made);
    this.box.setAttribute("aria-activedescendant", this.chosen < 0 ? "" : `row-${this.chosen}`);
  }

  move(index) {
    if (!this.items.length) return;
    this.chosen = Math.min(this.items.length - 1, Math.max(0, index));
    this.intoSight();
    this.render();
    this.choose(this.items[this.chosen]);
  }

  intoSight() {
    const top = this.chosen * ROW;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW - this.box.clientHeight;
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const moves = {
      ArrowDown: this.chosen + 1, ArrowUp: this.chosen - 1, PageDown: this.chosen + page, PageUp: this.chosen - page,
      Home: 0, End: this.items.length - 1,
    };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.move(moves[event.key]);
  }
}

// All slides at once, as small pictures with their titles: arrows choose, Enter or a click goes there.

import { element } from "./element.js";
import { pictureOf } from "./picture.js";

export class Overview {
  constructor(show) {
    this.show = show;
    this.list = element("ol", { role: "listbox", "aria-label": "Slides", tabindex: "0" });
    this.node = element("section", { class: "ms-over ms-overview", "aria-label": "Overview", hidden: true }, this.list);
  }

  open() {
    const { show } = this;
    this.at = show.at;
    this.list.replaceChildren(...show.slides.map((slide, place) => this.entry(slide, place)));
    this.node.hidden = false;
    this.list.focus();
    this.mark();
  }

  entry(slide, place) {
    const title = element("span", { class: "ms-title" }, `${place + 1} ${slide.title}`);
    const entry = element("li", { role: "option", id: `ms-slide-${place}` }, pictureOf(slide, Infinity), title);
    entry.addEventListener("click", () => this.go(place));
    return entry;
  }

  go(place) {
    this.show.settle();
    this.show.go(place);
  }

  press(key) {
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, Space: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const ends = { Home: 0, End: this.show.slides.length - 1 };
    if (key === "Enter") return this.go(this.at);
    if (key === "o") return this.show.settle();
    const wanted = ends[key] ?? this.at + (steps[key] ?? 0);
    if (wanted >= 0 && wanted < this.show.slides.length) this.at = wanted;
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((entry, place) => entry.setAttribute("aria-selected", String(place === this.at)));
    this.list.setAttribute("aria-activedescendant", `ms-slide-${this.at}`);
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }
}

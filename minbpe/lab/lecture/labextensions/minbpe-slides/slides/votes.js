// The room's votes on a question: counted by the lecturer, kept, and shown again beside what came out.
//
// A question is known by the name in predict("name"). Where it has options, the rows are its letters; otherwise the
// lecturer writes down what is called out.

import { element } from "./element.js";

const ASKED = /^predict\("([a-z0-9-]+)"\)/m;
const SHOWN = /^\s*predicted\("([a-z0-9-]+)"/m;
const FREE = 4; // rows for answers that are called out

export class Votes {
  constructor(show) {
    this.show = show;
    this.form = element("form", { class: "ms-over ms-vote", "aria-label": "Votes", hidden: true });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.keep());
    this.chart = element("figure", { class: "ms-votes", "aria-label": "What the room said", hidden: true });
    this.node = element("div", {}, this.form, this.chart);
  }

  get kept() {
    return JSON.parse(localStorage.getItem(`${this.show.place} votes`) ?? "{}");
  }

  // The cell on this slide that asks, or tells what came out, and the name of its question.
  find(pattern) {
    for (const cell of this.show.slide.cells) {
      const found = cell.model.sharedModel.getSource().match(pattern);
      if (found) return { cell, name: found[1] };
    }
    return null;
  }

  open() {
    const asked = this.find(ASKED);
    if (!asked) return this.show.say("There is no question on this slide to vote on.");
    this.name = asked.name;
    const options = [...asked.cell.node.querySelectorAll(".mb-ask .mb-letter")].map((each) => each.textContent.trim());
    const kept = this.kept[this.name] ?? [];
    const rows = Array.from({ length: options.length || FREE }, (_, place) =>
      this.row(options[place], kept[place] ?? ["", 0], place));
    const clear = element("button", { type: "button" }, "Clear, for another class");
    clear.addEventListener("click", () => {
      for (const input of this.form.querySelectorAll("input")) input.value = input.type === "number" ? "0" : "";
      this.keep();
    });
    const hint = element("p", {}, "Escape keeps the votes; they are shown beside what comes out.");
    this.form.replaceChildren(element("h2", {}, "What does the room say?"), ...rows, clear, hint);
    this.form.hidden = false;
    this.form.querySelector("input").focus();
  }

  row(letter, [answer, count], place) {
    const said = letter
      ? element("b", {}, letter)
      : element("input", { "aria-label": `Answer ${place + 1}`, placeholder: "an answer", value: answer });
    const number = element("input", { type: "number", min: "0", value: String(count), "aria-label": `Votes for ${letter ?? `answer ${place + 1}`}` });
    number.addEventListener("focus", () => number.select());
    const more = element("button", { type: "button", "aria-label": `One more for ${letter ?? `answer ${place + 1}`}` }, "+1");
    more.addEventListener("click", () => {
      number.value = Number(number.value) + 1;
      this.keep();
    });
    return element("div", { class: "ms-row", "data-letter": letter ?? "" }, said, number, more);
  }

  keep() {
    const rows = [...this.form.querySelectorAll(".ms-row")].map((row) => {
      const [first, second] = row.querySelectorAll("input");
      return second ? [first.value, Number(second.value)] : [row.dataset.letter, Number(first.value)];
    });
    localStorage.setItem(`${this.show.place} votes`, JSON.stringify({ ...this.kept, [this.name]: rows }));
    this.draw();
  }

  // Beside what came out, what the room had said.
  draw() {
    const shown = this.find(SHOWN);
    const rows = ((shown && this.kept[shown.name]) ?? []).filter(([, count]) => count > 0);
    const reached = shown && !shown.cell.node.matches(".ms-later");
    this.chart.hidden = !rows.length || !reached;
    if (this.chart.hidden) return;
    const most = Math.max(...rows.map(([, count]) => count));
    const bars = rows.map(([answer, count]) =>
      element("li", {}, element("b", {}, answer || "?"), element("i", { style: `width: ${(8 * count) / most}em` }), String(count)));
    this.chart.replaceChildren(element("figcaption", {}, "The room said"), element("ul", {}, ...bars));
  }
}

// The show: which slide and which step is on the screen, how large, and what the keys do.
//
// The cells stay where JupyterLab has them; a slide is what the others leave when they are hidden. So a cell on a
// slide is the cell of the notebook, with its editor, its kernel and its widgets, and nothing is moved or copied.

import { plan, readDeck, slideshow } from "./deck.js";
import { Keys } from "./keys.js";
import { Overview } from "./overview.js";
import { Pen } from "./pen.js";
import { WIDTH } from "./picture.js";
import { Speaker } from "./speaker.js";
import { Votes } from "./votes.js";
import { keepTokensWhole } from "./tokens.js";
import { element } from "./element.js";

const HEIGHT = 720; // with WIDTH the size of a slide in CSS pixels; it is zoomed to the window
const FITS = [1.5, 1.35, 1.2, 1.1, 1, 0.93, 0.86, 0.8, 0.75, 0.7]; // the largest with which nothing is cut off
const UNBROKEN = 1.2; // down to this, letters get smaller rather than that a line of code is broken
const ALL = ["ms-on", "ms-later", "ms-later-output", "ms-bare"];

export class Show {
  constructor(app, panel) {
    this.app = app;
    this.panel = panel;
    this.notebook = panel.content;
    this.at = 0;
    this.step = 0;
    this.bar = element("footer", { class: "ms-bar" });
    this.curtain = element("div", { class: "ms-curtain", role: "img", "aria-label": "Black screen", hidden: true });
    this.notes = element("aside", { class: "ms-notes", "aria-label": "Notes", tabindex: "0", hidden: true });
    this.said = element("div", { class: "ms-said", "aria-live": "polite" });
    this.overview = new Overview(this);
    this.pen = new Pen();
    this.speaker = new Speaker(this);
    this.votes = new Votes(this);
    this.keys = new Keys(this);
    const { help } = this.keys;
    document.body.append(this.bar, this.notes, this.said, this.curtain, this.overview.node, help);
    document.body.append(this.votes.node, this.pen.node);
  }

  // --- from start to end

  begin(start, talk) {
    this.notebook.notebookConfig = { ...this.notebook.notebookConfig, windowingMode: "none" };
    this.readCells();
    this.talk = talk;
    const kept = JSON.parse(localStorage.getItem(this.place) ?? "{}");
    const here = this.slides.findIndex(({ id }) => id === kept.slide);
    if (start && kept.talk !== talk) this.go(start - 1);
    else this.go(here < 0 ? 0 : here, kept.step ?? 0);
    this.present(true);
    this.notebook.model.cells.changed.connect(() => this.readCells());
    addEventListener("resize", () => this.draw());
    this.watch();
  }

  // Read anew which cells there are; a cell may have been added while this was a notebook.
  readCells() {
    this.slides = readDeck(this.notebook.widgets);
    this.at = Math.min(this.at, this.slides.length - 1);
  }

  // Slides, or the notebook as ever.
  present(presenting) {
    this.presenting = presenting;
    document.body.classList.toggle("ms-show", presenting);
    if (presenting) return this.go(this.at, this.step);
    for (const { node } of this.notebook.widgets) node.classList.remove(...ALL);
    this.notebook.node.style.removeProperty("--ms-zoom");
    this.notebook.node.style.removeProperty("--ms-fit");
    this.notebook.scrollToItem?.(this.notebook.activeCellIndex);
    this.say("This is the notebook. Escape leads back to the slides.");
  }

  get place() {
    return `minbpe-slides ${this.panel.context.path}`;
  }

  // --- going about

  get slide() {
    return this.slides[this.at];
  }

  go(slide, step = 0) {
    const before = this.at;
    this.at = Math.max(0, Math.min(slide, this.slides.length - 1));
    this.step = Math.max(0, Math.min(step, this.slide.steps.length - 1));
    if (before !== this.at) this.pen.clear();
    localStorage.setItem(this.place, JSON.stringify({ slide: this.slide.id, step: this.step, talk: this.talk }));
    this.draw();
  }

  forward() {
    if (this.step + 1 < this.slide.steps.length) this.go(this.at, this.step + 1);
    else if (this.at + 1 < this.slides.length) this.go(this.at + 1);
  }

  back() {
    if (this.step > 0) this.go(this.at, this.step - 1);
    else if (this.at > 0) this.go(this.at - 1, Infinity);
  }

  last() {
    this.go(this.slides.length - 1, Infinity);
  }

  // --- drawing

  draw() {
    if (!this.presenting) return;
    const { slide } = this;
    for (const { node } of this.notebook.widgets) node.classList.remove(...ALL);
    slide.steps.forEach((step, place) => {
      for (const { cell, part } of step) {
        cell.node.classList.add("ms-on");
        const later = place > this.step;
        if (later && part !== "output") cell.node.classList.add("ms-later");
        if (later && part === "output") cell.node.classList.add("ms-later-output");
      }
    });
    for (const cell of slide.cells) lay(cell);
    this.choose();
    this.notebook.node.querySelector(".jp-WindowedPanel-viewport").dataset.title = slide.heading ? "" : slide.title;
    this.bar.textContent = `${this.at + 1} / ${this.slides.length}`;
    this.fit(FITS);
    this.speaker.draw();
    this.votes.draw();
    if (!this.notes.hidden) this.drawNotes();
  }

  // What is run by Shift Enter is the cell that was shown last, if it is one with code.
  choose() {
    const shown = this.slide.steps.slice(0, this.step + 1).flat();
    const { cell } = shown.findLast(({ cell }) => cell.model.type === "code") ?? shown.at(-1);
    this.chosen = cell;
    this.notebook.activeCellIndex = this.notebook.widgets.indexOf(cell);
  }

  // Zoom to the window: so that a slide is WIDTH wide, and the letters as large as what is on it allows; or a little
  // smaller, if no line of code is broken then.
  fit(sizes) {
    const whole = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    document.body.style.setProperty("--ms-whole", whole);
    const set = (size) => {
      this.size = size;
      this.notebook.node.style.setProperty("--ms-zoom", whole * size);
      this.notebook.node.style.setProperty("--ms-fit", size); // letters are measured on the slide, not on the screen
    };
    const fits = (size) => (set(size), !this.overflows());
    const largest = sizes.find(fits) ?? sizes.at(-1);
    const smaller = sizes.filter((size) => size <= largest && size >= UNBROKEN);
    if (!smaller.some((size) => fits(size) && !this.breaks())) set(largest);
    document.body.dataset.fit = this.size;
    this.notebook.node.querySelector(".jp-WindowedPanel-outer")?.scrollTo(0, 0);
  }

  // Is a line of code broken that can be seen?
  breaks() {
    const lines = this.slide.cells.flatMap(({ node }) => [...node.querySelectorAll(".cm-line")]);
    return lines.filter((line) => line.checkVisibility({ visibilityProperty: true })).some((line) => {
      const once = parseFloat(getComputedStyle(line).lineHeight) * line.currentCSSZoom;
      return line.getBoundingClientRect().height > 1.6 * once;
    });
  }

  overflows() {
    const bottom = this.bar.getBoundingClientRect().top;
    return this.slide.cells.some(({ node }) => {
      const { right, bottom: end } = node.getBoundingClientRect();
      if (end > bottom + 1 || right > innerWidth + 1) return true;
      const wide = node.querySelectorAll(".cm-scroller, .jp-OutputArea-output, .jp-RenderedMarkdown");
      return [...wide].some((each) => each.clientWidth && each.scrollWidth > each.clientWidth + 1);
    });
  }

  // While somebody works on a slide its letters may become smaller, never larger: nothing jumps about.
  watch() {
    let waiting = 0;
    const look = () => {
      waiting = 0;
      if (!this.presenting) return;
      for (const cell of this.slide.cells) lay(cell);
      if (this.overflows()) this.fit(FITS.filter((size) => size <= this.size));
    };
    const observer = new MutationObserver(() => (waiting ||= setTimeout(look, 60)));
    observer.observe(this.notebook.node, { childList: true, subtree: true });
  }

  say(text) {
    this.said.textContent = text;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (this.said.textContent = ""), 4000);
  }

  drawNotes() {
    this.notes.replaceChildren(...this.speaker.notesOf(this.slide));
  }

  // --- what the keys do besides

  toggle(node) {
    node.hidden = !node.hidden;
    return !node.hidden;
  }

  async runAll() {
    this.say("Running all cells …");
    await this.app.commands.execute("notebook:run-all-cells");
    this.choose();
    this.draw();
    this.say("All cells have run.");
  }

  // The cell that has the focus, or the one that was shown last. It stays on the screen.
  async run() {
    if (!this.notebook.node.contains(document.activeElement)) this.choose();
    const { activeCell } = this.notebook;
    await this.app.commands.execute("notebook:run-cell");
    const output = this.slide.steps.findIndex((step) => step.some(({ cell, part }) => cell === activeCell && part === "output"));
    if (output > this.step) this.go(this.at, output); // who runs it wants to see what comes
  }

  edit() {
    const cell = this.chosen;
    if (cell.model.type !== "code" || cell.inputHidden) return this.say("There is no code on this slide to edit.");
    cell.node.classList.add("ms-bare");
    this.notebook.mode = "edit";
    cell.editor.focus();
  }

  // Nothing has the focus any more, nothing lies over the slide: the keys turn the slides again.
  settle() {
    for (const node of [this.curtain, this.notes, this.overview.node, this.keys.help, this.votes.form]) node.hidden = true;
    this.pen.off();
    document.activeElement?.blur();
    this.notebook.mode = "command";
    document.activeElement?.blur();
    for (const { node } of this.notebook.widgets) node.classList.remove("ms-bare");
    if (!this.presenting) this.present(true);
  }

  get plan() {
    return plan(this.slides, this.at);
  }
}

// Of a Markdown cell only the blocks that are for the slide; in outputs, tokens that stay in one piece.
function lay(cell) {
  if (cell.model.type === "code") {
    for (const pre of cell.node.querySelectorAll(".jp-OutputArea-output pre")) keepTokensWhole(pre);
    const asserts = /^ *assert /m.test(cell.model.sharedModel.getSource());
    cell.node.classList.toggle("ms-held", asserts && cell.model.executionCount > 0 && cell.model.outputs.length === 0);
    return;
  }
  const { shown } = slideshow(cell);
  const blocks = cell.node.querySelector(".jp-RenderedMarkdown")?.children ?? [];
  [...blocks].forEach((block, place) => block.classList.toggle("ms-reading", !!shown && !shown.includes(place)));
}

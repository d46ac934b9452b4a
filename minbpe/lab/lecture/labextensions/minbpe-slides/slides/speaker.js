// The speaker's window: what comes next, the notes, a clock and the plan. Its keys are those of the slides.

import { element } from "./element.js";
import { pictureOf, readingOf } from "./picture.js";

const NAME = "minbpe-speaker";

export class Speaker {
  constructor(show) {
    this.show = show;
    setInterval(() => this.tick(), 1000);
  }

  get isOpen() {
    return this.window && !this.window.closed;
  }

  open() {
    this.window = window.open("", NAME, "width=1200,height=800");
    if (!this.window) return this.show.say("The browser keeps the speaker’s window shut: allow pop-ups for this page.");
    const page = this.window.document;
    page.documentElement.lang = "en";
    page.head.replaceChildren(...styles(page));
    page.body.className = "ms-speaker";
    this.clock = element("time", { class: "ms-clock" });
    this.passed = element("output", { class: "ms-passed", "aria-label": "Minutes passed" });
    this.planned = element("p", { class: "ms-planned" });
    const again = element("button", { type: "button" }, "Start the clock again");
    again.addEventListener("click", () => this.restart());
    this.where = element("h1");
    this.coming = element("h2");
    this.next = element("div", { class: "ms-next-slide" });
    this.text = element("div", { class: "ms-text", tabindex: "0", role: "region", "aria-label": "Notes of this slide" });
    const clocks = element("div", { class: "ms-clocks" }, this.clock, this.passed, again, this.planned);
    const left = element("section", { "aria-label": "Next" }, this.coming, this.next, clocks);
    const right = element("section", { "aria-label": "Now" }, this.where, this.text);
    page.body.replaceChildren(element("main", {}, right, left));
    if (this.listening !== this.window) {
      this.listening = this.window;
      this.window.addEventListener("keydown", (event) => {
        if (event.target === again && ["Enter", " "].includes(event.key)) return;
        if (event.key !== "Tab") this.show.keys.press(event);
      });
    }
    this.began ??= Number(sessionStorage.getItem(NAME)) || undefined;
    if (!this.began) this.restart();
    this.draw();
  }

  restart() {
    this.began = Date.now();
    sessionStorage.setItem(NAME, this.began);
    this.tick();
  }

  draw() {
    if (!this.isOpen) return;
    const { show } = this;
    const { slide } = show;
    this.where.textContent = `${show.at + 1} / ${show.slides.length} · ${slide.title}`;
    this.text.replaceChildren(...this.notesOf(slide));
    this.text.scrollTo(0, 0);
    const step = show.step + 1 < slide.steps.length;
    const following = step ? slide : show.slides[show.at + 1];
    this.coming.textContent = step ? "Next, on this slide" : following ? `Next: ${following.title}` : "This is the last slide";
    this.next.replaceChildren(...(following ? [pictureOf(following, step ? show.step + 1 : 0)] : []));
    this.tick();
  }

  tick() {
    if (!this.isOpen || !this.began) return;
    const seconds = Math.floor((Date.now() - this.began) / 1000);
    this.clock.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    this.passed.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const { from, to, whole, lecture } = this.show.plan;
    const rate = seconds / 60 > to ? "behind the plan" : seconds / 60 < from ? "ahead of the plan" : "in time";
    this.planned.textContent = whole ? `Lecture ${lecture}: this part is planned for minutes ${from} to ${to} of ${whole}. You are ${rate}.` : "";
  }

  // What to ask and to show, then what stands in the notebook and not on the slide.
  notesOf(slide) {
    const notes = slide.notes.flatMap(written);
    const reading = slide.reading.flatMap(readingOf);
    if (!notes.length && !reading.length) return [element("p", {}, "All that there is to say stands on the slide.")];
    if (reading.length) notes.push(element("h3", {}, "In the notebook"), ...reading);
    return notes;
  }
}

// The style of this page: the notebook's, for the picture of the next slide.
function styles(page) {
  const found = [...document.querySelectorAll("link[rel=stylesheet], style")].map((each) => page.importNode(each, true));
  for (const link of found) if (link.href) link.href = new URL(link.getAttribute("href"), document.baseURI).href;
  return [element("meta", { charset: "utf-8" }), element("title", {}, "Speaker"), ...found];
}

// Notes as they are written: paragraphs and lists, with **, *, and backticks.
function written(notes) {
  return notes.split(/\n\n+/).map((block) => {
    const items = block.startsWith("- ") ? block.slice(2).split("\n- ") : null;
    if (!items) return inline(element("p"), block);
    return element("ul", {}, ...items.map((item) => inline(element("li"), item)));
  });
}

const MARKED = /\*\*(.+?)\*\*|\*(.+?)\*|(`+) ?(.+?) ?\3/gs;

function inline(node, text) {
  let at = 0;
  for (const found of text.matchAll(MARKED)) {
    const [whole, strong, stressed, , code] = found;
    const name = strong ? "strong" : stressed ? "em" : "code";
    node.append(text.slice(at, found.index), element(name, {}, strong ?? stressed ?? code));
    at = found.index + whole.length;
  }
  node.append(text.slice(at));
  return node;
}

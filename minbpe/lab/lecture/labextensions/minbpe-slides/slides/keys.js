// The keys. While slides are shown, each key comes here first, whatever has the focus. Editors, fields and widgets
// keep those pressed in them; otherwise a key does what the table says, or nothing. JupyterLab's own letters, which
// would insert, cut or fold cells, are never reached.

import { element } from "./element.js";

// [the keys, what they do, for the table, the name of what is done]
const TABLE = [
  [["Space", "ArrowRight", "ArrowDown", "PageDown"], "Space, →, ↓, Page Down", "go on", "forward"],
  [["Shift Space", "ArrowLeft", "ArrowUp", "PageUp"], "Shift Space, ←, ↑, Page Up", "go back", "back"],
  [["Home"], "Home", "the first slide", "first"],
  [["End"], "End", "the last slide", "last"],
  [[], "a number, then Enter", "the slide of that number", null],
  [["o"], "O", "the overview: arrows choose, Enter goes there", "overview"],
  [["Ctrl Shift Enter"], "Ctrl Shift Enter", "run all cells, and stay here", "runAll"],
  [["Shift Enter", "Ctrl Enter", "Alt Enter"], "Shift Enter or Ctrl Enter", "run the cell that was shown last", "run"],
  [["Enter"], "Enter", "edit that cell", "edit"],
  [["Escape"], "Escape", "back to the slides, from wherever you are", "settle"],
  [["b", "."], "B or .", "a black screen; any key ends it", "black"],
  [["s"], "S", "the speaker’s window", "speaker"],
  [["n"], "N", "the notes, on this screen", "notes"],
  [["v"], "V", "count a vote", "vote"],
  [["l"], "L", "a pointer that all can see", "pointer"],
  [["d"], "D", "draw on the slide, or stop drawing", "draw"],
  [["c"], "C", "clear what was drawn", "clear"],
  [["q"], "Q", "the notebook instead of slides", "leave"],
  [["?", "h"], "? or H", "this table", "help"],
];
const DOES = new Map(TABLE.flatMap(([keys, , , does]) => keys.map((key) => [key, does])));
const RUNS = new Set(["runAll", "run"]); // by the same keys in an editor
const TURNS = new Set(["PageDown", "PageUp"]); // what a remote control sends: also when a button has the focus
const NAMES = { " ": "Space", Spacebar: "Space" };

export class Keys {
  constructor(show) {
    this.show = show;
    this.number = "";
    const rows = TABLE.map(([, keys, does]) => element("tr", {}, element("th", { scope: "row" }, keys), element("td", {}, does)));
    this.help = element("section", { class: "ms-over ms-help", "aria-label": "Keys", hidden: true }, element("table", {}, ...rows));
    // On window, before JupyterLab, which listens on the document.
    addEventListener("keydown", (event) => this.press(event), true);
  }

  press(event) {
    const { show } = this;
    if (event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    if (document.querySelector(".jp-Dialog")) return; // JupyterLab asks something
    const key = named(event);
    if (!show.presenting) {
      if (key === "Escape") this.take(event, () => show.settle());
      return;
    }
    if (!show.curtain.hidden) return this.take(event, () => (show.curtain.hidden = true));
    if (!this.help.hidden) return this.take(event, () => (this.help.hidden = true));
    if (key === "Escape") return this.take(event, () => (this.number ? this.spell("") : show.settle()));
    const does = DOES.get(key);
    if (RUNS.has(does)) return this.take(event, () => show[does]());
    if (!show.overview.node.hidden) return this.take(event, () => show.overview.press(key));
    const taking = taker(event.target);
    if (taking && !(TURNS.has(key) && taking === "button")) return this.guard(event, taking);
    if ((event.ctrlKey || event.metaKey || event.altKey) && key !== "Ctrl s") return event.stopImmediatePropagation();
    if (key === "Ctrl s" || /^F\d+$/.test(event.key)) return;
    if (event.key === "Tab") return event.stopImmediatePropagation(); // to what is on the slide: all else is hidden
    this.take(event, () => this.act(key, does));
  }

  take(event, act) {
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  // In an editor JupyterLab has keys of its own that change which cells there are.
  guard(event, taking) {
    if (taking === "editor" && (event.ctrlKey || event.metaKey) && event.shiftKey && "-_".includes(event.key)) {
      this.take(event, () => {});
    }
  }

  act(key, does) {
    if (/^\d$/.test(key)) return this.spell(this.number + key);
    if (key === "Backspace") return this.spell(this.number.slice(0, -1));
    if (key === "Enter" && this.number) {
      const slide = Number(this.number);
      this.spell("");
      return this.show.go(slide - 1);
    }
    this.spell("");
    this.does()[does]?.();
  }

  // The number of a slide, as it is typed.
  spell(number) {
    this.number = number.slice(0, 4);
    this.show.say(this.number && `Go to slide ${this.number}: Enter`);
  }

  does() {
    const { show } = this;
    return {
      forward: () => show.forward(),
      back: () => show.back(),
      first: () => show.go(0),
      last: () => show.last(),
      edit: () => show.edit(),
      overview: () => show.overview.open(),
      black: () => show.toggle(show.curtain),
      speaker: () => show.speaker.open(),
      notes: () => show.toggle(show.notes) && show.drawNotes(),
      vote: () => show.votes.open(),
      pointer: () => show.pen.point(),
      draw: () => show.pen.draw(),
      clear: () => show.pen.clear(),
      leave: () => show.present(false),
      help: () => show.toggle(this.help),
    };
  }
}

// "Ctrl Shift Enter", "Space", "b": letters as they are, whatever Shift and Caps Lock make of them.
function named({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const name = NAMES[key] ?? (key.length === 1 ? key.toLowerCase() : key);
  const shift = shiftKey && name.length > 1;
  return [(ctrlKey || metaKey) && "Ctrl", altKey && "Alt", shift && "Shift", name].filter(Boolean).join(" ");
}

// Who keeps the keys that are pressed in it: an "editor", a "field", a "button" of a widget, or nobody.
function taker(target) {
  if (!(target instanceof Element)) return null;
  if (target.closest(".cm-content")) return "editor";
  if (target.matches("input, textarea, select, [contenteditable=true]")) return "field";
  if (target.closest(".ms-over")) return target.matches("button") ? "button" : null;
  if (target.closest(".jp-OutputArea") && target.matches("button, summary, a, [tabindex], [role]")) {
    return target.matches("button, summary, a") ? "button" : "field";
  }
  return null;
}

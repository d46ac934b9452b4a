// A transport: a slider over steps, with Play. Native controls, so the keyboard and screen readers know them.
//
// value, max   where the slider stands; goes to the kernel while dragging (ipywidgets sends only the newest)
// shown        the last value that the kernel has drawn while playing: Play waits for it, so that no frame is left out
// playing, interval (ms), label, unit
function initialize({ model }) {
  let timer = null;
  let moved = 0;

  function tick() {
    timer = null;
    if (!model.get("playing")) return;
    const value = model.get("value");
    if (value >= model.get("max")) return set("playing", false);
    if (model.get("shown") === value && Date.now() - moved >= model.get("interval") - 5) {
      moved = Date.now();
      set("value", value + 1);
    }
    timer = setTimeout(tick, Math.min(20, model.get("interval")));
  }

  function set(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function start() {
    if (!model.get("playing") || timer !== null) return;
    if (model.get("value") >= model.get("max")) set("value", 0); // Play at the end plays again from the start
    moved = Date.now();
    timer = setTimeout(tick, 0);
  }

  model.on("change:playing", start);
  start();
  return () => {
    clearTimeout(timer);
    model.off("change:playing", start);
  };
}

function render({ model, el }) {
  el.classList.add("mb", "mb-transport");
  el.dataset.lmSuppressShortcuts = "true"; // keys pressed in here are not JupyterLab's
  el.setAttribute("role", "group");

  function button(label, text, act) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = text;
    node.title = label;
    node.setAttribute("aria-label", label);
    node.addEventListener("click", act);
    el.append(node);
    return node;
  }

  function go(value) {
    const inside = Math.max(0, Math.min(model.get("max"), value));
    if (inside === model.get("value")) return;
    model.set("value", inside);
    model.save_changes();
  }

  function toggle() {
    model.set("playing", !model.get("playing"));
    model.save_changes();
  }

  const play = button("Play", "▶", toggle);
  play.classList.add("mb-play");
  const first = button("First step", "⏮", () => go(0));
  const back = button("One step back", "◀", () => go(model.get("value") - 1));
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.addEventListener("input", () => go(Number(slider.value)));
  el.append(slider);
  const forward = button("One step forward", "▶", () => go(model.get("value") + 1));
  const last = button("Last step", "⏭", () => go(model.get("max")));
  const readout = document.createElement("span");
  readout.className = "mb-readout";
  el.append(readout);

  el.addEventListener("keydown", (happened) => {
    if (happened.altKey || happened.ctrlKey || happened.metaKey) return;
    const value = model.get("value");
    const moves = { ArrowLeft: value - 1, ArrowDown: value - 1, ArrowRight: value + 1, ArrowUp: value + 1 };
    Object.assign(moves, { Home: 0, End: model.get("max"), PageDown: value - 10, PageUp: value + 10 });
    if (happened.key in moves) go(moves[happened.key]);
    else if (happened.key === " " && happened.target === slider) toggle();
    else return;
    happened.preventDefault();
  });

  function show() {
    const value = model.get("value");
    const max = model.get("max");
    const text = `${model.get("unit")} ${value} of ${max}`;
    el.setAttribute("aria-label", model.get("label"));
    slider.setAttribute("aria-label", model.get("label"));
    slider.setAttribute("aria-valuetext", text);
    slider.max = max;
    slider.value = value;
    slider.disabled = max === 0;
    readout.textContent = text;
    readout.style.minWidth = `${model.get("unit").length + 5 + 2 * String(max).length}ch`;
    const playing = model.get("playing");
    play.textContent = playing ? "⏸ Pause" : "▶ Play";
    play.title = playing ? "Pause" : "Play";
    play.setAttribute("aria-label", play.title);
    play.disabled = max === 0;
    // aria-disabled, not disabled: a button that goes dead under the finger would lose the focus
    for (const node of [first, back]) node.setAttribute("aria-disabled", value <= 0);
    for (const node of [forward, last]) node.setAttribute("aria-disabled", value >= max);
  }

  const shows = ["value", "max", "label", "unit", "playing"].map((name) => `change:${name}`).join(" ");
  model.on(shows, show);
  show();
  return () => model.off(shows, show);
}

export default { initialize, render };

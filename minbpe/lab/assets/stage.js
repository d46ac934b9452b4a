// A stage shows HTML that the kernel renders, and hands what the reader does back to the kernel.
//
// names, p0, p1, …   the names of the parts in order, and the HTML of each. Only what changed is sent, and only
//          the parts that changed are touched, so nothing flickers and scrolling stays.
// frame    counts the pictures; data-frame is the one on the page.
// event    {name, value, n}: set when something with data-event is clicked, changed or activated, or, with
//          data-keys on the part, when one of those keys is pressed. ipywidgets holds back a change while the
//          kernel works on the last one and then sends only the newest, so nothing queues up.
// step     a number: of the elements with data-step, those above it are hidden and the one at it is marked; groups
//          of them that begin above it (data-from) are hidden too.
// opens    as soon as something has data-opens, the folded heading below the cell opens (JupyterLab).
// closes   something with data-closes in the first picture of a widget folds it, where it is open.
// takes    the value of a button with data-takes is that of the field with this data-name; Enter in a field with
//          data-enter presses it.
// focus    in something with data-follow, it goes along with what has data-here, or the button that is pressed
//          (aria-pressed) in there.
// fuse     tokens in rows of the same data-fuse move to where they now stand, and merged ones into each other; but
//          not where the reader prefers reduced motion, nor from step to step of a slider that is dragged.
// twins    what has the same data-twin is lit together, each with the token after it.

// Make the children of `old` those of `fresh`, and keep every node that is the same. From one step to the next
// nearly all are: what is kept needs no new layout, keeps its scroll position, and keeps the focus.
function morph(old, fresh) {
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const kept = at && soon(at, next);
    if (kept) {
      while (at !== kept) at = drop(at);
      at = kept.nextSibling;
    } else if (at?.nodeType === Node.ELEMENT_NODE && at.nodeName === next.nodeName && !soon(next, at)) {
      patch(at, next);
      at = at.nextSibling;
    } else {
      old.insertBefore(next, at);
    }
  }
  while (at) at = drop(at);
}

// `node` or one of the next few after it, if it is the same as `wanted`.
function soon(node, wanted) {
  for (let tries = 4; node && tries; tries--, node = node.nextSibling) if (node.isEqualNode(wanted)) return node;
  return null;
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function patch(node, fresh) {
  const moved = node.dataset?.place !== fresh.dataset?.place; // it shows something else, so there is nothing to keep
  for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  if (node.nodeName === "INPUT") {
    node.checked = fresh.hasAttribute("checked"); // once used, an input no longer follows its attributes
    node.value = fresh.getAttribute("value") ?? node.value;
  }
  if (moved) node.replaceChildren(...fresh.childNodes);
  else morph(node, fresh);
}

const ROVING = "[data-key][role=img], [data-rove]"; // what the arrow keys go through

// --- tokens that move into each other

const DURATION = 280; // ms
const MOST_MOVING = 60; // tokens; of a longer row only those move that are merged: each that moves is a layer to paint
const quiet = matchMedia("(prefers-reduced-motion: reduce)");

// Where the tokens of each row stand: {name: [{from, to, box, token}]}, in bytes of the text and in pixels.
function rowsOf(el) {
  const rows = {};
  for (const row of el.querySelectorAll("[data-fuse]")) {
    const sizes = row.dataset.sizes.split(" ").map(Number);
    let from = Number(row.dataset.start);
    rows[row.dataset.fuse] = [...row.querySelectorAll(".mb-t")].map((token, place) => {
      const to = from + sizes[place];
      const found = { from, to, token, box: token.getBoundingClientRect() };
      from = to;
      return found;
    });
  }
  return rows;
}

// Let each token begin where its bytes stood before: one that was merged from where its halves were, as wide as they.
function fuse(before, after) {
  for (const [name, row] of Object.entries(after)) {
    const old = before[name] ?? [];
    let at = 0;
    for (const { from, to, token, box } of row) {
      while (at < old.length && old[at].to <= from) at++;
      const first = old[at];
      if (!first || first.from > from) continue;
      const same = first.from === from && first.to === to;
      if (same && row.length > MOST_MOVING) continue;
      let right = first.box.right;
      for (let next = at; next < old.length && old[next].from < to; next++) {
        if (old[next].box.top === first.box.top) right = Math.max(right, old[next].box.right);
      }
      const across = first.box.left - box.left;
      const down = first.box.top - box.top;
      const wide = box.width ? (right - first.box.left) / box.width : 1;
      if (Math.abs(across) < 1 && Math.abs(down) < 1 && Math.abs(wide - 1) < 0.02) continue;
      const start = { transformOrigin: "0 0", transform: `translate(${across}px, ${down}px) scaleX(${wide})` };
      token.animate([start, { transformOrigin: "0 0", transform: "none" }], { duration: DURATION, easing: "ease-out" });
    }
  }
}

const asked = new WeakSet(); // the questions that have been asked

// Shift+Enter, and the button that does the same, at a question and at what is folded. JupyterLab would ask again what
// has just been answered; it would open the fold, and so show the answer to a question that nobody has answered; or lose
// its place and begin again at the top of the page. Instead: what is answered is not asked again; from the fold of an
// open question the way leads back to the question; any other fold is stepped over. (Ctrl+Enter still runs any cell, and
// a lecture has its own keys.)
function goOn(happened) {
  if (document.querySelector(".ms-show")) return;
  const { type, key, shiftKey, ctrlKey, altKey, metaKey, target } = happened;
  const pressed = key === "Enter" && shiftKey && !ctrlKey && !altKey && !metaKey && !target.closest(".cm-editor");
  if (!(type === "mousedown" ? target.closest('[data-command="notebook:run-cell-and-select-next"]') : pressed)) return;
  const cell = target.closest(".jp-NotebookPanel")?.querySelector(".jp-Cell.jp-mod-active");
  const folded = cell?.querySelector(".jp-collapseHeadingButton.jp-mod-collapsed");
  if (!folded && !cell?.querySelector("[data-opens]")) return;
  happened.preventDefault();
  happened.stopImmediatePropagation();
  const above = folded && cell.previousElementSibling;
  const open = above?.querySelector(".mb-ask") && !above.querySelector("[data-opens]");
  if (open) return above.querySelector(".mb-ask [data-event], .mb-ask input").focus();
  cell.focus();
  const down = { key: "ArrowDown", keyCode: 40, bubbles: true, cancelable: true };
  cell.dispatchEvent(new KeyboardEvent("keydown", down));
}
if (!window.mbGoOn) {
  // Once for all the widgets of a page, and before JupyterLab sees it.
  window.mbGoOn = goOn;
  for (const type of ["keydown", "mousedown"]) window.addEventListener(type, goOn, { capture: true });
}

function render({ model, el }) {
  el.classList.add("mb", "mb-stage");
  el.dataset.lmSuppressShortcuts = "true"; // keys pressed in here are not JupyterLab's
  const shown = new Map(); // part -> {host, html}
  let rows = []; // [step, element with data-step]
  let groups = []; // [step, element with data-from]
  let marked = null; // the step that they show
  let current = null; // the element that is marked
  let waiting = false;
  let opened = false; // what is folded below a question
  let painted = 0; // when
  let lit = [];

  function paint() {
    waiting = false;
    unlight();
    const now = performance.now();
    const moving = !quiet.matches && now - painted > DURATION && el.querySelector("[data-fuse]");
    const before = moving && rowsOf(el);
    painted = now;
    const order = model.get("names");
    const parts = Object.fromEntries(order.map((name, place) => [name, model.get(`p${place}`)]));
    for (const [name, part] of shown) {
      if (!(name in parts)) {
        part.host.remove();
        shown.delete(name);
      }
    }
    let newRows = false;
    const follows = el.querySelector("[data-follow] :focus") !== null;
    order.forEach((name, place) => {
      let part = shown.get(name);
      if (!part) {
        part = { host: document.createElement("div"), html: null };
        part.host.dataset.part = name;
        shown.set(name, part);
      }
      if (el.children[place] !== part.host) el.insertBefore(part.host, el.children[place] ?? null);
      if (part.html === parts[name]) return;
      part.html = parts[name];
      const fresh = document.createElement("template");
      fresh.innerHTML = part.html;
      morph(part.host, fresh.content);
      newRows ||= part.html.includes(" data-step=");
    });
    if (newRows) {
      rows = [...el.querySelectorAll("[data-step]")].map((row) => [Number(row.dataset.step), row]);
      groups = [...el.querySelectorAll("[data-from]")].map((group) => [Number(group.dataset.from), group]);
      marked = null;
    }
    if (follows) {
      const here = el.querySelector("[data-follow] [data-here], [data-follow] [aria-pressed=true]");
      (here ?? el.querySelector("[data-follow] [data-event]") ?? el.querySelector("[data-event]"))?.focus();
    }
    mark();
    if (el.querySelector("[data-opens]")) open();
    else if (el.querySelector("[data-closes]")) close();
    if (before) fuse(before, rowsOf(el));
    const at = document.activeElement;
    if (el.contains(at)) {
      tip({ target: at }); // it may mean something else now
      light({ target: at });
    }
    el.dataset.frame = model.get("frame");
  }

  // A question that was answered opens the folded heading below its cell. Only JupyterLab folds headings.
  function open() {
    if (opened) return;
    opened = true;
    heading()?.querySelector(".jp-collapseHeadingButton.jp-mod-collapsed")?.click();
  }

  // Once: a reader may look without an answer, and the widget is drawn again when the notebook is scrolled. The first
  // picture is painted before its place in the page is there.
  function close(frames = 100) {
    if (asked.has(model)) return;
    if (!el.isConnected && frames) {
      requestAnimationFrame(() => close(frames - 1));
      return;
    }
    asked.add(model);
    heading()?.querySelector(".jp-collapseHeadingButton:not(.jp-mod-collapsed)")?.click();
  }

  function heading() {
    return el.closest(".jp-Cell")?.nextElementSibling;
  }

  function mark() {
    const step = model.get("step");
    if (step === marked) return;
    current = null;
    for (const [own, row] of rows) {
      if (own === step) current = row;
      if (marked !== null && own < Math.min(marked, step)) continue; // shown before and now, and not marked
      if (row.hidden !== own > step) row.hidden = own > step;
      if (own === step) row.setAttribute("aria-current", "step");
      else if (row.hasAttribute("aria-current")) row.removeAttribute("aria-current");
    }
    for (const [from, group] of groups) group.hidden = from > step;
    marked = step;
    // Where things stand is asked when the picture has been painted: to ask now would lay out the page twice.
    requestAnimationFrame(() => requestAnimationFrame(reveal));
  }

  // Scroll to the marked row, if it is out of sight.
  function reveal() {
    const box = current?.closest("[data-scroll]");
    if (!box) return;
    const head = box.querySelector("thead")?.offsetHeight ?? 0; // it stays at the top
    const place = current.getBoundingClientRect(); // not offsetTop, which counts from the group
    const from = box.getBoundingClientRect().top - box.scrollTop;
    const lowest = place.top - from - head;
    const highest = place.bottom - from - box.clientHeight;
    const top = Math.max(highest, Math.min(box.scrollTop, lowest));
    if (Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
  }

  function schedule() {
    if (!waiting) {
      waiting = true;
      queueMicrotask(paint); // once for all that a message changes
    }
  }

  function send(name, value) {
    model.set("event", { name, value, n: (model.get("event").n ?? 0) + 1 });
    model.save_changes();
  }

  // What a button says: its own value, or what was typed into the field that it takes.
  function valueOf(button) {
    const { takes, value } = button.dataset;
    return takes ? el.querySelector(`[data-name="${takes}"]`).value : (value ?? "");
  }

  el.addEventListener("click", (happened) => {
    const target = happened.target.closest("[data-event]");
    if (target && target.tagName !== "INPUT" && target.tagName !== "SELECT") send(target.dataset.event, valueOf(target));
  });
  el.addEventListener("input", (happened) => {
    const target = happened.target.closest("[data-event]");
    if (target) send(target.dataset.event, target.type === "checkbox" ? target.checked : target.value);
  });
  // Where a panel has a tip line, it says what is under the pointer or has the focus.
  function tip(happened) {
    const about = happened.target.closest("[data-key][aria-label], [data-key][title]");
    const line = about?.closest(".mb-panel")?.querySelector(".mb-tip");
    if (line) line.textContent = about.getAttribute("aria-label") ?? about.title;
  }
  el.addEventListener("mouseover", tip);
  el.addEventListener("focusin", tip);

  // Light all the places of a pair when one is pointed at or has the focus.
  function light(happened) {
    const twin = happened.target.closest("[data-twin]");
    unlight();
    if (!twin) return;
    const row = [...twin.closest(".mb-tokens").querySelectorAll(".mb-t")];
    row.forEach((token, place) => {
      if (token.dataset.twin !== twin.dataset.twin) return;
      for (const half of [token, row[place + 1]]) half.classList.add("mb-lit");
      lit.push(token, row[place + 1]);
    });
  }
  function unlight() {
    for (const token of lit) token.classList.remove("mb-lit");
    lit = [];
  }
  el.addEventListener("mouseover", light);
  el.addEventListener("focusin", light);
  el.addEventListener("mouseleave", unlight);
  el.addEventListener("focusout", unlight);

  // Many things in a row are one stop for the Tab key; arrows, Home and End go from one to the next.
  function rove(happened) {
    const here = happened.target;
    const row = here.matches(ROVING) && here.closest(".mb-tokens, .mb-panel");
    if (!row) return false;
    const all = [...row.querySelectorAll(ROVING)];
    const forward = getComputedStyle(row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const at = all.indexOf(here);
    const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: all.length - 1 }[happened.key];
    if (to === undefined) return false;
    const next = all[to];
    if (next) {
      here.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
    return true;
  }

  el.addEventListener("keydown", (happened) => {
    if (happened.altKey || happened.ctrlKey || happened.metaKey) return;
    if (happened.key === "Enter" && "enter" in happened.target.dataset) {
      el.querySelector(`[data-takes="${happened.target.dataset.name}"]`).click();
      return;
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(happened.target.tagName)) return;
    if (happened.key === " " && happened.target.tagName === "BUTTON") return;
    if (rove(happened)) {
      happened.preventDefault();
      return;
    }
    const target = happened.target;
    if ((happened.key === "Enter" || happened.key === " ") && target.dataset.event && target.tagName !== "BUTTON") {
      happened.preventDefault();
      send(target.dataset.event, target.dataset.value ?? "");
    } else if (model.get("hotkeys").includes(happened.key)) {
      happened.preventDefault();
      send("key", happened.key);
    }
  });

  // Escape gives JupyterLab's keys back, from anywhere in the widget. Text fields are ipywidgets' own and keep their
  // keys to themselves: hence on the document, and on the way down.
  function leave(happened) {
    if (happened.key === "Escape" && el.closest(".mb-lab")?.contains(happened.target)) el.closest(".jp-Cell")?.focus();
  }
  document.addEventListener("keydown", leave, { capture: true });

  model.on("change:frame", schedule);
  model.on("change:step", schedule);
  // How many letters of a token fit side by side: 50 of them stand somewhere unseen, to be measured.
  const probe = document.createElement("span");
  probe.className = "mb-probe";
  probe.setAttribute("aria-hidden", "true");
  probe.textContent = "0".repeat(50);
  function measure() {
    const letter = probe.offsetWidth / 50;
    const wide = el.querySelector(".mb-window")?.clientWidth ?? el.clientWidth - 24; // less the padding of a panel
    const columns = letter ? Math.floor(wide / letter) : 0;
    if (columns <= 0 || (columns === model.get("columns") && innerHeight === model.get("screen"))) return;
    model.set("columns", columns);
    model.set("screen", innerHeight);
    model.save_changes();
  }
  const resized = new ResizeObserver(() => {
    reveal(); // when first laid out, and when the page changes its width
    measure();
  });
  resized.observe(el);
  resized.observe(probe);
  el.append(probe);
  paint();
  return () => {
    probe.remove();
    resized.disconnect();
    document.removeEventListener("keydown", leave, { capture: true });
    model.off("change:frame", schedule);
    model.off("change:step", schedule);
  };
}

export default { render };

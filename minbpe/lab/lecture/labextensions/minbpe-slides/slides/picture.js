// A small picture of a slide at a step: copies of its cells that do nothing.

import { element } from "./element.js";

export const WIDTH = 1280; // of a slide, in CSS pixels
const FITS = [1.5, 1.25, 1, 0.8, 0.65];

export function pictureOf(slide, step) {
  const cells = [];
  slide.steps.slice(0, step + 1).forEach((items) => items.forEach(({ cell, part }) => {
    if (part !== "output") cells.push(copy(cell));
    if (part === "input") cells.at(-1).querySelector(".jp-OutputArea")?.remove();
    if (part === "output") cells.splice(-1, 1, copy(cell));
  }));
  const inside = element("div", {}, ...cells);
  if (!slide.heading) inside.prepend(element("div", { class: "ms-heading" }, slide.title));
  const page = element("div", { class: "ms-page jp-Notebook" }, inside);
  const picture = element("div", { class: "ms-picture", "aria-hidden": "true", inert: true }, page);
  new ResizeObserver(([{ contentRect }]) => {
    page.style.scale = contentRect.width / WIDTH;
    for (const size of FITS) {
      inside.style.zoom = size;
      if (page.scrollHeight <= page.clientHeight) break;
    }
  }).observe(picture);
  return picture;
}

function copy(cell) {
  const node = cell.node.cloneNode(true);
  node.className = "jp-Cell ms-copy";
  for (const each of node.querySelectorAll("[id]")) each.removeAttribute("id");
  // JupyterLab's own elements, as buttons of toolbars, cannot move to another window.
  for (const each of node.querySelectorAll("*")) if (each.localName.includes("-")) each.remove();
  for (const each of node.querySelectorAll(".ms-reading, .jp-Cell-header, .jp-CellFooter, style")) each.remove();
  // An editor that was never on the screen has not drawn its lines.
  const code = element("pre", { class: "ms-code" }, cell.model.sharedModel.getSource());
  const input = node.querySelector(".jp-Cell-inputWrapper");
  if (cell.model.type === "code") {
    if (cell.inputHidden || node.querySelector(".mb-lab")) input?.remove();
    else input?.replaceChildren(code);
  }
  return node;
}

// What of a Markdown cell is not on the slide, for the speaker to read.
export function readingOf({ cell, shown }) {
  const blocks = [...(cell.node.querySelector(".jp-RenderedMarkdown")?.children ?? [])];
  const kept = blocks.filter((block, place) => !shown.includes(place));
  return kept.map((block) => {
    const node = block.cloneNode(true);
    node.classList.remove("ms-reading");
    node.removeAttribute("id");
    for (const each of node.querySelectorAll(".jp-InternalAnchorLink")) each.remove();
    return node;
  });
}

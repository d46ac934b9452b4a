// A pointer that all can see, and a pen: both lie over the slide, and over its widgets, while they are on.

const SVG = "http://www.w3.org/2000/svg";

export class Pen {
  constructor() {
    this.node = document.createElementNS(SVG, "svg");
    this.node.setAttribute("class", "ms-pen");
    this.node.setAttribute("aria-hidden", "true");
    this.dot = document.createElementNS(SVG, "circle");
    this.dot.setAttribute("r", "1.6vh");
    this.dot.setAttribute("visibility", "hidden");
    this.node.append(this.dot);
    this.node.addEventListener("pointerdown", (event) => this.begin(event));
    // On window: the pointer only shows, and what lies below it still takes the clicks.
    addEventListener("pointermove", (event) => this.move(event));
    addEventListener("pointerup", () => (this.line = null));
  }

  draw() {
    document.body.classList.remove("ms-pointing");
    document.body.classList.toggle("ms-drawing");
    this.dot.setAttribute("visibility", "hidden");
  }

  point() {
    document.body.classList.remove("ms-drawing");
    document.body.classList.toggle("ms-pointing");
    this.dot.setAttribute("visibility", "hidden"); // until the mouse moves
  }

  off() {
    document.body.classList.remove("ms-drawing", "ms-pointing");
    this.dot.setAttribute("visibility", "hidden");
  }

  clear() {
    for (const line of this.node.querySelectorAll("polyline")) line.remove();
  }

  begin({ clientX, clientY, pointerId }) {
    this.line = document.createElementNS(SVG, "polyline");
    this.line.setAttribute("points", `${clientX},${clientY}`);
    this.node.append(this.line);
    this.node.setPointerCapture(pointerId);
  }

  move({ clientX, clientY }) {
    if (this.line) this.line.setAttribute("points", `${this.line.getAttribute("points")} ${clientX},${clientY}`);
    if (!document.body.classList.contains("ms-pointing")) return;
    this.dot.setAttribute("cx", clientX);
    this.dot.setAttribute("cy", clientY);
    this.dot.setAttribute("visibility", "visible");
  }
}

// Which cell stands on which slide, read from the metadata that Jupyter's own tools write.
//
//   slideshow.slide_type   "slide" begins one, "fragment" begins a step on it, "-" goes along with the cell before;
//                          what is "skip" is not shown; "notes" are the speaker's
//   slideshow.shown        of a Markdown cell, the blocks that stand on the slide: [0, 1]; all where it is missing.
//                          The others are the speaker's, too
//   slideshow.notes        what to ask, to expect and to show, in Markdown
//   slideshow.minutes      how long it takes from this slide to the next that says so
//   slideshow.lecture      a lecture begins at this slide, and its clock
//   tags: "ask"            the output of this cell is a step of its own, for the room is asked first
//
// A slide is {cells, steps, title, heading, notes, reading, minutes, lecture, id}; a step lists {cell, part}, where part
// is "all", "input" or "output". minbpe/lab/lecture/slides.py reads the same for paper, and for the tests.

export const slideshow = (cell) => cell.model.getMetadata("slideshow") ?? {};
const source = (cell) => cell.model.sharedModel.getSource();
const HEADING = /^#{1,6} +(.+)$/m;

export function readDeck(cells) {
  const slides = [];
  let section = "";
  for (const cell of cells) {
    const { slide_type: type = "-", notes, minutes, lecture, shown } = slideshow(cell);
    const heading = cell.model.type === "markdown" && source(cell).match(HEADING);
    let slide = slides.at(-1);
    if (type === "skip") continue;
    if (type === "notes") {
      slide?.reading.push({ cell, shown: [] });
      if (notes) slide?.notes.push(notes);
      continue;
    }
    if (heading) section = plain(heading[1]);
    if (!slide || type === "slide" || type === "subslide") {
      slide = { id: cell.model.id, cells: [], steps: [[]], title: section, heading: !!heading, notes: [], reading: [] };
      slides.push(slide);
    } else if (type === "fragment") {
      slide.steps.push([]);
    }
    slide.cells.push(cell);
    if ((cell.model.getMetadata("tags") ?? []).includes("ask")) {
      slide.steps.at(-1).push({ cell, part: "input" });
      slide.steps.push([{ cell, part: "output" }]);
    } else {
      slide.steps.at(-1).push({ cell, part: "all" });
    }
    if (notes) slide.notes.push(notes);
    if (minutes) slide.minutes = (slide.minutes ?? 0) + minutes;
    if (lecture) slide.lecture = lecture;
    if (shown) slide.reading.push({ cell, shown });
  }
  return slides;
}

const plain = (markdown) => markdown.replace(/[`*]/g, "");

// The plan at a slide, in minutes from the beginning of its lecture: its section goes from `from` to `to` of `whole`.
export function plan(slides, at) {
  let first = at;
  while (first > 0 && !slides[first].lecture) first--;
  let end = at + 1;
  while (end < slides.length && !slides[end].lecture) end++;
  const upTo = (place) => slides.slice(first, place).reduce((sum, { minutes = 0 }) => sum + minutes, 0);
  let section = at;
  while (section > first && !slides[section].minutes) section--;
  return { from: upTo(section), to: upTo(section + 1), whole: upTo(end), lecture: slides[first].lecture ?? 1 };
}

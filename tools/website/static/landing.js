// The landing page's widget: byte-pair encoding, on the merges that the build learned. No kernel, no request.
"use strict";
{
  const {text, merges} = JSON.parse(document.getElementById("try-example").textContent);
  const slider = document.getElementById("try-merges");
  const own = document.getElementById("try-own");
  const bytes = Array.from({length: 256}, (_, byte) => Uint8Array.of(byte));
  const vocab = [...bytes];
  for (const [left, right] of merges) vocab.push(Uint8Array.of(...vocab[left], ...vocab[right]));

  const merge = (ids, [left, right], idx) => {
    const merged = [];
    for (let i = 0; i < ids.length; i++) {
      const found = ids[i] === left && ids[i + 1] === right;
      merged.push(found ? idx : ids[i]);
      if (found) i++;
    }
    return merged;
  };

  const encode = (written, steps) => {
    let ids = [...new TextEncoder().encode(written)];
    merges.slice(0, steps).forEach((pair, i) => { ids = merge(ids, pair, 256 + i); });
    return ids;
  };

  const shown = id => {  // a piece of a character has no letters of its own
    const read = new TextDecoder().decode(vocab[id]);
    return read.includes("\ufffd") ? [...vocab[id]].map(byte => `⟨${byte.toString(16).toUpperCase()}⟩`).join("") : read;
  };

  const draw = (place, ids) => {
    place.replaceChildren(...ids.map((id, i) => {
      const token = document.createElement("span");
      token.className = `token tone-${i % 4}`;
      token.title = `id ${id}`;
      token.textContent = shown(id).replaceAll(" ", "·\u200b").replaceAll("\n", "⏎\n");
      return token;
    }));
  };

  const quoted = id => `“${shown(id).replaceAll(" ", "·").replaceAll("\n", "⏎")}”`;

  const update = () => {
    const steps = Number(slider.value);
    const ids = encode(text, steps);
    draw(document.getElementById("try-story"), ids);
    draw(document.getElementById("try-tokens"), encode(own.value, steps));
    document.getElementById("try-count").textContent = `${steps}: ${ids.length} tokens`;
    const pair = merges[steps];
    document.getElementById("try-next").textContent = pair
      ? `Next: ${quoted(pair[0])} and ${quoted(pair[1])} become token ${256 + steps}.`
      : "These are all the merges that this page has. In notebook 03 you make your own.";
  };

  slider.max = merges.length;
  slider.addEventListener("input", update);
  own.addEventListener("input", update);
  update();
  document.querySelector(".try").hidden = false;
}

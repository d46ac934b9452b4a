// Printed tokens are not broken inside at the end of a line: of all things, not here.

// What is printed in quotation marks, 'so' or b"so", and what stands between bars, as|in| this.
const TOKEN = /(?:\b[bru])?'(?:[^'\\\n]|\\.){1,60}',?|(?:\b[bru])?"(?:[^"\\\n]|\\.){1,60}",?|[^|\n]{1,60}\|/g;

export function keepTokensWhole(pre) {
  if (pre.dataset.whole === String(pre.textContent.length)) return;
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(".ms-whole, a")) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = [];
    let at = 0;
    for (const { 0: token, index } of text.data.matchAll(TOKEN)) {
      const whole = document.createElement("span");
      whole.className = "ms-whole";
      whole.textContent = token;
      parts.push(text.data.slice(at, index), whole, document.createElement("wbr"));
      at = index + token.length;
    }
    if (parts.length) text.replaceWith(...parts, text.data.slice(at));
  }
  pre.dataset.whole = pre.textContent.length;
}

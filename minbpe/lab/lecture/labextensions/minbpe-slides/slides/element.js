// An element with attributes and what is in it: element("p", {class: "x", hidden: true}, "text", otherElement).
export function element(name, attributes = {}, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...inside);
  return node;
}

// Elements out of names, attributes and children. Text becomes text nodes: nothing is ever parsed as HTML.
const ADDRESSES = new Set(["href", "src", "xlink:href", "action", "formaction"]);

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") {
      for (const [property, said] of Object.entries(value)) node.style.setProperty(property, said);
    } else if (typeof value === "function") {
      node.addEventListener(name.replace(/^on/, ""), value);
    } else if (name.startsWith("on")) {
      throw new Error(`${name}: a function is expected`);
    } else if (!ADDRESSES.has(name) || /^(https?:\/\/|#)/i.test(value)) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  const shown = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  node.append(...shown.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

page.el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
page.svg = (tag, attributes, ...children) =>
  build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
// Text of a dump, kept from turning the direction of what stands around it.
page.text = (text) => page.el("bdi", {}, text);
page.link = (address, text) =>
  /^https?:\/\//i.test(address || "")
    ? page.el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, page.text(text))
    : page.text(text);

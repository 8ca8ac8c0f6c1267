// A passage with the words marked whose use changed most.
page.marked = (text, words) => {
  const kinds = new Map();
  for (const [kind, held] of Object.entries(words)) held.forEach((word) => kinds.set(word, kind));
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(/\p{L}[\p{L}\p{M}’'-]+/gu)) {
    const kind = kinds.get(found[0].toLowerCase().replaceAll("’", "'"));
    if (!kind) continue;
    parts.push(text.slice(last, found.index), page.el("mark", { class: kind }, found[0]));
    last = found.index + found[0].length;
  }
  return page.el("bdi", {}, parts, text.slice(last));
};

// The passages that typify before and after, beside each other, with the words whose use changed most.
const LONG = 420;
page.evidence = (evidence, shift) => {
  if (!evidence) return page.el("p", { class: "note" }, "No evidence was kept for this shift.");
  const words = (side) => ((evidence[side] || {}).words || []).map((word) => word.word);
  const marks = { before: words("before"), after: words("after") };
  return page.el("div", { class: "evidence" },
    side("before", "Before", evidence.before, shift.before, marks), side("after", "After", evidence.after, shift.after, marks));
};

function side(kind, title, held, stretch, marks) {
  const negated = held.label.startsWith("not ");
  const label = held.label.replace(/^not /, "").split(".").map(page.label).join(": ");
  return page.el("section", { class: `side ${kind}`, "aria-label": `${title} the shift` },
    page.el("h3", {}, title, page.el("span", { class: "note" }, ` ${stretch.start} – ${stretch.end}, passages ${negated ? "without" : "with"} `, page.text(label))),
    changed(kind, held.words),
    held.passages.length
      ? page.el("ul", { class: "passages" }, held.passages.map((passage) => shown(passage, marks, negated)))
      : page.el("p", { class: "note" }, "No passage to show."));
}

function changed(kind, words) {
  if (!words || !words.length) return null;
  return page.el("p", { class: "words" }, `Words used more ${kind}: `,
    words.map((word, index) => [index ? ", " : "", page.el("span", { title: `in ${page.number(word.before)} articles before, ${page.number(word.after)} after; z ${word.z.toFixed(1)}` },
      page.el("mark", { class: kind }, page.text(word.word)), page.el("span", { class: "note" }, ` ${page.number(word.before)}→${page.number(word.after)}`))]));
}

function shown(passage, marks, negated) {
  const text = page.el("div", { class: "text" }, passage.text === null || passage.text === undefined
    ? page.el("em", { class: "note" }, "The scores hold no text. Score with --keep-text to read passages here.")
    : page.marked(passage.text, marks));
  const long = passage.text && passage.text.length > LONG;
  if (long) text.classList.add("cut");
  const more = long && page.el("button", { type: "button", "aria-expanded": "false", click: (event) => {
    const open = text.classList.toggle("cut");
    event.target.textContent = open ? "Read all" : "Read less";
    event.target.setAttribute("aria-expanded", String(!open));
  } }, "Read all");
  return page.el("li", { class: "passage" }, text, more,
    page.el("p", { class: "origin note" }, page.day(passage.day), " · ", page.link(passage.link, passage.id),
      ` · passage ${passage.passage + 1}, characters ${page.number(passage.start)}–${page.number(passage.end)} · ${negated ? "without it" : "has it"} with probability ${passage.probability === null ? "–" : passage.probability.toFixed(2)}`));
}

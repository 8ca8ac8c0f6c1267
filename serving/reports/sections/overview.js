const { shared } = page;
const PORTION = 60;
const span = [page.daysOf(shared.first), page.daysOf(shared.last) + 1];
const size = { width: 48, height: 24 };
const x = page.scale(span, [3, size.width - 3]);
const y = page.scale([0, 1], [size.height - 4, 4]);
const holder = section.querySelector(".matrix-holder");
const more = section.querySelector(".more");
const form = section.querySelector("form");
let limit = PORTION;

const percent = (interval) => page.percent(interval.value, 0);
const describe = (shift) =>
  `${shift.change.value > 0 ? "rises" : "falls"} from ${percent(shift.share_before)} to ${percent(shift.share_after)} on ${shift.date} (${shift.earliest} to ${shift.latest})${shift.kind === "narrative" ? "" : `, ${shift.kind}`}`;

const picture = (shifts) => {
  const ordered = [...shifts].sort((a, b) => (a.date < b.date ? -1 : 1));
  const steps = ordered.map((shift, index) => {
    const day = x(page.daysOf(shift.date));
    const next = ordered[index + 1];
    const start = index ? "" : `M${x(page.daysOf(shift.before.start))} ${y(shift.share_before.value)}`;
    return `${start}H${day}V${y(shift.share_after.value)}${next ? "" : `H${x(page.daysOf(shift.after.end))}`}`;
  });
  const marks = ordered.map((shift) => {
    const rise = shift.change.value > 0;
    const scale = 0.5 + 0.6 * Math.min(1, Math.abs(shift.change.value) / 0.5);
    const middle = y((shift.share_before.value + shift.share_after.value) / 2);
    return page.svg("path", {
      class: `${rise ? "rise" : "fall"}${shift.kind === "narrative" ? "" : " hollow"}`,
      d: rise ? "M-7 5L0 -7L7 5Z" : "M-7 -5L0 7L7 -5Z",
      transform: `translate(${x(page.daysOf(shift.date)).toFixed(1)} ${Math.min(Math.max(middle, 7), size.height - 7).toFixed(1)}) scale(${scale.toFixed(2)})`,
    });
  });
  return page.svg("svg", { width: size.width, height: size.height, "aria-hidden": "true" },
    page.svg("path", { class: "step", d: steps.join("") }), marks);
};

const SAID = { n: ["·", "none", "no shift"], i: ["?", "lacking", "insufficient data"], s: ["·", "none", "no shift listed"], " ": ["", "absent", "not looked at"] };
const cell = (source, column, shifts) => {
  const [task, label] = shared.columns[column];
  const name = `${shared.sources[source]}, ${task} ${page.label(label)}`;
  const best = shifts[0];
  if (best) {
    return page.el("td", {}, page.el("a", {
      class: "turned", href: page.addressOfShift(best), title: shifts.map(describe).join("\n"),
      "aria-label": `${name}: ${shifts.map(describe).join("; ")}`, "data-at": `${source}:${column}`,
    }, picture(shifts)));
  }
  const [sign, kind, said] = SAID[shared.verdicts[source][column]] || SAID[" "];
  return page.el("td", {}, kind !== "absent" && page.el("a", {
    class: kind, href: page.addressOfSeries(source, column), tabindex: -1, title: said,
    "aria-label": `${name}: ${said}`, "data-at": `${source}:${column}`,
  }, sign));
};

const head = (columns) => {
  const groups = [];
  columns.forEach((column) => {
    const [task] = shared.columns[column];
    if (groups.at(-1)?.task === task) groups.at(-1).span += 1;
    else groups.push({ task, span: 1 });
  });
  return page.el("thead", {},
    page.el("tr", {}, page.el("td", { class: "corner" }),
      groups.map((group) => page.el("th", { scope: "colgroup", colspan: group.span, class: "task" }, page.text(page.label(group.task))))),
    page.el("tr", {}, page.el("th", { scope: "col", class: "corner" }, "source"),
      columns.map((column) => page.el("th", { scope: "col", class: "label" }, page.el("div", {}, page.text(page.label(shared.columns[column][1])))))));
};

const draw = () => {
  const kept = page.kept();
  const bySource = new Map();
  kept.forEach((shift) => {
    if (!bySource.has(shift.source)) bySource.set(shift.source, []);
    bySource.get(shift.source).push(shift);
  });
  const weight = (source) => (bySource.get(source) || []).reduce((sum, shift) => sum + Math.abs(shift.change.value), 0);
  const columns = shared.columns.map((_, column) => column).filter(page.keepsColumn);
  const sources = shared.sources.map((_, source) => source).filter(page.keepsSource)
    .map((source) => [source, weight(source)]).sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([source]) => source);
  const rows = sources.slice(0, limit).map((source) => {
    const own = bySource.get(source) || [];
    return page.el("tr", {}, page.el("th", { scope: "row", title: shared.sources[source] }, page.el("div", {}, page.text(shared.sources[source]))),
      columns.map((column) => cell(source, column, own.filter((shift) => shift.column === column))));
  });
  holder.replaceChildren(page.el("table", { class: "matrix" },
    page.el("caption", { class: "hidden-text" }, "Shifts by source and label"), head(columns), page.el("tbody", {}, rows)));
  more.hidden = sources.length <= limit;
  more.textContent = `Show ${Math.min(PORTION, sources.length - limit)} more of ${sources.length} sources`;
  const turned = sources.filter((source) => bySource.has(source)).length;
  section.querySelector(".status").textContent =
    `${kept.length} of ${shared.shifts.length} shifts, in ${turned} of ${sources.length} sources. Time runs from ${shared.first} to ${shared.last} in every cell; those with the largest changes stand first.`;
  choose(page.chosen);
};

const choose = (chosen) => {
  holder.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
  if (chosen.missing) return;
  holder.querySelector(`[data-at="${chosen.source}:${chosen.column}"]`)?.classList.add("chosen");
};

// Arrow keys go from cell to cell.
const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
holder.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const here = event.target.closest("td");
  if (!step || !here) return;
  event.preventDefault();
  let [row, column] = [here.parentElement, here.cellIndex];
  for (;;) {
    if (step[0]) row = step[0] > 0 ? row.nextElementSibling : row.previousElementSibling;
    else column += step[1];
    const found = row?.cells[column];
    if (!found) return;
    const link = found.querySelector("a");
    if (link) return link.focus();
  }
});

let waiting = 0;
const read = () => {
  limit = PORTION;
  page.filter(Object.fromEntries(new FormData(form)));
};
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(read, 60); });
form.addEventListener("reset", () => setTimeout(read));
more.addEventListener("click", () => { limit += PORTION; draw(); });
page.onFilter(draw);
page.onChosen(choose);
draw();

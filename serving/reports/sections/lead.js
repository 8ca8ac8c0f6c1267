const { shared } = page;
const MOST = 40;
const BEST = "*";
const keyOf = (task, label) => `${task}\u0000${label}`;
const nameOf = (key) => (key === BEST ? "all labels (the surest of each pair)" : key.split("\u0000").map((part) => page.label(part)).join(": "));
const passed = (pair) => pair.q_value <= data.limit;
const chooser = section.querySelector("select");
const holder = section.querySelector(".matrix-holder");
const unit = (number) => `${Math.abs(number)} ${data.every}${Math.abs(number) === 1 ? "" : "s"}`;

const minus = (number) => String(number).replace("-", "−");
const describe = (pair) => {
  const lag = pair.lag ? `ahead by ${unit(pair.lag)}` : `in the same ${data.every}`;
  const bounds = pair.lag_low === null ? "" : ` [${minus(pair.lag_low)} – ${minus(pair.lag_high)}]`;
  return `${pair.ahead} and ${pair.behind}, ${page.label(pair.task)}: ${page.label(pair.label)}. ${pair.lag ? `${pair.ahead} ` : ""}${lag}${bounds}; association ${pair.association.toFixed(2)}, p ${page.p(pair.p_value)}, q ${page.p(pair.q_value)}${passed(pair) ? "" : " (did not pass)"}`;
};

// The pairs of a label; of all labels, each pair's surest.
const pairsOf = (key) => {
  if (key !== BEST) return data.pairs.filter((pair) => keyOf(pair.task, pair.label) === key);
  const best = new Map();
  data.pairs.forEach((pair) => {
    const both = [pair.ahead, pair.behind].sort().join("\u0000");
    if (!best.has(both)) best.set(both, pair);
  });
  return [...best.values()];
};

const drawMatrix = (key) => {
  const pairs = pairsOf(key);
  const weight = new Map();
  pairs.forEach((pair) => [pair.ahead, pair.behind].forEach((source) => weight.set(source, (weight.get(source) || 0) + Math.log(1 / Math.max(pair.p_value, 1e-9)))));
  const sources = [...weight.keys()].sort((a, b) => weight.get(b) - weight.get(a) || (a < b ? -1 : 1)).slice(0, MOST);
  const at = new Map(pairs.flatMap((pair) => [[`${pair.ahead}\u0000${pair.behind}`, [pair, pair.lag]], [`${pair.behind}\u0000${pair.ahead}`, [pair, -pair.lag]]]));
  const cell = (row, column) => {
    const [pair, lag] = at.get(`${row}\u0000${column}`) || [];
    if (!pair) return page.el("td", { class: row === column ? "same" : "" });
    const kind = `${pair.association > 0 ? "alike" : "against"} ${passed(pair) ? "strong" : "faint"}`;
    const said = `${lag < 0 ? "−" : ""}${Math.abs(lag)}${pair.first === row ? "▸" : ""}`;
    return page.el("td", { class: kind }, page.el("button", {
      type: "button", "aria-label": describe(pair), click: () => listed.update([pair]),
      pointermove: (event) => page.tooltip.show(event, describe(pair)), pointerleave: page.tooltip.hide,
    }, said));
  };
  holder.replaceChildren(pairs.length
    ? page.el("table", { class: "matrix" },
      page.el("caption", { class: "hidden-text" }, `Who is ahead of whom: ${nameOf(key)}`),
      page.el("thead", {}, page.el("tr", {}, page.el("td", {}), sources.map((source) => page.el("th", { scope: "col", title: source }, page.el("div", {}, page.text(source)))))),
      page.el("tbody", {}, sources.map((row) => page.el("tr", {},
        page.el("th", { scope: "row", title: row }, page.el("div", {}, page.text(row))), sources.map((column) => cell(row, column))))))
    : page.el("p", { class: "note" }, "No pair of sources has data enough for this label."));
  section.querySelector(".shown").textContent =
    `${pairs.filter(passed).length} of ${pairs.length} pairs passed the test. ${weight.size > MOST ? `The ${MOST} sources with the most evidence of ${weight.size} are shown.` : ""}`;
  listed.update(pairs);
};

const drawTurns = (key) => {
  const shifts = shared.shifts.filter((shift) => key === BEST || keyOf(...shared.columns[shift.column]) === key);
  const turns = section.querySelector(".turns");
  const rows = [...new Set(shifts.map((shift) => shift.source))]
    .map((source) => ({ source, own: shifts.filter((shift) => shift.source === source) }))
    .sort((a, b) => (a.own.map((one) => one.date).sort()[0] < b.own.map((one) => one.date).sort()[0] ? -1 : 1)).slice(0, MOST);
  if (!rows.length) return turns.replaceChildren(page.el("p", { class: "note" }, "No shift of this label is listed in any source."));
  const days = shifts.flatMap((shift) => [page.daysOf(shift.earliest), page.daysOf(shift.latest)]);
  const room = [Math.min(...days), Math.max(...days)];
  const view = [room[0] - 21, room[1] + 21];
  const width = Math.max(280, turns.clientWidth || 700);
  const left = Math.min(180, width * 0.32);
  const height = 26 * rows.length + 30;
  const x = page.scale(view, [left, width - 12]);
  turns.replaceChildren(page.svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Dated turns: ${nameOf(key)}` },
    page.dayTicks(view, Math.max(2, Math.floor((width - left) / 80))).map(({ day, text }) => [
      page.svg("line", { class: "grid", x1: x(day), x2: x(day), y1: 0, y2: height - 22 }),
      page.svg("text", { x: Math.min(x(day), width - 30), y: height - 8, "text-anchor": "middle" }, text)]),
    rows.map(({ source, own }, row) => {
      const y = 26 * row + 14;
      const name = shared.sources[source];
      return page.svg("g", {},
        page.svg("line", { class: "row", x1: left, x2: width - 12, y1: y, y2: y }),
        page.svg("text", { class: "name", x: left - 8, y: y + 4, "text-anchor": "end" }, name.length > 24 ? `${name.slice(0, 23)}…` : name),
        own.map((shift) => {
          const rise = shift.change.value > 0;
          const said = `${name}, ${page.label(shared.columns[shift.column][1])} ${rise ? "more" : "less"} from ${shift.date} [${shift.earliest} – ${shift.latest}]`;
          return page.svg("a", { href: page.addressOfShift(shift), "aria-label": said,
            pointermove: (event) => page.tooltip.show(event, said), pointerleave: page.tooltip.hide },
          page.svg("line", { class: rise ? "when up" : "when down", x1: x(page.daysOf(shift.earliest)), x2: x(page.daysOf(shift.latest)), y1: y, y2: y }),
          page.svg("path", { class: `${rise ? "rise" : "fall"}${shift.kind === "narrative" ? "" : " hollow"}`, d: rise ? "M-7 5L0 -7L7 5Z" : "M-7 -5L0 7L7 -5Z", transform: `translate(${x(page.daysOf(shift.date))} ${y}) scale(.8)` }));
        }));
    })));
};

const drawOrders = (key) => {
  const found = new Map(shared.shifts.map((shift) => [shift.id, shift]));
  const orders = data.orders.filter((order) => key === BEST || keyOf(order.task, order.label) === key);
  section.querySelector(".orders").replaceChildren(page.el("ul", {}, orders.map((order) => {
    const own = order.shifts.map((id) => found.get(id)).filter(Boolean);
    const claim = order.first.length === 1
      ? [page.el("strong", {}, page.text(order.first[0])), " first"]
      : [`no order: ${order.first.length} sources could have been first`];
    return page.el("li", {}, `${page.label(order.label)}, ${order.direction} of it: `, claim, " (",
      own.map((shift, index) => [index ? ", " : "", page.text(shared.sources[shift.source]), ` ${shift.date} [${shift.earliest} – ${shift.latest}]`]), ")");
  })));
};

const figure = (title, value, cell) => ({ title, value, cell, number: true });
const listed = page.table({
  caption: "Pairs of sources, the surest first", rows: [], sort: [6, 1],
  columns: [
    { title: "label", value: (one) => `${one.task} ${one.label}`, cell: (one) => page.text(`${page.label(one.task)}: ${page.label(one.label)}`) },
    { title: "ahead", value: (one) => one.ahead, cell: (one) => [page.text(one.ahead), one.first && page.el("span", { title: "surely ahead" }, " ▸")] },
    { title: "behind", value: (one) => one.behind, cell: (one) => page.text(one.behind) },
    figure(`by ${data.every}s`, (one) => one.lag, (one) => [one.lag, one.lag_low !== null && page.el("span", { class: "note" }, ` [${minus(one.lag_low)} – ${minus(one.lag_high)}]`)]),
    figure("association", (one) => one.association, (one) => minus(one.association.toFixed(2))),
    figure("p", (one) => one.p_value, (one) => page.p(one.p_value)),
    figure("q", (one) => one.q_value, (one) => page.p(one.q_value)),
    figure(`${data.every}s in common`, (one) => one.periods, (one) => page.number(one.periods)),
  ],
});
section.querySelector(".listed").append(listed.node);

const keys = new Map();
data.pairs.forEach((pair) => keys.set(keyOf(pair.task, pair.label), (keys.get(keyOf(pair.task, pair.label)) || 0) + (passed(pair) ? 1 : 0)));
shared.shifts.forEach((shift) => { const key = keyOf(...shared.columns[shift.column]); if (!keys.has(key)) keys.set(key, 0); });
const ordered = [...keys].sort((a, b) => b[1] - a[1]);
chooser.append(page.el("option", { value: BEST }, nameOf(BEST)), ...ordered.map(([key, count]) =>
  page.el("option", { value: key }, `${nameOf(key)}${count ? ` (${count} moved together)` : ""}`)));
const draw = () => {
  drawMatrix(chooser.value);
  drawTurns(chooser.value);
  drawOrders(chooser.value);
};
if (ordered.length && ordered[0][1]) chooser.value = ordered[0][0];
chooser.addEventListener("change", draw);
let drawn = 0;
new ResizeObserver(() => {
  const width = section.clientWidth;
  if (Math.abs(width - drawn) > 8) { drawn = width; drawTurns(chooser.value); }
}).observe(section);
draw();

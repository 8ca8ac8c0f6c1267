// A series as a chart that can be zoomed: share with its interval, raw share, articles, shifts.
// series: { days, share, low, high, raw, articles }, shares 0..1 or null; shifts: of page.shared; every: days a period
page.timeline = ({ series, shifts, chosen, every, name }) => {
  const { days } = series;
  const whole = [days[0] - every / 2, days.at(-1) + every * 1.5];
  let [view, raw] = [whole, true];
  const holder = page.el("div", { class: "chart", tabindex: 0, role: "group", "aria-label": `Chart of ${name}. Plus and minus zoom, left and right move, 0 shows all.` });
  const description = describe(series, shifts, name);
  const plot = () => {
    const size = { width: Math.max(300, holder.clientWidth || 640), height: 300, left: 54, right: 12, top: 14, bottom: 62 };
    const x = page.scale(view, [size.left, size.width - size.right]);
    const most = highest(series, shifts, view);
    const y = page.scale([0, most], [size.height - size.bottom, size.top]);
    const room = { x, y, gap: every * 1.6, size, most, view };
    const inside = page.svg("g", { "clip-path": "url(#plot-area)", "aria-hidden": "true" },
      shifts.map((shift) => spread(shift, room, shift === chosen)),
      page.svg("path", { class: "band", d: page.bandPath(days, series.low, series.high, room) }),
      raw && page.svg("path", { class: "raw", d: page.linePath(days, series.raw, room) }),
      page.svg("path", { class: "share", d: page.linePath(days, series.share, room) }),
      shifts.map((shift) => levels(shift, room, shift === chosen)),
    );
    const picture = page.svg("svg", { width: size.width, height: size.height, viewBox: `0 0 ${size.width} ${size.height}`, role: "group", "aria-label": description },
      page.svg("clipPath", { id: "plot-area" }, page.svg("rect", { x: size.left, y: size.top - 10, width: size.width - size.left - size.right, height: size.height - size.top - size.bottom + 11 })),
      axes(room), articles(series, room, every), inside, shifts.map((shift) => flag(shift, room, shift === chosen)));
    page.zooms(picture, room, { series, every, to: zoomTo });
    holder.replaceChildren(picture);
  };
  const zoomTo = (from, to) => {
    const least = every * 4;
    let width = Math.min(Math.max(to - from, least), whole[1] - whole[0]);
    let start = (from + to) / 2 - width / 2;
    start = Math.min(Math.max(start, whole[0]), whole[1] - width);
    view = [start, start + width];
    plot();
  };
  const by = (factor) => zoomTo((view[0] + view[1]) / 2 - ((view[1] - view[0]) * factor) / 2, (view[0] + view[1]) / 2 + ((view[1] - view[0]) * factor) / 2);
  const move = (part) => zoomTo(view[0] + (view[1] - view[0]) * part, view[1] + (view[1] - view[0]) * part);
  const all = () => zoomTo(...whole);
  const keys = { "+": () => by(0.5), "=": () => by(0.5), "-": () => by(2), ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), 0: all };
  holder.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  holder.addEventListener("dblclick", all);
  const button = (text, label, press) => page.el("button", { type: "button", "aria-label": label, title: label, click: press }, text);
  const controls = page.el("div", { class: "controls" },
    button("+", "Zoom in", () => by(0.5)), button("−", "Zoom out", () => by(2)),
    button("←", "Earlier", () => move(-0.5)), button("→", "Later", () => move(0.5)), button("All", "Show the whole time", all),
    page.el("label", {}, page.el("input", { type: "checkbox", checked: true, change: (event) => { raw = event.target.checked; plot(); } }), " uncorrected shares"));
  new ResizeObserver(() => plot()).observe(holder); // also when it is first laid out
  return page.el("div", { class: "timeline" }, controls, holder);
};

const SIGHT = 0.9;
function highest(series, shifts, [from, to]) {
  const inside = series.days.map((day, index) => (day >= from && day <= to ? index : -1)).filter((index) => index >= 0);
  const bounds = inside.map((index) => series.high[index]).filter((value) => value !== null).sort((a, b) => a - b);
  const shares = inside.flatMap((index) => [series.share[index], series.raw[index]]);
  const most = Math.max(0.02, bounds[Math.floor((bounds.length - 1) * SIGHT)] || 0, ...shares.map((value) => value || 0),
    ...shifts.flatMap((shift) => [shift.share_before.high, shift.share_after.high]));
  return Math.min(1, most * 1.06);
}

function describe(series, shifts, name) {
  const told = shifts.map((shift) =>
    `on ${shift.date} from ${page.percent(shift.share_before.value)} to ${page.percent(shift.share_after.value)}`);
  const span = `${page.isoOf(series.days[0])} to ${page.isoOf(series.days.at(-1))}`;
  return `Share of ${name}, ${span}. ${told.length ? `It turned ${told.join("; ")}.` : "No shift was found."} The table below holds the figures.`;
}

function axes({ x, y, size, most, view }) {
  const shares = page.shareTicks(most);
  const floor = size.height - size.bottom;
  return page.svg("g", { class: "axes", "aria-hidden": "true" },
    shares.ticks.map((share) => [
      page.svg("line", { x1: size.left, x2: size.width - size.right, y1: y(share), y2: y(share) }),
      page.svg("text", { x: size.left - 6, y: y(share) + 4, "text-anchor": "end" }, page.percent(share, shares.digits)),
    ]),
    page.dayTicks(view, Math.max(2, Math.floor((size.width - 66) / 78))).map(({ day, text }) => [
      page.svg("line", { class: "tick", x1: x(day), x2: x(day), y1: floor, y2: floor + 5 }),
      page.svg("text", { x: Math.min(x(day), size.width - size.right - 22), y: floor + 18, "text-anchor": "middle" }, text),
    ]));
}

function articles(series, { x, size, view }, every) {
  const most = Math.max(1, ...series.articles.filter((_, index) => series.days[index] >= view[0] - every && series.days[index] <= view[1]));
  const floor = size.height - 4;
  return page.svg("g", { class: "articles", "aria-hidden": "true" },
    series.days.map((day, index) => {
      const [start, end] = [Math.max(x(day - every / 2), size.left), Math.min(x(day + every / 2), size.width - size.right)];
      const height = (24 * (series.articles[index] || 0)) / most;
      return end > start && page.svg("rect", { x: start, y: floor - height, width: Math.max(0.5, end - start - 0.4), height });
    }),
    page.svg("text", { x: size.left - 6, y: floor, "text-anchor": "end" }, "articles"),
    page.svg("text", { x: size.left - 6, y: floor - 14, "text-anchor": "end" }, `≤ ${page.number(most)}`));
}

function spread(shift, { x, size }, chosen) {
  const [start, end] = [x(page.daysOf(shift.earliest)), x(page.daysOf(shift.latest))];
  return page.svg("rect", { class: chosen ? "spread chosen" : "spread", x: Math.min(start, end) - 1, width: Math.abs(end - start) + 2, y: size.top, height: size.height - size.top - size.bottom });
}

function levels(shift, { x, y }, chosen) {
  const day = x(page.daysOf(shift.date));
  const side = (stretch, interval, kind) => {
    const [start, end] = [x(page.daysOf(stretch.start)), x(page.daysOf(stretch.end))];
    return page.svg("g", { class: `level ${kind}` },
      page.svg("rect", { x: start, width: Math.max(0, end - start), y: y(interval.high), height: Math.max(0.5, y(interval.low) - y(interval.high)) }),
      page.svg("line", { x1: start, x2: end, y1: y(interval.value), y2: y(interval.value) }));
  };
  return [
    chosen && side(shift.before, shift.share_before, "before"),
    chosen && side(shift.after, shift.share_after, "after"),
    page.svg("line", { class: chosen ? "turn chosen" : "turn", x1: day, x2: day, y1: 0, y2: 400 }),
  ];
}

function flag(shift, { x, size, view }, chosen) {
  const day = page.daysOf(shift.date);
  if (day < view[0] || day > view[1]) return null;
  const rise = shift.change.value > 0;
  const mark = page.svg("path", { class: `${rise ? "rise" : "fall"}${shift.kind === "narrative" ? "" : " hollow"}`, d: rise ? "M-7 5L0 -7L7 5Z" : "M-7 -5L0 7L7 -5Z" });
  const link = page.svg("a", { href: page.addressOfShift(shift), class: chosen ? "flag chosen" : "flag", transform: `translate(${x(day)} ${size.top - 4})`, "aria-label": `Shift of ${shift.date}` },
    page.svg("circle", { r: 13 }), mark);
  return link;
}

const EVERY = { day: 1, week: 7, month: 30.44 }[page.shared.every] || 7;
const bits = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
const charts = section.querySelector(".charts");
const labels = section.querySelector(".labels");
let [pair, chosen] = [data[0], null];

const span = (task) => (task.days.length ? [task.days[0] - EVERY / 2, task.days.at(-1) + EVERY * 1.5] : [0, 1]);
const whole = (task) => task.whole[0] && `whole run ${bits(task.whole[0].divergence)} [${bits(task.whole[0].low)} – ${bits(task.whole[0].high)}]`;

// The labels of a task at a period (or of the whole run), those first that add most.
const told = (task, at) => {
  const rows = at === null
    ? task.whole_labels
    : task.labels.map((one) => ({ label: one.label, divergence: one.divergence[at], share_one: one.share_one[at], share_other: one.share_other[at] }));
  const total = rows.reduce((sum, row) => sum + row.divergence, 0);
  const most = Math.max(...rows.map((row) => row.divergence), 1e-9);
  const when = at === null ? "whole run" : page.isoOf(task.days[at]);
  const figure = at === null ? task.whole[0] : { divergence: task.divergence[at], low: task.low[at], high: task.high[at] };
  return page.el("div", {},
    page.el("h3", {}, page.text(page.label(task.task)), `, ${when}`),
    figure && page.el("p", {}, `${bits(figure.divergence)} bits [${bits(figure.low)} – ${bits(figure.high)}]`,
      at !== null && page.el("span", { class: "note" }, `; ${page.number(task.articles[0][at])} and ${page.number(task.articles[1][at])} articles`)),
    page.el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Labels of the chosen period" }, page.el("table", {},
      page.el("caption", {}, "What each label adds, and its share in either camp"),
      page.el("thead", {}, page.el("tr", {},
        page.el("th", { scope: "col" }, "label"), page.el("th", { scope: "col", class: "number" }, "adds"),
        page.el("th", { scope: "col", class: "number" }, page.text(pair.one)), page.el("th", { scope: "col", class: "number" }, page.text(pair.other)))),
      page.el("tbody", {}, [...rows].sort((a, b) => b.divergence - a.divergence).map((row) => page.el("tr", {},
        page.el("th", { scope: "row" }, page.text(page.label(row.label)),
          page.el("span", { class: "bar", "aria-hidden": "true", style: { width: `${(100 * row.divergence) / most}%` } })),
        page.el("td", { class: "number" }, total > 0.0005 ? page.percent(row.divergence / total, 0) : "–"),
        page.el("td", { class: "number" }, page.percent(row.share_one, 0)),
        page.el("td", { class: "number" }, page.percent(row.share_other, 0))))))));
};

const show = (task, at) => {
  chosen = { task, at };
  labels.replaceChildren(told(task, at));
  charts.querySelectorAll(".chart-of").forEach((holder) => holder.dispatchEvent(new CustomEvent("chosen")));
};

const chart = (task) => {
  const name = `${page.label(task.task)}: divergence of ${pair.one} and ${pair.other}`;
  const holder = page.el("div", {
    class: "chart-of", tabindex: 0, role: "group",
    "aria-label": `${name}. ${whole(task) || ""} Left and right choose a period. The table below holds the figures.`,
  });
  const draw = () => {
    const size = { width: Math.max(260, holder.clientWidth || 600), height: 150, left: 44, right: 10, top: 8, bottom: 24 };
    const view = span(task);
    const highs = task.high.filter((value) => value !== null).sort((a, b) => a - b);
    const most = Math.min(1, Math.max(0.02, highs[Math.floor((highs.length - 1) * 0.9)] || 0, ...task.divergence) * 1.08);
    const x = page.scale(view, [size.left, size.width - size.right]);
    const y = page.scale([0, most], [size.height - size.bottom, size.top]);
    const room = { x, y, gap: EVERY * 1.6 };
    const floor = size.height - size.bottom;
    const { ticks } = page.shareTicks(most);
    const here = chosen?.task === task ? chosen.at : null;
    const clip = `inside-${pair.tasks.indexOf(task)}`;
    const picture = page.svg("svg", { width: size.width, height: size.height, viewBox: `0 0 ${size.width} ${size.height}`, role: "img", "aria-label": name },
      page.svg("clipPath", { id: clip }, page.svg("rect", { x: size.left, y: size.top - 4, width: size.width - size.left - size.right, height: floor - size.top + 5 })),
      page.svg("g", { class: "axes" },
        ticks.map((tick) => [
          page.svg("line", { x1: size.left, x2: size.width - size.right, y1: y(tick), y2: y(tick) }),
          page.svg("text", { x: size.left - 6, y: y(tick) + 4, "text-anchor": "end" }, String(Number(tick.toFixed(3)))),
        ]),
        page.dayTicks(view, Math.max(2, Math.floor((size.width - 60) / 78))).map(({ day, text }) =>
          page.svg("text", { x: Math.min(x(day), size.width - size.right - 22), y: floor + 16, "text-anchor": "middle" }, text))),
      page.svg("g", { "clip-path": `url(#${clip})` },
        here !== null && page.svg("line", { class: "here", x1: x(task.days[here]), x2: x(task.days[here]), y1: size.top - 4, y2: floor }),
        page.svg("path", { class: "band", d: page.bandPath(task.days, task.low, task.high, room) }),
        page.svg("path", { class: "line", d: page.linePath(task.days, task.divergence, room) }),
        task.days.map((day, index) => page.svg("circle", { class: index === here ? "chosen" : "", cx: x(day), cy: y(task.divergence[index]), r: index === here ? 4.5 : 2 }))));
    const nearest = (event) => {
      const day = x.back(event.clientX - picture.getBoundingClientRect().left);
      return task.days.reduce((best, own, index) => (Math.abs(own - day) < Math.abs(task.days[best] - day) ? index : best), 0);
    };
    picture.addEventListener("pointermove", (event) => {
      const at = nearest(event);
      page.tooltip.show(event, `${page.isoOf(task.days[at])}\n${bits(task.divergence[at])} bits [${bits(task.low[at])} – ${bits(task.high[at])}]`);
    });
    picture.addEventListener("pointerleave", page.tooltip.hide);
    picture.addEventListener("click", (event) => show(task, nearest(event)));
    holder.replaceChildren(picture);
  };
  holder.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !task.days.length) return;
    event.preventDefault();
    const at = chosen?.task === task && chosen.at !== null ? chosen.at + step : step > 0 ? 0 : task.days.length - 1;
    show(task, Math.min(Math.max(at, 0), task.days.length - 1));
  });
  holder.addEventListener("chosen", draw);
  new ResizeObserver(() => holder.isConnected && draw()).observe(holder);
  return page.el("div", {},
    page.el("h3", {}, page.text(page.label(task.task)),
      whole(task) && page.el("button", { type: "button", class: "whole", click: () => show(task, null) }, whole(task))),
    task.days.length ? holder : page.el("p", { class: "note" }, "No period in which both camps have 10 articles."));
};

const listed = page.table({
  caption: "Divergence by task and period, in bits", rows: [], sort: [0, 1],
  columns: [
    { title: "period", value: (row) => row.day, cell: (row) => page.isoOf(row.day) },
    { title: "task", value: (row) => row.task, cell: (row) => page.text(page.label(row.task)) },
    ...["divergence", "low", "high"].map((name) => ({ title: name, value: (row) => row[name], cell: (row) => bits(row[name]), number: true })),
    { title: "articles", value: (row) => Math.min(...row.articles), cell: (row) => row.articles.map((one) => page.number(one)).join(" and "), number: true },
  ],
});
section.querySelector(".listed").append(listed.node);

const draw = () => {
  charts.replaceChildren(...pair.tasks.map(chart));
  listed.update(pair.tasks.flatMap((task) => task.days.map((day, at) => ({
    day, task: task.task, divergence: task.divergence[at], low: task.low[at], high: task.high[at],
    articles: task.articles.map((own) => own[at]),
  }))));
  const widest = pair.tasks.filter((task) => task.whole.length).sort((a, b) => b.whole[0].divergence - a.whole[0].divergence);
  const first = widest.find((task) => task.task !== "stance") || widest[0] || pair.tasks[0];
  if (first) show(first, null);
};
if (data.length > 1) {
  section.querySelector(".chooser").append(page.el("label", {}, "Camps ", page.el("select", {
    change: (event) => { pair = data[Number(event.target.value)]; chosen = null; draw(); },
  }, data.map((one, index) => page.el("option", { value: index }, `${one.one} and ${one.other}`)))));
}
draw();

const { shared } = page;
const rowOf = new Map();
const below = (text) => page.el("span", { class: "note" }, text);
const interval = (held, show) => [show(held.value), below(`[${show(held.low)} – ${show(held.high)}]`)];
const whole = (share) => page.percent(share, 0);
const figure = (title, value, cell) => ({ title, value, cell, number: true });
const table = page.table({
  caption: "Shifts",
  rows: page.kept(),
  sort: [7, 1],
  columns: [
    { title: "turned", value: (one) => one.date, cell: (one) => [page.el("a", { href: page.addressOfShift(one) }, one.date), below(`[${one.earliest} – ${one.latest}]`)] },
    { title: "source", value: (one) => shared.sources[one.source], cell: (one) => page.text(shared.sources[one.source]) },
    { title: "label", value: (one) => shared.columns[one.column].join(" "), cell: (one) => page.text(`${shared.columns[one.column][0]}: ${page.label(shared.columns[one.column][1])}`) },
    { title: "kind", value: (one) => one.kind, cell: (one) => one.kind },
    figure("before", (one) => one.share_before.value, (one) => interval(one.share_before, whole)),
    figure("after", (one) => one.share_after.value, (one) => interval(one.share_after, whole)),
    figure("change in points", (one) => one.change.value, (one) => interval(one.change, (value) => page.points(value, 0))),
    figure("q", (one) => one.q_value, (one) => page.p(one.q_value)),
    figure("articles", (one) => one.before.articles + one.after.articles, (one) => `${page.number(one.before.articles)} + ${page.number(one.after.articles)}`),
  ],
  onBuilt: (line, shift) => {
    rowOf.set(line, shift);
    if (page.chosen.shift === shift) line.classList.add("chosen");
    line.addEventListener("click", (event) => { if (!event.target.closest("a")) location.hash = page.addressOfShift(shift); });
  },
});
section.querySelector(".listed").append(table.node);
page.onFilter(() => { rowOf.clear(); table.update(page.kept()); });
page.onChosen((chosen) => rowOf.forEach((shift, line) => line.classList.toggle("chosen", chosen.shift === shift)));

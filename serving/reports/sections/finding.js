const { shared } = page;
const LENGTHS = { day: 1, week: 7, month: 30.44 };
const shown = section.querySelector(".shown");
const heading = section.querySelector("h2");
const sources = section.querySelector("select[name=source]");
const labels = section.querySelector("select[name=column]");
const blocks = new Map();
const status = section.querySelector('[role="status"]');
let turn = 0;
let byMenu = false; // a menu keeps the focus: who goes through it by keys wants to go on

sources.append(...shared.sources.map((name, index) => page.el("option", { value: index }, page.short(name))));
labels.append(...shared.columns.map(([task, label], index) => page.el("option", { value: index }, page.short(`${task}: ${page.label(label)}`))));
const chooseSeries = () => {
  byMenu = true;
  const [source, column] = [Number(sources.value), Number(labels.value)];
  const shift = shared.shifts.find((one) => one.source === source && one.column === column);
  location.hash = shift ? page.addressOfShift(shift) : page.addressOfSeries(source, column);
};
sources.addEventListener("change", chooseSeries);
labels.addEventListener("change", chooseSeries);

const block = (source) => {
  if (!blocks.has(source)) blocks.set(source, page.unpack(`source-${source}`));
  return blocks.get(source);
};
const seriesOf = (held, column) => {
  const [raw, share, low, high] = held.series[column].map((figures) => figures.map((one) => (one === null ? null : one / 1000)));
  return { days: held.periods.map(page.daysOf), raw, share, low, high, articles: held.articles, passages: held.passages };
};

const show = async (chosen, byHand) => {
  const mine = ++turn;
  if (chosen.missing !== undefined) {
    shown.replaceChildren(page.el("p", { class: "note" }, "The address names something that this page does not hold: ", page.text(chosen.missing)));
    return;
  }
  if (!shared.sources.length) return;
  const { source, column, shift } = chosen;
  const [task, label] = shared.columns[column];
  const held = await block(source);
  if (mine !== turn) return;
  sources.value = source;
  labels.value = column;
  const shifts = shared.shifts.filter((one) => one.source === source && one.column === column);
  const name = `${task} ${page.label(label)} in ${shared.sources[source]}`;
  const series = seriesOf(held, column);
  heading.replaceChildren(shift ? "The shift: " : "The series: ", page.text(shared.sources[source]), ", ", page.text(`${task}: ${page.label(label)}`), shift ? `, ${shift.date}` : "");
  const parts = page.el("div", { class: "parts-of-it" },
    page.el("div", { class: "left" }, page.facts(shift, shared, shared.verdicts[source][column]), drawn({ series, shifts, shift, name })),
    shift && page.evidence(held.evidence[shift.id], shift));
  shown.replaceChildren(parts);
  if (byMenu) {
    status.textContent = heading.textContent;
  } else if (byHand) {
    section.scrollIntoView();
    heading.focus({ preventScroll: true });
  }
  byMenu = false;
};

const drawn = ({ series, shifts, shift, name }) =>
  page.el("figure", {},
    page.timeline({ series, shifts, chosen: shift, every: LENGTHS[shared.every] || 7, name }),
    page.el("figcaption", { class: "note" },
      "Line: corrected share by period; band: its ", page.percent(shared.level, 0), " interval, cut where it leaves the chart; dashed: uncorrected. ",
      "A triangle is a shift, the shaded strip around it the interval of its date; the horizontal lines are the levels before and after. ",
      "Grey bars: articles. Drag over the chart to zoom, double-click to see all."),
    page.figuresOf(series, name));

page.onChosen(show);
await show(page.chosen, location.hash.startsWith("#shift=") || location.hash.startsWith("#series="));

const holder = section.querySelector(".stories");
if (!holder) return;
const familiar = section.querySelector("input[name=familiar]");
const SIZE = { width: 360, height: 110, left: 44, right: 8, top: 8, bottom: 22 };
const LONG = 320;

const chart = (story, name) => {
  const { periods, share, low, high } = story.series;
  const days = periods.map(page.daysOf);
  const every = days.length > 1 ? Math.min(...days.slice(1).map((day, index) => day - days[index])) : 7;
  const x = page.scale([days[0] - every / 2, days.at(-1) + every / 2], [SIZE.left, SIZE.width - SIZE.right]);
  const highs = [...high].sort((one, other) => one - other);
  const most = Math.min(1, Math.max(0.01, Math.max(...share) * 1.15, highs[Math.floor(highs.length / 2)] * 1.3));
  const floor = SIZE.height - SIZE.bottom;
  const y = page.scale([0, most], [floor, SIZE.top]);
  const cut = (values) => values.map((value) => Math.min(value, most));
  const room = { x, y, gap: every * 1.6 };
  const until = Math.min(page.daysOf(story.ends), days.at(-1) + every / 2);
  const peak = share.indexOf(Math.max(...share));
  const said = `Share of articles with ${name}: ${page.percent(share[peak])} at most, in the period of ${periods[peak]}. It grew from ${story.begins}.`;
  return page.svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": said },
    page.svg("rect", { class: "grew", x: x(page.daysOf(story.begins) - every / 2), width: Math.max(1, x(until) - x(page.daysOf(story.begins) - every / 2)), y: SIZE.top, height: floor - SIZE.top }),
    page.shareTicks(most).ticks.filter((_, index, all) => index % Math.ceil(all.length / 3) === 0).map((one) => [
      page.svg("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(one), y2: y(one) }),
      page.svg("text", { x: SIZE.left - 5, y: y(one) + 4, "text-anchor": "end" }, page.percent(one, one && most < 0.05 ? 1 : 0)),
    ]),
    page.dayTicks([days[0], days.at(-1)], 4).map(({ day, text }) =>
      page.svg("text", { x: Math.min(Math.max(x(day), SIZE.left + 20), SIZE.width - 30), y: floor + 16, "text-anchor": "middle" }, text)),
    page.svg("path", { class: "band", d: page.bandPath(days, cut(low), cut(high), room) }),
    page.svg("path", { class: "share", d: page.linePath(days, share, room) }));
};

const figures = (story) => {
  const { periods, articles, share, low, high } = story.series;
  return page.el("details", {}, page.el("summary", {}, "Figures"), page.el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures by period" }, page.el("table", {},
    page.el("thead", {}, page.el("tr", {}, ["period", "articles", "share", "interval"].map((title) => page.el("th", { scope: "col" }, title)))),
    page.el("tbody", {}, periods.map((day, i) => articles[i] > 0 && page.el("tr", {},
      page.el("th", { scope: "row" }, day), page.el("td", { class: "number" }, page.number(articles[i])),
      page.el("td", { class: "number" }, page.percent(share[i])), page.el("td", { class: "number" }, `${page.percent(low[i])} – ${page.percent(high[i])}`)))))));
};

const passage = (one, words) => {
  const text = page.el("div", { class: "text" }, page.marked(one.text || "", { after: words }));
  const long = (one.text || "").length > LONG;
  if (long) text.classList.add("cut");
  return page.el("li", { class: "passage" }, text,
    long && page.el("button", { type: "button", "aria-expanded": "false", click: (event) => {
      const cut = text.classList.toggle("cut");
      event.target.textContent = cut ? "Read all" : "Read less";
      event.target.setAttribute("aria-expanded", String(!cut));
    } }, "Read all"),
    page.el("p", { class: "origin note" }, page.day(one.day), " · ", page.link(one.link, one.id), ` · passage ${one.passage + 1}`));
};

const card = (story) => {
  const words = story.words.map((one) => one.word);
  const name = words.slice(0, 5).join(", ") || story.id;
  const [first, ...others] = story.sources;
  return page.el("article", { class: "card", id: `story-${story.id}`, "aria-label": `Story ${name}` },
    page.el("h3", {}, page.text(name)),
    page.el("p", { class: "note" }, story.kind, `, distance ${page.percent(story.distance, 0)}; since `, page.el("strong", {}, story.begins),
      story.lasts ? " and still there at the end" : ` until ${story.ends}`),
    chart(story, name),
    page.el("dl", { class: "facts" },
      [["Grew", `${page.number(story.articles_before)} articles before, ${page.number(story.articles_within)} in the stretch: ${page.number(story.times)} times as often`],
        ["Chance", `p ${page.p(story.p_value)}; q ${page.p(story.q_value)} over all clusters`],
        ["First seen", [story.first_seen, ", ", page.text(first.source)]],
        ["Told by", [[first, ...others].map((one, index) => [index ? ", " : "", page.text(one.source), ` ${page.number(one.articles)}`]),
          story.near_copies ? `; ${page.number(story.near_copies)} near-copies among them` : ""]]]
        .map(([term, said]) => [page.el("dt", {}, term), page.el("dd", {}, said)])),
    page.el("p", { class: "words" }, "Words: ", story.words.map((one, index) => [index ? ", " : "",
      page.el("span", { title: `in ${page.number(one.articles)} articles of it, ${page.number(one.elsewhere)} others` }, page.text(one.word))])),
    page.el("ul", { class: "passages" }, story.passages.slice(0, 2).map((one) => passage(one, words))),
    story.passages.length > 2 && page.el("details", {}, page.el("summary", {}, `${story.passages.length - 2} more passages`),
      page.el("ul", { class: "passages" }, story.passages.slice(2).map((one) => passage(one, words)))),
    figures(story));
};

const FIRST = 9;
let all = false;
const more = page.el("button", { type: "button", click: () => { all = true; show(); } }, "Show all");
holder.after(more);
const show = () => {
  const chosen = data.stories.filter((story) => familiar.checked || story.kind === "unknown topic");
  const shown = all ? chosen : chosen.slice(0, FIRST);
  holder.replaceChildren(...shown.map(card));
  more.hidden = shown.length === chosen.length;
  section.querySelector(".count").textContent = `${shown.length} of ${data.stories.length} shown`;
};
familiar.addEventListener("change", show);
window.addEventListener("beforeprint", () => { all = true; show(); });
show();

// What a shift comes to, in words and with its intervals.
const between = (interval) => `${page.percent(interval.value)} [${page.percent(interval.low)} – ${page.percent(interval.high)}]`;
const UNTESTED = {
  i: "Insufficient data: this series could not have shown a shift of the size that was looked for.",
  n: "No shift was found in this series.",
  s: "No shift is listed here: what was found moved another label more, or did not survive the false-discovery rate.",
};
page.facts = (shift, shared, verdict) => {
  if (!shift) return page.el("p", { class: "facts" }, UNTESTED[verdict] || "This series was not looked at.");
  const fact = (term, ...said) => [page.el("dt", {}, term), page.el("dd", {}, said)];
  const moved = Math.abs(shift.change.value);
  const raw = shift.raw_after - shift.raw_before;
  const against = Math.sign(raw) !== Math.sign(shift.change.value) || Math.abs(raw) < moved / 2;
  return page.el("dl", { class: "facts" },
    fact("Turned", page.el("strong", {}, shift.date), ` [${shift.earliest} – ${shift.latest}]`, shift.kind === "narrative" ? "" : ` · ${shift.kind}`),
    fact("Share", between(shift.share_before), " → ", page.el("strong", {}, between(shift.share_after)),
      shift.supported === false && page.el("strong", {}, " Held-out passages do not support these shares: compare with the uncorrected ones, or label a sample of the dump.")),
    fact("Change", page.el("strong", { class: shift.change.value > 0 ? "rise" : "fall" }, `${page.points(shift.change.value)} points`),
      ` [${page.points(shift.change.low)} – ${page.points(shift.change.high)}]`),
    fact("Uncorrected", `${page.percent(shift.raw_before)} → ${page.percent(shift.raw_after)}`,
      against && page.el("strong", {}, " This change rests on the correction: what the model decided moved by less than half as much, or the other way.")),
    fact("Rests on", `${page.number(shift.before.articles)} articles from ${shift.before.start} until ${shift.before.end}, ${page.number(shift.after.articles)} from ${shift.after.start} until ${shift.after.end}`),
    fact("Chance", `p ${page.p(shift.p_value)}; q ${page.p(shift.q_value)} over all series`),
    shift.by_topics && fact("By topics", `${page.points(shift.by_topics.value)} points [${page.points(shift.by_topics.low)} – ${page.points(shift.by_topics.high)}] come from writing about other topics`),
    shift.others && Object.keys(shift.others).length > 0 && fact("Besides", Object.entries(shift.others).map(([label, change]) => `${page.label(label)} ${page.points(change)}`).join(", ")));
};

// Figures and days in words.
page.day = (iso) => String(iso || "").slice(0, 10);
page.number = (value, digits = 0) =>
  value === null || value === undefined
    ? "–"
    : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
page.percent = (share, digits = 1) =>
  share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits).replace("-", "−")} %`;
page.points = (change, digits = 1) => {
  if (change === null || change === undefined) return "–";
  const said = (100 * Math.abs(change)).toFixed(digits);
  return `${Number(said) === 0 ? "±" : change > 0 ? "+" : "−"}${said}`;
};
page.p = (value) => (value === null || value === undefined ? "–" : value < 0.001 ? "< 0.001" : value.toFixed(3));
page.label = (name) => String(name).replaceAll("_", " ");
// As much of a text as a line of a menu holds.
page.short = (text, most = 60) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
// Days since 1970, for scales.
page.daysOf = (iso) => Date.parse(`${page.day(iso)}T00:00:00Z`) / 864e5;
page.isoOf = (days) => new Date(Math.round(days) * 864e5).toISOString().slice(0, 10);

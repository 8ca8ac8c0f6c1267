// The figures behind a chart, as a table that opens: what a chart says, without seeing it.
page.figuresOf = (series, name) => {
  const details = page.el("details", { class: "figures" }, page.el("summary", {}, "Figures of this chart"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const column = (title, figure, show) => ({ title, number: true, value: (i) => figure[i], cell: (i) => show(figure[i]) });
    details.append(page.table({
      caption: `Shares of ${name}, by period`,
      columns: [
        { title: "from", value: (i) => series.days[i], cell: (i) => page.isoOf(series.days[i]) },
        column("share", series.share, page.percent), column("low", series.low, page.percent),
        column("high", series.high, page.percent), column("uncorrected", series.raw, page.percent),
        column("articles", series.articles, page.number), column("passages", series.passages, page.number),
      ],
      rows: series.days.map((_, index) => index),
    }).node);
  }, { capture: false });
  return details;
};

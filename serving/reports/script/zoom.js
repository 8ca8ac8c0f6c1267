// Zooming by drag, and what stands under the pointer.
page.zooms = (picture, { x, size }, { series, every, to }) => {
  let from = null;
  const box = page.svg("rect", { class: "chosen-range", y: size.top, height: size.height - size.top - size.bottom, width: 0, visibility: "hidden" });
  const here = page.svg("line", { class: "here", y1: size.top, y2: size.height - size.bottom, visibility: "hidden" });
  picture.append(box, here);
  const at = (event) => {
    const place = event.clientX - picture.getBoundingClientRect().left;
    return Math.min(Math.max(place, size.left), size.width - size.right);
  };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("a")) return;
    from = at(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (from !== null && Math.abs(place - from) > 4) {
      box.setAttribute("visibility", "visible");
      box.setAttribute("x", Math.min(from, place));
      box.setAttribute("width", Math.abs(place - from));
    }
    const index = nearest(series.days, x.back(place));
    if (Math.abs(series.days[index] - x.back(place)) > every) return leave();
    here.setAttribute("visibility", "visible");
    here.setAttribute("x1", x(series.days[index]));
    here.setAttribute("x2", x(series.days[index]));
    return page.tooltip.show(event, told(series, index));
  });
  const leave = () => {
    here.setAttribute("visibility", "hidden");
    page.tooltip.hide();
  };
  picture.addEventListener("pointerup", (event) => {
    const [start, end] = [from, at(event)];
    from = null;
    if (start !== null && Math.abs(end - start) > 8) {
      page.tooltip.hide();
      to(x.back(Math.min(start, end)), x.back(Math.max(start, end)));
    }
  });
  picture.addEventListener("pointercancel", () => { from = null; box.setAttribute("visibility", "hidden"); });
  picture.addEventListener("pointerleave", leave);
};

function nearest(days, day) {
  let [low, high] = [0, days.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (days[middle] <= day) low = middle;
    else high = middle;
  }
  return day - days[low] < days[high] - day ? low : high;
}

function told(series, i) {
  const figures = series.share[i] === null ? "no figure" : `${page.percent(series.share[i])} [${page.percent(series.low[i])} – ${page.percent(series.high[i])}]`;
  return `from ${page.isoOf(series.days[i])}\n${figures}\nuncorrected ${page.percent(series.raw[i])}\n${page.number(series.articles[i])} articles, ${page.number(series.passages[i])} passages`;
}

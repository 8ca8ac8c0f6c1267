// Paths of a series, broken where a period has no figure or several are left out.
const pieces = (days, figures, gap) => {
  const found = [];
  let own = [];
  days.forEach((day, index) => {
    const missing = figures.some((figure) => figure[index] === null || figure[index] === undefined);
    if ((missing || (own.length && day - days[own.at(-1)] > gap)) && own.length) {
      found.push(own);
      own = [];
    }
    if (!missing) own.push(index);
  });
  return own.length ? [...found, own] : found;
};
const place = (x, y, day, figure) => `${x(day).toFixed(1)} ${y(figure).toFixed(1)}`;
page.linePath = (days, figure, { x, y, gap }) =>
  pieces(days, [figure], gap)
    .map((own) => `M${own.map((i) => place(x, y, days[i], figure[i])).join("L")}${own.length === 1 ? "h.01" : ""}`)
    .join("");
page.bandPath = (days, low, high, { x, y, gap }) =>
  pieces(days, [low, high], gap)
    .map((own) => {
      const wide = own.length === 1 ? [-1.5, 1.5] : [0, 0];
      const up = own.map((i) => place(x, y, days[i] + wide[0], high[i]));
      const down = own.map((i) => place(x, y, days[i] + wide[1], low[i])).reverse();
      if (own.length === 1) {
        up.push(place(x, y, days[own[0]] + wide[1], high[own[0]]));
        down.push(place(x, y, days[own[0]] + wide[0], low[own[0]]));
      }
      return `M${[...up, ...down].join("L")}Z`;
    })
    .join("");

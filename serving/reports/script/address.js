// What is chosen stands behind the # of the address, so that a finding can be linked to:
// #shift=s0007, or #series=SOURCE/TASK/LABEL for a series without a shift.
const listeners = [];
page.chosen = null;
page.ready = (async () => {
  page.shared = await page.unpack("data-page");
  page.shared.shifts.forEach((shift, index) => { shift.index = index; });
  page.byId = new Map(page.shared.shifts.map((shift) => [shift.id, shift]));
  page.chosen = page.read() || page.first();
})();
page.first = () => {
  const [shift] = page.shared.shifts;
  return shift ? { shift, source: shift.source, column: shift.column } : { source: 0, column: 0 };
};
page.read = () => {
  const [, kind, rest] = /^#(shift|series)=(.*)$/.exec(location.hash) || [];
  if (!kind) return null;
  try {
    if (kind === "shift") {
      const shift = page.byId.get(decodeURIComponent(rest));
      return shift ? { shift, source: shift.source, column: shift.column } : { missing: decodeURIComponent(rest) };
    }
    const [by, task, label] = rest.split("/").map(decodeURIComponent);
    const source = page.shared.sources.indexOf(by);
    const column = page.shared.columns.findIndex((one) => one[0] === task && one[1] === label);
    return source < 0 || column < 0 ? { missing: `${by}, ${task} ${label}` } : { source, column };
  } catch {
    return { missing: rest };
  }
};
page.addressOfShift = (shift) => `#shift=${encodeURIComponent(shift.id)}`;
page.addressOfSeries = (source, column) =>
  `#series=${[page.shared.sources[source], ...page.shared.columns[column]].map(encodeURIComponent).join("/")}`;
page.onChosen = (listener) => listeners.push(listener);
const tell = (byHand) => {
  const chosen = page.read();
  if (!chosen) return;
  page.chosen = chosen;
  listeners.forEach((listener) => listener(chosen, byHand));
};
window.addEventListener("hashchange", () => tell(true));
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest('a[href^="#shift="], a[href^="#series="]');
  if (link && link.getAttribute("href") === location.hash) tell(true);
});

// Which shifts are looked at: page.filters holds the choices, page.kept() the shifts that pass. A year or a month is a
// date too: 2022 to 2022 keeps what may have turned in that year.
page.filters = { source: "", task: "", column: "", kind: "", direction: "", from: "", to: "", q: "" };
const DAY = /^\d{4}(-\d\d){0,2}$/;
const watchers = [];
page.onFilter = (watcher) => watchers.push(watcher);
page.filter = (changes) => {
  Object.assign(page.filters, changes);
  watchers.forEach((watcher) => watcher());
};
page.keepsSource = (source) => {
  const wanted = page.filters.source.trim().toLowerCase();
  return !wanted || page.shared.sources[source].toLowerCase().includes(wanted);
};
page.keepsColumn = (column) => {
  const { task, column: one } = page.filters;
  return (!task || page.shared.columns[column][0] === task) && (one === "" || Number(one) === column);
};
page.keepsShift = (shift) => {
  const { kind, direction, from, to, q } = page.filters;
  return (
    page.keepsSource(shift.source) && page.keepsColumn(shift.column) && (!kind || shift.kind === kind) &&
    (!direction || (shift.change.value > 0) === (direction === "rise")) &&
    (!DAY.test(from) || shift.latest >= from) && (!DAY.test(to) || shift.earliest <= `${to}~`) && (!q || shift.q_value <= Number(q))
  );
};
page.kept = () => page.shared.shifts.filter(page.keepsShift);

// A table that sorts by its headings and shows its rows in portions.
// columns: [{ title, value: (row) => to sort by, cell: (row) => node or text, number: true for figures }]
page.table = ({ caption, columns, rows, sort = [0, 1], portion = 100, onBuilt }) => {
  let shown = portion;
  let sorted = [];
  let [by, direction] = sort;
  const body = page.el("tbody");
  const more = page.el("button", { type: "button" });
  const status = page.el("p", { class: "note", role: "status" });
  const heads = columns.map((column, index) =>
    page.el("th", { scope: "col", class: column.number && "number" },
      page.el("button", { type: "button", class: "sort", click: () => order(index) }, column.title)),
  );
  const compare = (one, other) => {
    const [a, b] = [columns[by].value(one), columns[by].value(other)];
    if (a === b) return 0;
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    return (a < b ? -1 : 1) * direction;
  };
  const line = (row) => {
    const cells = columns.map((column, index) =>
      page.el(index ? "td" : "th", { class: column.number && "number", scope: index ? null : "row" }, column.cell(row)));
    const made = page.el("tr", {}, cells);
    if (onBuilt) onBuilt(made, row);
    return made;
  };
  const draw = () => {
    heads.forEach((head, index) =>
      index === by
        ? head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending")
        : head.removeAttribute("aria-sort"));
    body.replaceChildren(...sorted.slice(0, shown).map(line));
    const left = sorted.length - shown;
    more.hidden = left <= 0;
    more.textContent = `Show ${Math.min(left, portion)} more`;
    status.textContent = `${Math.min(shown, sorted.length)} of ${sorted.length} rows`;
  };
  const order = (index) => {
    direction = index === by ? -direction : columns[index].number ? -1 : 1;
    by = index;
    sorted.sort(compare);
    draw();
  };
  const update = (wanted) => {
    sorted = [...wanted].sort(compare);
    shown = portion;
    draw();
  };
  more.addEventListener("click", () => { shown += portion; draw(); });
  const node = page.el("div", {},
    page.el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${caption}` },
      page.el("table", { class: "sorts" },
        page.el("caption", {}, caption), page.el("thead", {}, page.el("tr", {}, heads)), body)),
    status, more);
  update(rows);
  return { node, update };
};

const wanted = () => data.filter(([by]) => by.toLowerCase().includes(page.filters.source.trim().toLowerCase()));
const table = page.table({
  caption: "Series with too little to tell",
  rows: wanted(),
  columns: [
    { title: "source", value: (one) => one[0], cell: (one) => page.text(one[0]) },
    { title: "label or task", value: (one) => one[1], cell: (one) => page.text(page.label(one[1])) },
    { title: "chance to see it", number: true, value: (one) => one[2], cell: (one) => page.percent(one[2], 0) },
    { title: "articles needed", number: true, value: (one) => one[3], cell: (one) => page.number(one[3], 1) },
  ],
});
section.querySelector(".listed").append(table.node);
page.onFilter(() => table.update(wanted()));

const figure = (title, name, show) => ({ title, number: true, value: (one) => one[name], cell: (one) => show(one[name]) });
section.querySelector(".listed").append(page.table({
  caption: "Changes of volume",
  rows: data,
  columns: [
    { title: "source", value: (one) => one.by, cell: (one) => page.text(one.by) },
    { title: "from", value: (one) => one.date, cell: (one) => page.day(one.date) },
    figure("articles before", "before", (value) => page.number(value, 1)),
    figure("after", "after", (value) => page.number(value, 1)),
    figure("p", "p_value", page.p),
  ],
}).node);

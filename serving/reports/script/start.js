// Sections start when they are first seen: their data are unpacked, their script is called.
page.sections = {};
page.started = new Map();
page.start = (id) => {
  if (!page.started.has(id)) {
    page.started.set(id, (async () => {
      await page.ready;
      const data = await page.unpack(`data-${id}`);
      if (page.sections[id]) await page.sections[id](document.getElementById(id), data, page);
    })().catch((error) => {
      console.error(id, error);
      document.getElementById(id).append(page.el("p", { class: "note" }, "This part could not be shown: ", String(error)));
    }));
  }
  return page.started.get(id);
};
page.begin = () => {
  const seen = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      seen.unobserve(entry.target);
      page.start(entry.target.id);
    }),
    { rootMargin: "600px" },
  );
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
};
window.addEventListener("beforeprint", () => Object.keys(page.sections).forEach((id) => page.start(id)));

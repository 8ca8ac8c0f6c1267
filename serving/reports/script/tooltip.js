// One tooltip for the page: page.tooltip.show(event, node or text), page.tooltip.hide().
page.tooltip = (() => {
  const box = page.el("div", { class: "tooltip", role: "presentation", hidden: true });
  document.body.append(box);
  const show = (event, content) => {
    box.replaceChildren(content instanceof Node ? content : document.createTextNode(content));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - width - 6);
    const below = event.clientY + 16 + height < window.innerHeight;
    box.style.left = `${Math.max(6, left)}px`;
    box.style.top = `${below ? event.clientY + 16 : Math.max(6, event.clientY - height - 12)}px`;
  };
  return { show, hide: () => { box.hidden = true; } };
})();

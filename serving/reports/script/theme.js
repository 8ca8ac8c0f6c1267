// Dark or light: as the system has it, or as the reader switches.
(() => {
  const button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem("narrashift-theme"); } catch { return null; } };
  const dark = () => (root.style.colorScheme ? root.style.colorScheme === "dark" : system.matches);
  const tell = () => { button.textContent = dark() ? "Light colours" : "Dark colours"; };
  if (["dark", "light"].includes(remembered())) root.style.colorScheme = remembered();
  button.addEventListener("click", () => {
    root.style.colorScheme = dark() ? "light" : "dark";
    try { localStorage.setItem("narrashift-theme", root.style.colorScheme); } catch { /* a page without storage */ }
    tell();
  });
  system.addEventListener("change", tell);
  tell();
})();

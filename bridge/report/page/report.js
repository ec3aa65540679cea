
"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const choices = ["system", "light", "dark"];
  let choice = 0;
  theme.hidden = false;
  theme.addEventListener("click", () => {
    choice = (choice + 1) % choices.length;
    if (choice) root.dataset.theme = choices[choice];
    else delete root.dataset.theme;
    theme.textContent = "Theme: " + choices[choice];
  });

  // What can be scrolled sideways is reached by the keyboard too; what cannot is no stop on the way.
  const scrollers = [...document.querySelectorAll(".scroll")];
  const markScrollers = () => scrollers
    .map((item) => [item, item.scrollWidth > item.clientWidth])
    .forEach(([item, wide]) => { if (wide) item.tabIndex = 0; else item.removeAttribute("tabindex"); });
  markScrollers();
  addEventListener("resize", markScrollers);

  const details = [...document.querySelectorAll("details")];
  const setOpen = (open) => details.forEach((item) => { item.open = open; });
  setOpen(false);
  addEventListener("beforeprint", () => setOpen(true));
  addEventListener("afterprint", () => setOpen(false));

  const table = document.getElementById("overview");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const order = [...body.rows];
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      let rows = [...order];
      if (was !== "descending") {
        const sign = was === "ascending" ? -1 : 1;
        const key = (row) => (row.cells[column] ? row.cells[column].dataset.key : undefined);
        const known = rows.filter((row) => key(row) !== undefined);
        const unknown = rows.filter((row) => key(row) === undefined);
        known.sort((a, b) => sign * compare(key(a), key(b)));
        rows = [...known, ...unknown];
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      }
      body.append(...rows);
    });
  });
})();

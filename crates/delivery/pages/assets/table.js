// @ts-check
// Tables that sort by a click on a heading and can be taken along as CSV: `table[data-table]`.

/** What is wider than its place scrolls by itself, and keys reach it; the page never does. */
const wide = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!(target instanceof HTMLElement)) continue;
    if (target.scrollWidth > target.clientWidth + 1) {
      target.tabIndex = 0;
      target.setAttribute("role", "group");
      target.setAttribute("aria-label", target.querySelector("caption")?.textContent?.trim() || "Table");
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) target.removeAttribute(name);
    }
  }
});

/** @param {ParentNode} root */
function scrollers(root) {
  for (const table of root.querySelectorAll("table")) {
    if (table.closest(".scroll, .grid-scroll")) continue;
    const box = document.createElement("div");
    box.className = "scroll";
    table.replaceWith(box);
    box.append(table);
    wide.observe(box);
  }
}

/** @param {ParentNode} root */
export function tables(root) {
  scrollers(root);
  for (const table of root.querySelectorAll("table[data-table]")) {
    if (!(table instanceof HTMLTableElement) || table.dataset.wired) continue;
    table.dataset.wired = "yes";
    for (const head of table.querySelectorAll("thead th")) {
      if (!(head instanceof HTMLTableCellElement) || head.dataset.plain !== undefined || !head.textContent?.trim()) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head));
    }
  }
  for (const button of root.querySelectorAll("[data-csv]")) {
    if (!(button instanceof HTMLElement) || button.dataset.wired) continue;
    button.dataset.wired = "yes";
    button.addEventListener("click", () => {
      const table = document.getElementById(button.dataset.csv ?? "");
      if (table instanceof HTMLTableElement) save(table, `${button.dataset.csv}.csv`);
    });
  }
}

/** @param {HTMLTableElement} table @param {HTMLTableCellElement} head */
function sort(table, head) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const value = (/** @type {HTMLTableRowElement} */ row) => {
    const cell = row.cells[head.cellIndex];
    return cell?.dataset.value ?? cell?.textContent?.trim() ?? "";
  };
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const rows = [...body.rows].sort((a, b) => (up ? 1 : -1) * order(value(a), value(b)));
  body.append(...rows);
}

/** @param {HTMLTableElement} table @param {string} name */
function save(table, name) {
  // A cell that a spreadsheet would take for a formula is quoted as text.
  const cell = (/** @type {HTMLTableCellElement} */ c) => {
    const text = (c.textContent ?? "").trim().replaceAll(/\s+/g, " ");
    return `"${(/^[=+\-@\t]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const text = [...table.rows].map((row) => [...row.cells].map(cell).join(",")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

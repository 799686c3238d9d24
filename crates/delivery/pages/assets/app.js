// @ts-check
// What every page does: theme, keys, forms, parts that swap, live updates. What few pages need is fetched when they need it.
import { forms } from "./forms.js";
import { swaps } from "./swap.js";
import { live } from "./live.js";
import { tables } from "./table.js";
import { times } from "./times.js";
import { terms } from "./terms.js";
import { after } from "./undo.js";

/** Modules by the word of `data-module`; each exports `start(element)`. */
const MODULES = /** @type {Record<string, () => Promise<{start: (element: HTMLElement) => void}>>} */ ({
  first: () => import("./entry.js"),
});

/** Wires everything inside an element; called again for parts that were swapped in. @param {ParentNode} root */
export function wire(root) {
  forms(root);
  tables(root);
  times(root);
  for (const element of root.querySelectorAll("[data-module]")) {
    if (!(element instanceof HTMLElement) || element.dataset.started) continue;
    // A mark of its own: a form that speaks to the API may have a module too.
    element.dataset.started = "yes";
    const word = element.dataset.module ?? "";
    const load = MODULES[word] ?? (() => import(`./${word}.js`));
    load().then((module) => module.start(element));
  }
}

function theme() {
  const button = document.querySelector("[data-theme-switch]");
  button?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `attesta-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
}

function keys() {
  /** @type {Record<string, string>} */
  const doors = {};
  for (const link of document.querySelectorAll("a[data-key]")) {
    if (link instanceof HTMLAnchorElement) doors[link.dataset.key ?? ""] = link.href;
  }
  let went = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      import("./palette.js").then((palette) => palette.open());
      return;
    }
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    if (event.key === "?") {
      import("./palette.js").then((palette) => palette.help());
    } else if (event.key === "/") {
      const field = document.querySelector("[data-find]");
      if (field instanceof HTMLElement) {
        event.preventDefault();
        field.focus();
      }
    } else if (event.key === "g") {
      went = event.timeStamp;
    } else if (event.timeStamp - went < 1200 && doors[event.key]) {
      location.href = doors[event.key];
    }
  });
  document.querySelector("[data-palette]")?.addEventListener("click", () => import("./palette.js").then((p) => p.open()));
}

/** Where the doors are more than are seen, the one that one came through is. */
function here() {
  const door = document.querySelector(".rooms a[aria-current]");
  const doors = door?.closest(".in");
  if (!(door instanceof HTMLElement) || !(doors instanceof HTMLElement)) return;
  const [a, b] = [door.getBoundingClientRect(), doors.getBoundingClientRect()];
  if (a.bottom > b.bottom) doors.scrollTop += a.bottom - b.bottom + 40;
  if (a.right > b.right) doors.scrollLeft += a.left - b.left - 16;
}

theme();
keys();
here();
swaps();
terms();
wire(document);
live();
after();

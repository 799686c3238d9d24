// @ts-check
// Parts of a page that change without the rest: a link or a form with `data-swap="id other"` fetches its address, takes the named
// parts out of what comes, and puts them here. The address bar follows, so that every view can be sent to somebody.
import { toast } from "./api.js";
import { wire } from "./app.js";

let asked = 0;
const place = () => `${location.pathname}${location.search}`;
/** What the address bar said when this page, or what was swapped last, was shown. */
let shown = place();

/** Fetches an address and takes over the named parts. @param {string} address @param {string[]} ids @param {boolean} push */
export async function swap(address, ids, push) {
  const mine = ++asked;
  let response;
  try {
    response = await fetch(address, { headers: { accept: "text/html" } });
  } catch {
    // The line at the foot tells that the connection is gone; who clicked is told too.
    if (push) toast("The server cannot be reached; what you typed is still here.");
    return;
  }
  if (response.redirected && new URL(response.url).pathname === "/sign-in") { location.href = response.url; return; }
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  // A later click has overtaken this answer.
  if (mine !== asked && push) return;
  for (const id of ids) {
    const there = next.getElementById(id);
    const here = document.getElementById(id);
    if (!there || !here) { location.href = address; return; }
    // Somebody began to type here while the answer was on its way: what they typed stays.
    if (!push && busy(here)) continue;
    const focused = here.contains(document.activeElement) ? document.activeElement?.id : "";
    // What somebody has opened stays open when it comes anew.
    if (!push) {
      const open = new Set([...here.querySelectorAll("details[open] > summary")].map((s) => s.textContent));
      for (const s of there.querySelectorAll("details > summary")) if (open.has(s.textContent)) s.parentElement?.setAttribute("open", "");
    }
    here.replaceWith(there);
    wire(there.parentNode ?? there);
    if (focused) document.getElementById(focused)?.focus();
  }
  if (push) { history.pushState({ swapped: ids }, "", address); shown = place(); }
  document.title = next.title;
  document.dispatchEvent(new CustomEvent("swapped", { detail: ids }));
}

/** Whether somebody is at work in a part. @param {Element} part */
const busy = (part) => part.querySelector("form[data-dirty], dialog[open]") !== null || part.matches(":has(:is(input, textarea, select):focus)");

/** Fetches the page that is shown and takes over its live parts; one in which somebody types is left alone. */
export async function refresh() {
  const ids = [...document.querySelectorAll("[data-live][id]")]
    .filter((part) => !busy(part))
    .map((part) => part.id);
  // The foot says at which revision the rest was made.
  if (ids.length) await swap(location.href, document.getElementById("foot") ? [...ids, "foot"] : ids, false);
}

export function swaps() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-swap]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    swap(link.href, (link.dataset.swap ?? "").split(" "), true);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && form.dataset.swap && form.method === "get") {
      event.preventDefault();
      filter(form);
    }
  });
  let waiting = 0;
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-swap][data-instant]") : null;
    if (!(form instanceof HTMLFormElement)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => filter(form), 180);
  });
  // Back and forth between what was swapped is read anew; a link to a place on this page (the one that skips to it) is not.
  document.addEventListener("click", () => { shown = place(); }, true);
  addEventListener("popstate", () => { if (place() !== shown) location.reload(); });
}

/** @param {HTMLFormElement} form */
function filter(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) query.append(name, String(value));
  const address = `${new URL(form.action).pathname}${query.size ? `?${query}` : ""}`;
  swap(address, (form.dataset.swap ?? "").split(" "), true);
}

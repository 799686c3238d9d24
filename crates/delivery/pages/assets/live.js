// @ts-check
// What other people change appears here: the stream of the organisation's changes, and a word when the connection is gone.
import { meta, organisation } from "./api.js";
import { refresh } from "./swap.js";

export function live() {
  if (!meta("attesta-organisation") || !document.querySelector("[data-live]")) return;
  const source = new EventSource(`${organisation()}/changes`);
  let waiting = 0;
  const changed = (/** @type {MessageEvent} */ event) => {
    document.dispatchEvent(new CustomEvent("changed", { detail: event.data }));
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 300);
  };
  source.addEventListener("message", changed);
  source.addEventListener("change", changed);
  source.addEventListener("error", () => away(true));
  source.addEventListener("open", () => away(false));
  addEventListener("pagehide", () => source.close());
}

/** @param {boolean} gone */
function away(gone) {
  let line = document.querySelector(".away");
  if (gone && !line) {
    line = document.createElement("div");
    line.className = "away";
    line.setAttribute("role", "status");
    line.textContent = "The connection is gone. What you type is kept on this page, and is sent when it is back.";
    document.body.append(line);
  } else if (!gone && line) {
    line.remove();
    refresh();
  }
}

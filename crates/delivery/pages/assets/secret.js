// @ts-check
// A secret that the API tells once: an invitation's link, a token, a webhook's key.
import { toast } from "./api.js";
import { refresh } from "./swap.js";

/** @param {HTMLElement} element */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const box = /** @type {HTMLElement} */ (form.querySelector(".secret"));
  const code = /** @type {HTMLElement} */ (box.querySelector("code"));
  form.addEventListener("sent", (event) => {
    const told = /** @type {CustomEvent} */ (event).detail.json;
    code.textContent = told.link ?? told.url ?? told.secret ?? "";
    box.hidden = false;
    form.reset();
    refresh();
  });
  box.querySelector("button")?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent ?? "");
    toast("Copied.");
  });
}

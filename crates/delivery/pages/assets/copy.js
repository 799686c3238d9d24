// @ts-check
// A command that is copied by a button.
import { toast } from "./api.js";

/** @param {HTMLElement} element */
export function start(element) {
  element.querySelector("button")?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(element.querySelector("code")?.textContent ?? "");
    toast("Copied.");
  });
}

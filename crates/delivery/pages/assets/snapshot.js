// @ts-check
// Sends a snapshot as it is: bytes, not JSON.
import { Refused, meta, told, toast } from "./api.js";
import { refresh } from "./swap.js";

/** @param {HTMLElement} form */
export function start(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector(":scope > .problem")?.remove();
    const input = form.querySelector("input[type=file]");
    const file = input instanceof HTMLInputElement ? input.files?.[0] : undefined;
    if (!file || !(input instanceof HTMLInputElement)) return;
    form.setAttribute("aria-busy", "true");
    try {
      const headers = { "x-attesta-csrf": meta("attesta-csrf"), "content-type": "application/octet-stream" };
      const answer = await fetch(`${form.dataset.to}?name=${encodeURIComponent(file.name)}`, { method: "POST", headers, body: file });
      if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
      input.value = "";
      toast("It is looked at as soon as a worker is free.");
      await refresh();
    } catch (error) {
      form.prepend(told(error));
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

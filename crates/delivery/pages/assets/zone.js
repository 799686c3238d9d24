// @ts-check
// The choice of a zone, kept in a cookie of this browser: what the server sends stays UTC.
import { toast } from "./api.js";
import { zone } from "./times.js";

/** @param {HTMLElement} element a select */
export function start(element) {
  if (!(element instanceof HTMLSelectElement)) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
  element.replaceChildren(new Option(`as this device (${here})`, ""), new Option("UTC", "UTC"), ...zones.filter((z) => z !== "UTC").map((z) => new Option(z, z)));
  element.value = /attesta-zone=/.test(document.cookie) ? zone() : "";
  element.addEventListener("change", () => {
    const age = element.value ? 31536000 : 0;
    document.cookie = `attesta-zone=${encodeURIComponent(element.value)}; path=/; max-age=${age}; samesite=lax`;
    toast("Moments are shown so from now on.");
  });
}

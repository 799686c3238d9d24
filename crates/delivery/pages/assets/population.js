// @ts-check
// A population's file, read into the field that sends it.

/** @param {HTMLElement} element */
export function start(element) {
  const file = /** @type {HTMLInputElement} */ (element.querySelector("input[type=file]"));
  const text = /** @type {HTMLTextAreaElement} */ (element.querySelector("textarea"));
  file.addEventListener("change", async () => { text.value = (await file.files?.[0]?.text()) ?? ""; });
}

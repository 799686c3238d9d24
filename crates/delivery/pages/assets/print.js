// @ts-check
// Prints the page.

/** @param {HTMLElement} button */
export function start(button) {
  button.addEventListener("click", () => print());
}

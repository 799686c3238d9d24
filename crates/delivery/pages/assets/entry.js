// @ts-check
// The first page and the page to join by: the link's secret stands after the `#`, where no server and no log sees it.

const secret = decodeURIComponent(location.hash.slice(1));
// The secret leaves the address bar, and with it the history.
if (secret) history.replaceState(null, "", location.pathname);

/** @param {HTMLElement} element a form that takes the secret */
export function start(element) {
  const field = element.querySelector("input[name=link]");
  if (field instanceof HTMLInputElement && secret) {
    field.value = secret;
    field.closest(".field")?.setAttribute("hidden", "");
  }
}

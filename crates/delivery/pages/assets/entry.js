// @ts-check
// The first page and the page to join by: the link's secret stands after the `#`, where no server and no log sees it.

/** @param {HTMLElement} element */
export function start(element) {
  const secret = decodeURIComponent(location.hash.slice(1));
  const field = element.querySelector("input[name=link]");
  if (field instanceof HTMLInputElement && secret) {
    field.value = secret;
    field.closest(".field")?.setAttribute("hidden", "");
    // The secret leaves the address bar, and with it the history.
    history.replaceState(null, "", location.pathname);
  }
}

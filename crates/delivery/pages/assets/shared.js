// @ts-check
// A share link: its secret stands after the `#`, where no server and no log sees it. The browser reads it, and opens it by a body.
import { call, Refused, told } from "./api.js";

/** @param {HTMLElement} element */
export async function start(element) {
  const secret = decodeURIComponent(location.hash.slice(1));
  const form = element instanceof HTMLFormElement ? element : null;
  const link = /** @type {HTMLInputElement | null} */ (form?.querySelector("input[name=link]") ?? null);
  link?.addEventListener("change", () => { link.value = link.value.slice(link.value.indexOf("#") + 1); });
  addEventListener("hashchange", () => location.reload());
  if (!secret) return;
  // The secret leaves the address bar, and with it the history.
  history.replaceState(null, "", location.pathname);
  try {
    await call("POST", "/api/v1/share-links/open", { link: secret });
    location.replace("/shared");
  } catch (error) {
    const asks = error instanceof Refused && error.code === "passphrase";
    if (form && link) {
      link.value = secret;
      if (asks) {
        link.closest(".field")?.setAttribute("hidden", "");
        const words = /** @type {HTMLInputElement} */ (form.querySelector("input[name=passphrase]"));
        words.closest(".field")?.removeAttribute("hidden");
        words.required = true;
        words.focus();
        return;
      }
    }
    element.prepend(told(error));
  }
}

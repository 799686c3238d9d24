// @ts-check
// Passkeys: signing in by one, showing one after a password, making one, proving again who one is.
import { call, told } from "./api.js";

/** Whether this browser can; what it cannot is not offered. */
export const able = () => typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Asks the person's authenticator. @param {{step: string, publicKey: any}} half */
export async function shown(half) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(half.publicKey);
  const credential = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.get({ publicKey }));
  return { step: half.step, credential: credential?.toJSON() };
}

/** What the browser says when somebody turns away, in our words. @param {unknown} error */
export const plain = (error) => (error instanceof DOMException && error.name === "NotAllowedError" ? "no passkey was shown; try again, or sign in another way" : error);

/** @param {HTMLElement} element */
export function start(element) {
  if (element.dataset.passkey === "make") make(element);
  else signIn(element);
}

/** The form of the sign-in page. @param {HTMLElement} form */
function signIn(form) {
  const go = () => { location.href = form.dataset.to ?? "/"; };
  const failed = (/** @type {unknown} */ error) => { form.querySelector(":scope > .problem")?.remove(); form.prepend(told(plain(error))); };
  form.addEventListener("sent", async (event) => {
    const answer = /** @type {CustomEvent} */ (event).detail;
    if (answer.status !== 202) return;
    event.preventDefault();
    try {
      await call("POST", "/api/v1/session/passkey", await shown(answer.json));
      go();
    } catch (error) { failed(error); }
  });
  const button = form.querySelector("[data-passkey-in]");
  if (!(button instanceof HTMLElement) || !able()) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const begun = await call("POST", "/api/v1/session/passkey/begin", {});
      await call("POST", "/api/v1/session/passkey", await shown(begun.json));
      go();
    } catch (error) { failed(error); }
  });
}

/** The form that makes a passkey. @param {HTMLElement} form */
function make(form) {
  if (!able()) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector(":scope > .problem")?.remove();
    try {
      const begun = (await call("POST", "/api/v1/account/passkeys/begin")).json;
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey);
      const credential = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create({ publicKey }));
      const name = String(new FormData(/** @type {HTMLFormElement} */ (form)).get("name") ?? "");
      const made = await call("POST", "/api/v1/account/passkeys", { step: begun.step, name, credential: credential?.toJSON() });
      if (made.json.recovery_codes?.length) codes(form, made.json.recovery_codes);
      else location.reload();
    } catch (error) { form.prepend(told(plain(error))); }
  });
}

/** Codes that are told once. @param {HTMLElement} form @param {string[]} list */
function codes(form, list) {
  const box = document.createElement("div");
  box.className = "note";
  box.setAttribute("role", "status");
  box.append("The passkey is there. Keep these codes for the day when it is lost; they are shown this once:");
  const pre = document.createElement("pre");
  pre.textContent = list.join("\n");
  const done = Object.assign(document.createElement("a"), { href: "/account", textContent: "I have kept them", className: "button" });
  box.append(pre, done);
  form.replaceWith(box);
}

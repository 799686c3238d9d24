// @ts-check
// Something that matters wants to know again who one is: by what the account has, a passkey or a password.
import { call, told } from "./api.js";
import { able, plain, shown } from "./passkey.js";

const FIELDS = {
  password: `<input type="text" name="username" autocomplete="username" readonly hidden><div class="field"><label for="confirm-password">Password</label><input id="confirm-password" name="password" type="password" autocomplete="current-password" required></div>`,
  code: `<div class="field"><label for="confirm-code">Code of your app, or a recovery code</label><input id="confirm-code" name="code" inputmode="text" autocomplete="one-time-code"></div>`,
  passkey: `<button type="button" data-by-passkey>Use a passkey</button>`,
  none: `<p>Your account has neither a passkey nor a password that could be asked for here. Sign out, sign in again as before, and repeat it within ten minutes.</p>`,
};

/** Asks for proof of who one is; whether it was right. @returns {Promise<boolean>} */
export async function confirm() {
  const { json: has } = await call("GET", "/api/v1/account");
  const key = has.passkeys > 0 && able();
  const second = has.app || has.recovery_codes > 0;
  return new Promise((done) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "confirm-title");
    const form = document.createElement("form");
    form.innerHTML = `<h2 id="confirm-title">Is it you?</h2>
      <p>This matters, so prove again who you are. It holds for a few minutes.</p>
      ${has.password ? FIELDS.password + (second ? FIELDS.code : "") : key ? "" : FIELDS.none}
      <div class="row">${has.password ? `<button class="main">Go on</button>` : ""}${key ? FIELDS.passkey : ""}<button type="button" data-cancel>Cancel</button></div>`;
    // So that a keeper of passwords knows whose it is.
    const whose = form.querySelector("input[name=username]");
    if (whose instanceof HTMLInputElement) whose.value = has.email;
    let right = false;
    const typed = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "");
    /** @param {() => Promise<unknown>} way */
    const by = async (way) => {
      form.querySelector(".problem")?.remove();
      try {
        await way();
        right = true;
        dialog.close();
      } catch (error) {
        form.prepend(told(plain(error)));
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!has.password) return;
      const code = typed("code");
      by(() => call("POST", "/api/v1/session/confirm", { password: typed("password"), ...(code ? { code } : {}) }, { asked: true }));
    });
    form.querySelector("[data-by-passkey]")?.addEventListener("click", () => by(async () => {
      const begun = await call("POST", "/api/v1/session/confirm/passkey/begin", undefined, { asked: true });
      // An authenticator that is only touched wants the password too.
      const password = typed("password");
      await call("POST", "/api/v1/session/confirm/passkey", { ...(await shown(begun.json)), ...(password ? { password } : {}) }, { asked: true });
    }));
    form.querySelector("[data-cancel]")?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); done(right); });
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

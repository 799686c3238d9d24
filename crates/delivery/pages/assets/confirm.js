// @ts-check
// Something that matters wants to know again who one is.
import { call, told } from "./api.js";

/** Asks for the password; whether it was right. @returns {Promise<boolean>} */
export function confirm() {
  return new Promise((done) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "confirm-title");
    const form = document.createElement("form");
    form.innerHTML = `<h2 id="confirm-title">Is it you?</h2>
      <p>This matters, so prove again who you are. It holds for a few minutes.</p>
      <div class="field"><label for="confirm-password">Password</label><input id="confirm-password" name="password" type="password" autocomplete="current-password" required></div>
      <div class="field"><label for="confirm-code">Code of your app</label><input id="confirm-code" name="code" inputmode="numeric" autocomplete="one-time-code"><p class="hint">Only when your account has one.</p></div>
      <div class="row"><button class="main">Go on</button><button type="button">Cancel</button></div>`;
    let right = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      const code = String(data.get("code") ?? "");
      form.querySelector(".problem")?.remove();
      try {
        await call("POST", "/api/v1/session/confirm", { password: data.get("password"), ...(code ? { code } : {}) }, { asked: true });
        right = true;
        dialog.close();
      } catch (error) {
        form.prepend(told(error));
      }
    });
    form.querySelector("button[type=button]")?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); done(right); });
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

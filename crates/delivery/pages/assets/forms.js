// @ts-check
// Forms that speak to the API: `data-api="POST /api/v1/…"`. Names with dots nest; `data-type` says what a field is when it is not
// text: number, flag, list (comma or line), moment (a day's beginning), json; empty fields are left out unless `data-keep`, and those of a part whose `data-when` says that it is for another choice. `data-then` says what follows:
// `reload`, `reload:words`, `go:/path/{id}`, `swap`, `toast:words`.
import { call, told, toast } from "./api.js";
import { refresh } from "./swap.js";
import { back, later } from "./undo.js";

/** @param {ParentNode} root */
export function forms(root) {
  for (const form of root.querySelectorAll("form[data-api]")) {
    if (form instanceof HTMLFormElement && !form.dataset.wired) {
      form.dataset.wired = "yes";
      form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
      form.addEventListener("input", () => { form.dataset.dirty = "yes"; });
    }
  }
  for (const button of root.querySelectorAll("[data-opens]")) {
    if (!(button instanceof HTMLElement) || button.dataset.wired) continue;
    button.dataset.wired = "yes";
    button.addEventListener("click", () => {
      const dialog = document.getElementById(button.dataset.opens ?? "");
      if (dialog instanceof HTMLDialogElement) dialog.showModal();
    });
  }
  for (const button of root.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
}

/** @param {HTMLFormElement} form */
export function read(form) {
  /** @type {Record<string, any>} */
  const body = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement)) continue;
    if (!field.name || field.disabled || (field instanceof HTMLInputElement && field.type === "radio" && !field.checked)) continue;
    const part = field.closest("[data-when]");
    if (part instanceof HTMLElement && !meant(form, part.dataset.when ?? "")) continue;
    const type = field.dataset.type ?? (field instanceof HTMLInputElement && field.type === "checkbox" && !field.hasAttribute("value") ? "flag" : "text");
    let value = /** @type {any} */ (field.value);
    if (field instanceof HTMLInputElement && field.type === "checkbox" && type !== "flag") {
      if (field.checked) push(body, field.name, value);
      continue;
    }
    if (type === "flag") value = field instanceof HTMLInputElement ? field.checked : value === "true";
    else if (value === "" && field.dataset.keep === undefined) continue;
    else if (type === "number") value = Number(value);
    else if (type === "list") value = String(value).split(/[,\n]/).map((v) => v.trim()).filter(Boolean);
    else if (type === "json") value = JSON.parse(value);
    else if (type === "moment") value = `${value}T00:00:00Z`;
    put(body, field.name, value);
  }
  return body;
}

/** Whether a part of a form is for what is chosen elsewhere in it: `treatment=mitigate avoid`.
 * @param {HTMLFormElement} form @param {string} when */
function meant(form, when) {
  const [name, words] = when.split("=");
  const choice = form.elements.namedItem(name ?? "");
  return choice instanceof HTMLSelectElement && (words ?? "").split(" ").includes(choice.value);
}

/** @param {Record<string, any>} body @param {string} name @param {any} value */
function put(body, name, value) {
  const path = name.split(".");
  const last = path.pop() ?? name;
  let at = body;
  for (const part of path) at = at[part] ??= {};
  at[last] = value;
}

/** @param {Record<string, any>} body @param {string} name @param {any} value */
function push(body, name, value) {
  const path = name.split(".");
  const last = path.pop() ?? name;
  let at = body;
  for (const part of path) at = at[part] ??= {};
  (at[last] ??= []).push(value);
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const [method, address] = (form.dataset.api ?? "").split(" ");
  const buttons = form.querySelectorAll("button:not([type=button])");
  form.querySelector(":scope > .problem")?.remove();
  for (const button of buttons) if (button instanceof HTMLButtonElement) button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    const body = method === "DELETE" && form.dataset.body === undefined ? undefined : read(form);
    const sent = { ...body };
    const path = address.replace(/\{(\w+)\}/g, (_, name) => { const v = body?.[name] ?? ""; delete body?.[name]; return encodeURIComponent(v); });
    const answer = await call(method, path, body, { etag: form.dataset.etag, isNew: form.dataset.new !== undefined });
    delete form.dataset.dirty;
    // Who listens may take over what follows.
    const goes = form.dispatchEvent(new CustomEvent("sent", { detail: answer, bubbles: true, cancelable: true }));
    if (goes) await then(form, answer, sent);
  } catch (error) {
    form.prepend(told(error));
    form.querySelector(":scope > .problem")?.scrollIntoView({ block: "nearest" });
  } finally {
    form.removeAttribute("aria-busy");
    for (const button of buttons) if (button instanceof HTMLButtonElement) button.disabled = false;
  }
}

/** What a way back does: `data-undo="PATCH /api/v1/…"` with `data-undo-body`, at the revision that the change left; `{name}` in
 * the address is what was sent under that name.
 * @param {HTMLFormElement} form @param {{json: any, etag: string}} answer @param {Record<string, any>} sent
 * @returns {import("./undo.js").Way | undefined} */
function way(form, answer, sent) {
  const [method, told] = (form.dataset.undo ?? "").split(" ");
  if (!told) return undefined;
  const address = told.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(sent[name] ?? ""));
  const body = form.dataset.undoBody ? JSON.parse(form.dataset.undoBody) : undefined;
  return { method, address, body, etag: answer.etag || String(answer.json?.rev ?? "") };
}

/** @param {HTMLFormElement} form @param {{json: any, etag: string}} answer @param {Record<string, any>} sent */
async function then(form, answer, sent) {
  const dialog = form.closest("dialog");
  for (const step of (form.dataset.then ?? "reload").split(";")) {
    const [word, ...rest] = step.trim().split(":");
    const text = rest.join(":").replace(/\{([\w.]+)\}/g, (_, path) => String(path.split(".").reduce((/** @type {any} */ at, /** @type {string} */ key) => at?.[key], answer.json) ?? ""));
    if (word === "go") location.href = text;
    else if (word === "toast") { const known = way(form, answer, sent); toast(text, known && back(known, false)); }
    else if (word === "swap") { dialog?.close(); form.reset(); await refresh(); }
    else if (word === "reload" && text) later(text, way(form, answer, sent));
    else if (word === "reload") location.reload();
  }
}

// @ts-check
// The factors of one step: what differs from what is saved is sent, and the next step follows.
import { call, told } from "./api.js";
import { later } from "./undo.js";

/** @param {HTMLElement} element */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  for (const because of form.querySelectorAll("[data-because]")) because.setAttribute("data-was", /** @type {HTMLInputElement} */ (because).value);
  // The button stands beside the form, in the part that is fetched anew.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-save]:not(form)") : null;
    if (button instanceof HTMLButtonElement) save(form, button);
  });
}

/** @param {Element} group @returns {string[]} */
function chosen(group) {
  const values = [];
  for (const field of group.querySelectorAll("input[name], select")) {
    if (field instanceof HTMLSelectElement || (field instanceof HTMLInputElement && field.checked)) if (field.value) values.push(field.value);
  }
  return values;
}

/** @param {string[]} values @param {string} saved */
const same = (values, saved) => [...values].sort().join(" ") === saved.split(" ").filter(Boolean).sort().join(" ");

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button */
async function save(form, button) {
  /** @type {{answers: Record<string, any>, additions?: string[]}} */
  const body = { answers: {} };
  /** @type {typeof body} */
  const stood = { answers: {} };
  let differs = false;
  for (const group of form.querySelectorAll("[data-factor]")) {
    const because = /** @type {HTMLInputElement} */ (group.querySelector("[data-because]"));
    const values = chosen(group);
    if (same(values, /** @type {HTMLElement} */ (group).dataset.saved ?? "") && because.value === because.dataset.was) continue;
    body.answers[/** @type {HTMLElement} */ (group).dataset.factor ?? ""] = values.length ? { is: values, because: because.value } : null;
    const saved = (/** @type {HTMLElement} */ (group).dataset.saved ?? "").split(" ").filter(Boolean);
    stood.answers[/** @type {HTMLElement} */ (group).dataset.factor ?? ""] = saved.length ? { is: saved, because: because.dataset.was ?? "" } : null;
    differs = true;
  }
  const additions = form.querySelector("[data-additions]");
  if (additions instanceof HTMLElement && !same(chosen(additions), additions.dataset.additions ?? "")) {
    body.additions = chosen(additions);
    stood.additions = (additions.dataset.additions ?? "").split(" ").filter(Boolean);
    differs = true;
  }
  const next = form.dataset.next ?? location.pathname;
  if (!differs) { location.href = next; return; }
  form.querySelector(":scope > .problem")?.remove();
  button.disabled = true;
  try {
    const etag = body.additions ? form.dataset.header : form.dataset.etag;
    const answer = await call("PATCH", form.dataset.save ?? "", body, { etag });
    const changed = Object.keys(body.answers).length + (body.additions ? 1 : 0);
    const way = answer.etag ? { method: "PATCH", address: form.dataset.save ?? "", body: stood, etag: answer.etag } : undefined;
    later(`${changed} ${changed === 1 ? "answer is" : "answers are"} written.`, way, next);
  } catch (error) {
    const box = told(error);
    form.prepend(box);
    box.scrollIntoView({ block: "nearest" });
    button.disabled = false;
  }
}

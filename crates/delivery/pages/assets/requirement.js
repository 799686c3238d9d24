// @ts-check
// The form of one requirement: what was changed in it is sent to the API, laid over what stands, with the revision that was read.
import { Refused, call, told, toast } from "./api.js";
import { refresh } from "./swap.js";
import { back } from "./undo.js";

/** @param {HTMLElement} element */
export function start(element) {
  const form = element.querySelector("form[data-requirement]");
  if (!(form instanceof HTMLFormElement) || !form.dataset.side) return;
  form.addEventListener("input", () => { form.dataset.dirty = "yes"; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const entry = read(form);
    if (!Object.keys(entry).length) { toast("Nothing was changed."); return; }
    form.querySelector(":scope > .problem")?.remove();
    try {
      const rev = form.dataset.rev ?? "";
      const address = form.dataset.send ?? "";
      const answer = await call("PUT", address, { entry, merge: true }, rev ? { etag: rev } : { isNew: true });
      delete form.dataset.dirty;
      document.dispatchEvent(new CustomEvent("written"));
      const body = { entry: before(entry, answer.json?.before), merge: true };
      toast("Written.", back({ method: "PUT", address, body, etag: answer.etag }, false));
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      await refresh();
    } catch (error) {
      form.prepend(told(error));
      if (error instanceof Refused && error.code === "changed-meanwhile") {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = "Put mine on what it says now";
        button.addEventListener("click", () => { form.dataset.rev = String(error.body.revision ?? ""); form.requestSubmit(); });
        form.querySelector(":scope > .problem")?.append(document.createElement("br"), button);
      }
      form.querySelector(":scope > .problem")?.scrollIntoView({ block: "nearest" });
    }
  });
}

/** What of the entry stood before, elements and strength with it. Who tested and when is taken back only to somebody who had.
 * @param {Record<string, any>} entry @param {Record<string, any> | undefined} stood */
function before(entry, stood) {
  const names = Object.keys(entry).filter((name) => !["tester", "tested"].includes(name) || stood?.[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, stood?.[name] ?? null]));
}

/** @param {HTMLFormElement} form */
function read(form) {
  /** @type {Record<string, any>} */
  const entry = {};
  const assessor = form.dataset.side === "assessor";
  for (const set of form.querySelectorAll("fieldset[data-level]")) {
    if (!(set instanceof HTMLElement)) continue;
    const level = set.dataset.level ?? "";
    const score = /** @type {HTMLSelectElement} */ (set.querySelector("[name=score]"));
    const why = /** @type {HTMLTextAreaElement|null} */ (set.querySelector("[name=because]"));
    const scored = score.value !== (score.dataset.was ?? "");
    const reworded = why !== null && why.value.trim() !== (why.dataset.was ?? "").trim();
    if (assessor) {
      if (scored) entry[level] = score.value === "" ? null : Number(score.value);
    } else if (score.value === "") {
      if (scored) entry[level] = null;
    } else if (scored || reworded) {
      entry[level] = { score: Number(score.value), because: why?.value.trim() ?? "" };
    }
  }
  for (const name of ["owner", "comment"]) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement)) continue;
    if (field.value !== (field.dataset.was ?? "")) entry[name] = field.value || null;
  }
  const complete = form.elements.namedItem("complete");
  if (complete instanceof HTMLInputElement && complete.checked !== complete.defaultChecked) entry.complete = complete.checked;
  if (assessor && Object.keys(entry).length) {
    const tester = form.elements.namedItem("tester");
    if (tester instanceof HTMLSelectElement) entry.tester = tester.value;
    entry.tested = form.dataset.today;
  }
  return entry;
}

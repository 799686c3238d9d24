// @ts-check
// Acts on requests, and answers to them: only the fields that the chosen act wants are shown and sent.

/** @param {HTMLElement} form */
export function start(form) {
  const act = form.querySelector("select[name=act], select[name=decision]");
  if (!(act instanceof HTMLSelectElement)) return;
  const fit = () => {
    for (const label of form.querySelectorAll("[data-for]")) {
      if (!(label instanceof HTMLElement)) continue;
      label.hidden = !(label.dataset.for ?? "").split(" ").includes(act.value);
      for (const field of label.querySelectorAll("input, select")) {
        /** @type {HTMLInputElement | HTMLSelectElement} */ (field).disabled = label.hidden;
        /** @type {HTMLInputElement | HTMLSelectElement} */ (field).required = !label.hidden && label.dataset.optional === undefined;
      }
    }
  };
  act.addEventListener("change", fit);
  fit();
}

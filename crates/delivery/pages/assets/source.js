// @ts-check
// What is watched decides what is asked: fields of other kinds are neither shown nor sent.

/** @param {HTMLElement} form */
export function start(form) {
  const kind = form.querySelector("select[name='origin.kind']");
  if (!(kind instanceof HTMLSelectElement)) return;
  const show = () => {
    for (const field of form.querySelectorAll("[data-for]")) {
      if (!(field instanceof HTMLElement)) continue;
      const fits = (field.dataset.for ?? "").split(" ").includes(kind.value);
      field.hidden = !fits;
      for (const input of field.querySelectorAll("input, select")) input.toggleAttribute("disabled", !fits);
    }
  };
  kind.addEventListener("change", show);
  show();
}

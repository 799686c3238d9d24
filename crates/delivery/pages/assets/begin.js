// @ts-check
// A new assessment: the advised type is chosen until somebody chooses another.

/** @param {HTMLElement} form */
export function start(form) {
  let chosen = false;
  for (const radio of form.querySelectorAll("input[name='begin.type']")) radio.addEventListener("change", () => { chosen = true; });
  document.addEventListener("swapped", () => {
    const advised = document.getElementById("advice")?.dataset.kind ?? "";
    if (chosen || !advised) return;
    for (const radio of form.querySelectorAll("input[name='begin.type']")) {
      if (radio instanceof HTMLInputElement) radio.checked = radio.value === advised;
    }
  });
}

// @ts-check
// Somebody asked to see more: the form makes way for what follows.

/** @param {HTMLElement} form */
export function start(form) {
  form.addEventListener("sent", () => {
    form.hidden = true;
    const said = document.getElementById("asked");
    if (said) said.hidden = false;
  });
}

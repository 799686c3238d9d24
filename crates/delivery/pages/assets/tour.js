// @ts-check
// The demo's guided tour. How far one is is remembered in this window; it begins by itself once, and again when asked.

const AT = "attesta-tour";

/** @param {HTMLElement} box */
export function start(box) {
  const stops = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("li[data-to]")]);
  // The assessment is whichever the pages lead to.
  const met = /\/a\/([0-9A-Za-z_-]+)/.exec(location.pathname) ?? /\/a\/([0-9A-Za-z_-]+)/.exec(document.querySelector('main a[href*="/a/"]')?.getAttribute("href") ?? "");
  if (met) sessionStorage.setItem(`${AT}-a`, met[1]);
  const assessment = sessionStorage.getItem(`${AT}-a`) ?? "";
  const to = (/** @type {number} */ step) => (stops[step]?.dataset.to ?? "").replace("{a}", assessment);

  const show = (/** @type {number} */ step) => {
    sessionStorage.setItem(AT, String(step));
    stops.forEach((stop, i) => { stop.hidden = i !== step; });
    box.hidden = step < 0;
    // On another page than the stop's it makes itself small.
    box.classList.toggle("apart", step >= 0 && to(step) !== "" && to(step) !== location.pathname);
    const at = box.querySelector("[data-at]");
    if (at) at.textContent = `${step + 1} of ${stops.length}`;
    const [back, next] = [box.querySelector("[data-step='-1']"), box.querySelector("[data-step='1']")];
    if (back instanceof HTMLButtonElement) back.disabled = step <= 0;
    if (next instanceof HTMLButtonElement) next.hidden = step >= stops.length - 1;
  };
  const go = (/** @type {number} */ step) => {
    if (step < 0 || step >= stops.length) return;
    sessionStorage.setItem(AT, String(step));
    if (to(step) === location.pathname) show(step); else location.href = to(step);
  };
  let now = Number(sessionStorage.getItem(AT) ?? "0");
  if (now >= 0) show(now);
  for (const button of box.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => { now = Number(sessionStorage.getItem(AT)) + Number(/** @type {HTMLElement} */ (button).dataset.step); go(now); });
  }
  box.querySelector("[data-end]")?.addEventListener("click", () => show(-1));
  const begin = document.querySelector("[data-tour]");
  if (begin instanceof HTMLElement) {
    begin.hidden = false;
    begin.addEventListener("click", () => go(0));
  }
}

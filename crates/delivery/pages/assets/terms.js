// @ts-check
// What a word means, where one points at it or comes to it by the keyboard: it can be read with the pointer on it, and Escape closes
// it (WCAG 1.4.13). The words come from the page of words, fetched once; without this module the link leads there.

/** @type {Promise<Document> | undefined} */
let page;
/** @type {HTMLElement | undefined} */
let box;
let leaving = 0;

async function show(/** @type {HTMLAnchorElement} */ link) {
  clearTimeout(leaving);
  page ??= fetch("/words").then((r) => r.text()).then((text) => new DOMParser().parseFromString(text, "text/html"));
  const meaning = (await page).getElementById(link.hash.slice(1))?.querySelector("dd, td")?.textContent;
  if (!meaning || !(link.matches(":hover") || link === document.activeElement)) return;
  hide();
  box = document.createElement("div");
  box.id = "meaning";
  box.className = "meaning";
  box.setAttribute("role", "tooltip");
  box.textContent = meaning;
  link.setAttribute("aria-describedby", "meaning");
  link.after(box);
  box.addEventListener("mouseenter", () => clearTimeout(leaving));
  box.addEventListener("mouseleave", later);
}

function hide() {
  document.querySelector("[aria-describedby=meaning]")?.removeAttribute("aria-describedby");
  box?.remove();
  box = undefined;
}

function later() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, 250);
}

export function terms() {
  const term = (/** @type {Event} */ event) => {
    const link = event.target instanceof Element ? event.target.closest("a.term") : null;
    return link instanceof HTMLAnchorElement ? link : null;
  };
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => { const link = term(event); if (link) show(link); });
  }
  document.addEventListener("pointerout", (event) => { if (term(event)) later(); });
  document.addEventListener("focusout", (event) => { if (term(event)) hide(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && box) hide(); });
}

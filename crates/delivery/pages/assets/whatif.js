// @ts-check
// What if: steps that are chosen, by hand or by the first hours of the list, and how scores and the decision would move.

/** @param {HTMLElement} element */
export function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const slider = /** @type {HTMLInputElement} */ (form.querySelector("input[type=range]"));
  const said = /** @type {HTMLOutputElement} */ (form.querySelector("output"));
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[name=answers]"));
  const chosen = () => [...boxes].filter((box) => box.checked);
  const tell = () => { said.textContent = `${chosen().reduce((sum, box) => sum + Number(box.dataset.hours), 0)} hours, ${chosen().length} steps`; };
  let waiting = 0;
  slider.addEventListener("input", () => {
    let sum = 0;
    for (const box of boxes) {
      sum += Number(box.dataset.hours);
      box.checked = sum <= Number(slider.value);
    }
    tell();
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (chosen().length) form.requestSubmit(); }, 350);
  });
  for (const box of boxes) box.addEventListener("change", tell);
  form.addEventListener("sent", (event) => show(form, /** @type {CustomEvent} */ (event).detail.json));
}

/** @param {HTMLFormElement} form @param {any} moved */
function show(form, moved) {
  const place = /** @type {HTMLElement} */ (form.querySelector(".moved"));
  const line = (/** @type {string} */ text) => Object.assign(document.createElement("p"), { textContent: text });
  const upper = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);
  place.replaceChildren(line(`${upper(moved.verdict_after)}. Now: ${moved.verdict_before}.`));
  const caps = moved.caps_go.length || moved.caps_come.length;
  if (caps) place.append(line(`Corrective action plans: ${moved.caps_go.length} less, ${moved.caps_come.length} more.`));
  if (!moved.domains.length) return;
  const table = document.createElement("table");
  const row = (/** @type {string[]} */ cells, /** @type {string} */ kind) => {
    const tr = document.createElement("tr");
    for (const text of cells) tr.append(Object.assign(document.createElement(kind), { textContent: text }));
    return tr;
  };
  table.append(Object.assign(document.createElement("caption"), { textContent: "Domains that move" }));
  const head = document.createElement("thead");
  head.append(row(["Domain", "Now", "Then", "Reaches the threshold"], "th"));
  const body = document.createElement("tbody");
  const yes = (/** @type {boolean} */ passes) => (passes ? "yes" : "no");
  for (const d of moved.domains) body.append(row([`${d.domain} ${d.title}`, String(d.before ?? "-"), String(d.after ?? "-"), d.passes_before === d.passes_after ? yes(d.passes_after) : `${yes(d.passes_before)}, then ${yes(d.passes_after)}`], "td"));
  table.append(head, body);
  place.append(table);
}

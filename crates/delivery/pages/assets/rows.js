// @ts-check
// Rows of a list that one field sends as JSON: milestones of a plan, attributes of a sample.

/** @param {HTMLElement} element */
export function start(element) {
  const field = /** @type {HTMLInputElement} */ (element.querySelector("input[data-type=json]"));
  const box = /** @type {HTMLElement} */ (element.querySelector(".entries"));
  const template = /** @type {HTMLTemplateElement} */ (element.querySelector("template"));
  /** @param {Record<string, any>} values */
  const add = (values) => {
    const row = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    for (const input of inputs(row)) {
      const value = values[input.dataset.name ?? ""];
      input.value = Array.isArray(value) ? value.join(", ") : value ?? "";
    }
    row.querySelector("[data-less]")?.addEventListener("click", () => { row.remove(); write(); });
    box.append(row);
    return row;
  };
  /** @param {ParentNode} row */
  const inputs = (row) => /** @type {NodeListOf<HTMLInputElement>} */ (row.querySelectorAll("[data-name]"));
  const write = () => {
    const all = [];
    for (const row of box.children) {
      /** @type {Record<string, any>} */
      const entry = {};
      for (const input of inputs(row)) {
        const text = input.value.trim();
        if (!text) continue;
        entry[input.dataset.name ?? ""] = input.dataset.kind === "numbers" ? text.split(/[,\s]+/).filter(Boolean).map(Number) : text;
      }
      if (Object.keys(entry).length) all.push(entry);
    }
    field.value = JSON.stringify(all);
  };
  const given = JSON.parse(field.value || "[]");
  for (const values of given) add(values);
  if (!given.length && element.dataset.first !== undefined) add({});
  box.addEventListener("input", write);
  element.querySelector("[data-more]")?.addEventListener("click", () => { inputs(add({}))[0]?.focus(); write(); });
}

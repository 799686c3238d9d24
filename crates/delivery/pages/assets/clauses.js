// @ts-check
// The checklist of clauses as the API takes it: a list, without what nobody looked for.

/** @param {HTMLElement} form */
export function start(form) {
  const field = form.querySelector("input[name=clauses]");
  if (!(field instanceof HTMLInputElement)) return;
  const gather = () => {
    const clauses = [];
    for (const row of form.querySelectorAll("[data-clause]")) {
      const answer = row.querySelector("select")?.value ?? "";
      const words = row.querySelector("input")?.value.trim() ?? "";
      const clause = row instanceof HTMLElement ? row.dataset.clause : "";
      if (answer === "present") clauses.push(words ? { clause, at: words } : { clause });
      else if (answer === "absent") clauses.push({ clause, absent: true });
      else if (answer === "not applicable") clauses.push({ clause, not_applicable: words });
    }
    field.value = JSON.stringify(clauses);
  };
  form.addEventListener("input", gather);
  form.addEventListener("submit", gather, true);
  gather();
}

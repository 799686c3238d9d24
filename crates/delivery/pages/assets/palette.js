// @ts-check
// Ctrl-K: go anywhere, find a requirement or evidence; and the list of keys.
import { call, meta, organisation } from "./api.js";

/** @typedef {{label: string, hint: string, href: string}} Door */

/** @returns {Door[]} */
function doors() {
  const links = [...document.querySelectorAll(".rooms a, .tabs a")];
  return links.map((a) => ({ label: a.textContent?.trim() ?? "", hint: "go", href: a instanceof HTMLAnchorElement ? a.href : "" }));
}

/** @param {string} text @returns {Promise<Door[]>} */
async function found(text) {
  const org = meta("attesta-organisation");
  if (text.length < 2 || !org) return [];
  const assessment = meta("attesta-assessment");
  const query = encodeURIComponent(text);
  const tried = await Promise.allSettled([
    assessment
      ? call("GET", `${organisation()}/assessments/${assessment}/responses?text=${query}&limit=12`).then((r) =>
          r.json.items.map((/** @type {any} */ i) => ({ label: `${i.requirement} ${i.title}`, hint: "requirement", href: `/o/${org}/a/${assessment}/requirements?open=${encodeURIComponent(i.requirement)}` })))
      : [],
    call("GET", `${organisation()}/evidence?text=${query}&limit=8`).then((r) =>
      r.json.items.map((/** @type {any} */ i) => ({ label: i.title || i.file_name, hint: "evidence", href: `/o/${org}/evidence/${i.id}` }))),
  ]);
  return tried.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
}

export function open() {
  if (document.querySelector("dialog.palette")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Go to");
  const field = Object.assign(document.createElement("input"), { type: "search", placeholder: "Go to a page, find a requirement or evidence…", autocomplete: "off" });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-label": "Go to", "aria-autocomplete": "list" })) field.setAttribute(name, value);
  const list = Object.assign(document.createElement("ul"), { id: "palette-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Places");
  dialog.append(field, list);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  let at = 0;
  let shown = /** @type {Door[]} */ ([]);
  let asked = 0;
  const draw = () => {
    list.replaceChildren(...shown.map((door, index) => {
      const line = document.createElement("li");
      line.id = `palette-${index}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(index === at));
      line.append(door.label, Object.assign(document.createElement("small"), { textContent: door.hint }));
      line.addEventListener("click", () => { location.href = door.href; });
      return line;
    }));
    field.setAttribute("aria-activedescendant", shown.length ? `palette-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const look = async () => {
    const mine = ++asked;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const near = doors().filter((door) => words.every((word) => door.label.toLowerCase().includes(word)));
    shown = near; at = 0; draw();
    const far = await found(field.value.trim());
    if (mine === asked) { shown = [...near, ...far]; draw(); }
  };
  let waiting = 0;
  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 90); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") at = Math.min(at + 1, shown.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter" && shown[at]) { location.href = shown[at].href; return; }
    else return;
    event.preventDefault();
    draw();
  });
  dialog.showModal();
  look();
}

export function help() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "keys-title");
  const rows = [["Ctrl K", "go anywhere, find anything"], ["/", "find on this page"], ["?", "these keys"], ["Esc", "close"]];
  for (const link of document.querySelectorAll("a[data-key]")) {
    if (link instanceof HTMLElement) rows.push([`g ${link.dataset.key}`, `go to ${link.textContent?.trim()}`]);
  }
  const more = document.querySelector("template[data-keys]");
  if (more instanceof HTMLTemplateElement) for (const line of (more.content.textContent ?? "").split("\n")) {
    const [key, what] = line.split("|");
    if (what) rows.push([key.trim(), what.trim()]);
  }
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys" });
  const list = Object.assign(document.createElement("dl"), { className: "pairs" });
  for (const [key, what] of rows) {
    const term = document.createElement("dt");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: what }));
  }
  const close = Object.assign(document.createElement("button"), { textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(title, list, close);
  document.body.append(dialog);
  dialog.showModal();
}

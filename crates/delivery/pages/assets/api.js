// @ts-check
// Calls of the API: the page's CSRF token, problems as errors, and a second proof of who one is where the server wants it.

/** What the page knows of itself. @param {string} name */
export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
/** The organisation's address in the API. */
export const organisation = () => `/api/v1/organisations/${meta("attesta-organisation")}`;

/** A refusal of the API. */
export class Refused extends Error {
  /** @param {number} status @param {{title?: string, help?: string, type?: string, faults?: string[], revision?: number, rule?: string}} body */
  constructor(status, body) {
    super(body.title ?? `the server answered ${status}`);
    this.status = status;
    this.body = body;
    this.code = (body.type ?? "").replace("urn:attesta:problem:", "");
  }
}

/**
 * One call. What changes something carries a key of its own, so that a dropped connection never does it twice.
 * @param {string} method @param {string} path @param {unknown} [body] @param {{etag?: string, isNew?: boolean, key?: string, asked?: boolean}} [options]
 * @returns {Promise<{status: number, json: any, etag: string}>}
 */
export async function call(method, path, body, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (method !== "GET") headers["x-attesta-csrf"] = meta("attesta-csrf");
  if (body !== undefined) headers["content-type"] = "application/json";
  if (options.etag) headers["if-match"] = `"${options.etag.replaceAll('"', "")}"`;
  if (options.isNew) headers["if-none-match"] = "*";
  const key = options.key ?? (method === "POST" && path.includes("/organisations/") ? crypto.randomUUID() : "");
  if (key) headers["idempotency-key"] = key;
  let response;
  for (let attempt = 0; ; attempt++) {
    try {
      response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
      if (response.status !== 503 || attempt >= 3) break;
    } catch (error) {
      if (attempt >= 3 || (method !== "GET" && !key && !options.etag)) {
        throw new Refused(0, { title: "the server cannot be reached", help: "nothing that you typed is lost; try again when the connection is back" });
      }
    }
    await new Promise((done) => setTimeout(done, 400 * 2 ** attempt));
  }
  const text = await response.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* told below by the status alone */ }
  if (response.ok) return { status: response.status, json, etag: (response.headers.get("etag") ?? "").replaceAll('"', "") };
  const refused = new Refused(response.status, json ?? {});
  if (refused.code === "confirm" && !options.asked) {
    const { confirm } = await import("./confirm.js");
    if (await confirm()) return call(method, path, body, { ...options, key, asked: true });
  }
  throw refused;
}

/** A line at the corner, with a way back where there is one. @param {string} text @param {(() => void)=} undo */
export function toast(text, undo) {
  let box = document.querySelector(".toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  const line = document.createElement("div");
  line.className = "toast";
  line.append(text);
  if (undo) {
    const button = document.createElement("button");
    button.textContent = "Undo";
    button.addEventListener("click", () => { line.remove(); undo(); });
    line.append(button);
  }
  box.append(line);
  setTimeout(() => line.remove(), undo ? 12000 : 5000);
  return line;
}

/** A refusal as a part of the page. @param {unknown} error */
export function told(error) {
  const box = document.createElement("div");
  box.className = "problem";
  box.setAttribute("role", "alert");
  const body = error instanceof Refused ? error.body : { title: String(error) };
  const strong = document.createElement("strong");
  strong.textContent = sentence(body.title ?? "something went wrong");
  box.append(strong);
  if (body.help) box.append(document.createElement("br"), sentence(body.help));
  if (body.faults?.length && body.faults.length + 0 > 0 && !(body.faults.length === 1 && body.faults[0] === body.title)) {
    const list = document.createElement("ul");
    for (const fault of body.faults) list.append(Object.assign(document.createElement("li"), { textContent: fault }));
    box.append(list);
  }
  return box;
}

/** @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

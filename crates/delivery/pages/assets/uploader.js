// @ts-check
// Files on their way: each travels in parts that are durable when they arrive, while somebody says what it is. After a dropped
// connection it goes on where it stopped, and after a closed page too when the same file is dropped again.
import { Refused, call, meta, organisation, told, toast } from "./api.js";
import { refresh } from "./swap.js";

/** One part of a file. */
const PART = 1 << 20;
/** So many files travel at once; the others wait. */
const AT_ONCE = 3;

/** @param {number} bytes */
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`);

/** @param {HTMLElement} zone */
export function start(zone) {
  const template = /** @type {HTMLTemplateElement} */ (zone.querySelector("template"));
  const coming = /** @type {HTMLElement} */ (zone.querySelector(".coming"));
  const input = /** @type {HTMLInputElement} */ (zone.querySelector("input[type=file]"));
  /** @type {(() => Promise<void>)[]} */
  const waiting = [];
  let going = 0;
  const next = () => {
    while (going < AT_ONCE && waiting.length) {
      going++;
      waiting.shift()?.().finally(() => { going--; next(); });
    }
  };
  /** @param {Iterable<File>} files */
  const take = (files) => {
    for (const file of files) {
      const card = new Card(zone, template, file);
      coming.append(card.form);
      waiting.push(() => card.send());
    }
    next();
  };
  input.addEventListener("change", () => { take(input.files ?? []); input.value = ""; });
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", (event) => { if (!zone.contains(/** @type {Node} */ (/** @type {DragEvent} */ (event).relatedTarget))) zone.classList.remove("over"); });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(/** @type {DragEvent} */ (event).dataTransfer?.files ?? []);
  });
  addEventListener("beforeunload", (event) => { if (coming.querySelector("form")) event.preventDefault(); });
}

let numbers = 0;

/** A file and what is said of it. */
class Card {
  /** @param {HTMLElement} zone @param {HTMLTemplateElement} template @param {File} file */
  constructor(zone, template, file) {
    this.zone = zone;
    this.file = file;
    const whole = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.form = /** @type {HTMLFormElement} */ (whole.querySelector("form"));
    this.form.setAttribute("aria-label", `${file.name}: what it is`);
    this.form.id = `coming-${++numbers}`;
    this.button = /** @type {HTMLButtonElement} */ (this.form.querySelector("button.main"));
    this.button.disabled = true;
    this.bar = /** @type {HTMLProgressElement} */ (this.form.querySelector("progress"));
    this.bar.setAttribute("aria-label", `${file.name}: how much was sent`);
    this.sha256 = "";
    this.given = false;
    this.upload = "";
    const within = zone.querySelector("select[name=within]");
    this.within = within instanceof HTMLSelectElement ? within.value : "";
    this.key = crypto.randomUUID();
    const put = (/** @type {string} */ mark, /** @type {string} */ text) => { const at = this.form.querySelector(mark); if (at) at.textContent = text; };
    put("[data-name]", file.name);
    put("[data-size]", size(file.size));
    const title = this.form.querySelector("input[name=title]");
    if (title instanceof HTMLInputElement) title.value = file.name.replace(/\.[^.]+$/, "").replaceAll(/[_-]+/g, " ").slice(0, 200);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.add(); });
    this.form.querySelector("[data-drop]")?.addEventListener("click", () => this.giveUp());
  }

  /** @param {string} tone @param {string} glyph @param {string} word */
  says(tone, glyph, word) {
    const state = /** @type {HTMLElement} */ (this.form.querySelector("[data-state]"));
    state.className = `state ${tone}`;
    state.dataset.glyph = glyph;
    state.textContent = word;
  }

  /** @param {string} rest */
  address(rest = "") {
    return `${organisation()}/uploads${rest}${this.within ? `?assessment=${encodeURIComponent(this.within)}` : ""}`;
  }

  /** Where the upload of this file is remembered when the page closes. */
  get memory() {
    return `upload ${organisation()} ${this.within} ${this.file.name} ${this.file.size} ${this.file.lastModified}`;
  }

  async send() {
    if (this.given) return;
    const most = Number(this.zone.dataset.most);
    if (most && this.file.size > most) {
      this.says("bad", "✗", "too big");
      this.form.prepend(told(new Refused(413, { title: `it has ${size(this.file.size)}, and ${size(most)} is the most` })));
      return;
    }
    try {
      let offset = await this.begin();
      while (offset < this.file.size && !this.given) offset = await this.part(offset);
      if (this.given) return;
      this.says("plain", "·", "looked at");
      const { json } = await this.patiently(() => call("POST", this.address(`/${this.upload}/finish`), undefined, { key: crypto.randomUUID() }));
      localStorage.removeItem(this.memory);
      this.sha256 = json.sha256;
      this.bar.value = 100;
      this.warn(json.warnings);
      this.says("good", "✓", json.here ? "here, and was here before" : "here");
      this.button.disabled = false;
    } catch (error) {
      localStorage.removeItem(this.memory);
      this.says("bad", "✗", "not taken");
      this.form.prepend(told(error));
    }
  }

  /** Begins, or goes on with what was begun before; where to go on. @returns {Promise<number>} */
  async begin() {
    const known = localStorage.getItem(this.memory);
    if (known) {
      try {
        const { json } = await call("GET", this.address(`/${known}`));
        this.upload = known;
        return json.phase === "receiving" ? json.offset : this.file.size;
      } catch { localStorage.removeItem(this.memory); }
    }
    const { json } = await this.patiently(() => call("POST", this.address(), { size: this.file.size }));
    this.upload = json.id;
    localStorage.setItem(this.memory, json.id);
    return 0;
  }

  /** Sends one part; where the upload stands then. @param {number} offset @returns {Promise<number>} */
  async part(offset) {
    this.says("plain", "·", "travels");
    const answer = await this.patiently(async () => {
      const response = await fetch(this.address(`/${this.upload}`), {
        method: "PATCH",
        headers: { "upload-offset": String(offset), "content-type": "application/offset+octet-stream", "x-attesta-csrf": meta("attesta-csrf") },
        body: this.file.slice(offset, offset + PART),
      });
      if (response.ok) return (await response.json()).offset;
      // What arrived before the connection broke stays: ask, and go on there.
      if (response.status === 409) return (await call("GET", this.address(`/${this.upload}`))).json.offset;
      throw new Refused(response.status, await response.json().catch(() => ({})));
    }, async () => { offset = (await call("GET", this.address(`/${this.upload}`))).json.offset; });
    this.bar.value = Math.round((answer / Math.max(1, this.file.size)) * 100);
    return answer;
  }

  /**
   * Does it until the connection is there; a refusal is told at once.
   * @template T @param {() => Promise<T>} what @param {() => Promise<void>} [again] @returns {Promise<T>}
   */
  async patiently(what, again) {
    for (let attempt = 0; ; attempt++) {
      try {
        if (attempt && again) await again();
        return await what();
      } catch (error) {
        const gone = !(error instanceof Refused) || error.status === 0 || error.status === 503;
        if (!gone || this.given || attempt > 200) throw error;
        this.says("warn", "!", "waits for the connection");
        await new Promise((done) => {
          const wait = setTimeout(done, Math.min(5000, 300 * 2 ** attempt));
          addEventListener("online", () => { clearTimeout(wait); done(undefined); }, { once: true });
        });
      }
    }
  }

  /** @param {{code: string, message: string}[]} warnings */
  warn(warnings) {
    const list = /** @type {HTMLElement} */ (this.form.querySelector(".warnings"));
    for (const warning of warnings ?? []) {
      if ([...list.children].some((line) => line.textContent === warning.message)) continue;
      list.append(Object.assign(document.createElement("li"), { textContent: warning.message, className: warning.code }));
    }
    list.hidden = !list.children.length;
  }

  async add() {
    const data = new FormData(this.form);
    const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
    /** @type {Record<string, any>} */
    const description = {};
    for (const name of ["title", "kind", "collected", "effective", "valid_until", "system"]) if (text(name)) description[name] = text(name);
    if (data.get("confidential")) description.confidential = true;
    const links = text("targets").split(/[,\n]/).map((t) => t.trim()).filter(Boolean).map((target) => ({ target }));
    if (this.within) links.push({ target: `assessment:${this.within}` });
    const body = { sha256: this.sha256, file_name: this.file.name, description, links };
    const replaces = this.zone.dataset.replaces;
    this.form.querySelector(":scope > .problem")?.remove();
    this.button.disabled = true;
    try {
      const path = replaces ? `${organisation()}/evidence/${replaces}/supersede` : `${organisation()}/evidence`;
      const { json } = await call("POST", path, body, { key: this.key, etag: replaces ? this.zone.dataset.etag : undefined });
      this.given = true;
      if (replaces) { this.form.remove(); location.href = `/o/${this.zone.dataset.org}/evidence/${json.evidence.id}`; return; }
      this.done(json);
      await refresh();
    } catch (error) {
      this.key = crypto.randomUUID();
      this.button.disabled = false;
      this.form.prepend(told(error));
    }
  }

  /** What was added, and what somebody should look at. @param {any} json */
  done(json) {
    const here = (/** @type {string} */ id) => `/o/${this.zone.dataset.org}/evidence/${id}`;
    const line = document.createElement("div");
    line.className = "sheet added";
    line.append("Added: ", Object.assign(document.createElement("a"), { href: here(json.evidence.id), textContent: json.evidence.description.title ?? json.evidence.file_name }));
    if (json.same_bytes.length) {
      line.append(". The same bytes are ", Object.assign(document.createElement("a"), { href: here(json.same_bytes[0]), textContent: "evidence already" }));
    }
    const list = document.createElement("ul");
    for (const warning of json.warnings) if (warning.code !== "same-bytes") list.append(Object.assign(document.createElement("li"), { textContent: warning.message }));
    if (list.children.length) line.append(list);
    this.form.replaceWith(line);
    toast(`${this.file.name} is evidence now.`);
  }

  async giveUp() {
    this.given = true;
    localStorage.removeItem(this.memory);
    this.form.remove();
    if (this.upload && !this.sha256) await call("DELETE", this.address(`/${this.upload}`)).catch(() => {});
  }
}

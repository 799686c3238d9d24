// @ts-check
// The grid of requirements. It draws the rows that are seen, answers keys at once, and leaves the sending to the queue.
import { meta, toast } from "./api.js";
import { Queue } from "./queue.js";
import { swap } from "./swap.js";

const KEYS = /** @type {Record<string, string>} */ ({ 0: "0", 1: "25", 2: "50", 3: "75", 4: "100", Delete: "", Backspace: "" });
const OUTRIGHT = "Given outright in the grid; elements were not judged one by one.";
/** Rows above and below what is seen. */
const SPARE = 12;

/**
 * @typedef {{id: string, title: string, domain: number, ref: string, entity: string[], assessor: string[], score: string, last: string,
 *   band: string, owner: string, state: [string, string], gap: [string, string]|null, stands: string, tested: boolean, rev: number|null,
 *   mine: boolean, sought: string}} Row
 */

/** @param {any[]} r @returns {Row} */
const row = (r) => ({
  id: r[0], title: r[1], domain: r[2], ref: r[3], entity: r[4], assessor: r[5], score: r[6], last: r[7], band: r[8], owner: r[9],
  state: r[10], gap: r[11], stands: r[12], tested: r[13], rev: r[14], mine: r[15], sought: `${r[0]} ${r[1]} ${r[3]}`.toLowerCase(),
});

const GLYPH = /** @type {Record<string, string>} */ ({ good: "✓", warn: "!", bad: "✗", unknown: "?", plain: "·" });

/**
 * A drawn row, with what it shows, so that only what differs is written; rows that leave the window are painted anew for those
 * that enter it.
 * @typedef {{tr: HTMLTableRowElement, cells: HTMLTableCellElement[], link: HTMLElement, texts: string[], id: string, at: number,
 *   said: string[], waits: string, chosen: boolean|null, theirs: boolean|null}} Line
 */

class Grid {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    const data = box.dataset;
    this.side = data.side ?? "";
    this.levels = (data.levels ?? "").split(" ").filter(Boolean);
    this.table = /** @type {HTMLTableElement} */ (box.querySelector("table"));
    this.body = this.table.tBodies[0];
    /** @type {Row[]} */
    this.all = [];
    /** @type {Map<string, Row>} */
    this.by = new Map();
    /** What is drawn, in order: a row, or what somebody must decide about one. @type {{id: string, note: boolean}[]} */
    this.list = [];
    /** @type {Map<string, Line>} */
    this.drawn = new Map();
    /** @type {Map<string, HTMLTableRowElement>} */
    this.notes = new Map();
    /** @type {Line[]} */
    this.idle = [];
    /** What each column is called. */
    this.names = ["id", "title", "domain", ...this.levels.flatMap((level) => [level, level]), "score", "last", "band", "owner", "state", "gap"];
    /** The longest text of each column, by which the columns have their width. @type {string[]} */
    this.longest = [];
    this.people = /** @type {Record<string, string>} */ (JSON.parse(data.people ?? "{}"));
    /** What of the box is seen, and its head: read when the box changes, not at every key. */
    this.view = { height: box.clientHeight, head: 60 };
    /** @type {HTMLElement|null} */
    this.tab = null;
    this.edge = -1;
    /** @type {Record<string, {mine: Record<string, string>, theirs: Record<string, string>, change: any, why: string}>} */
    this.clash = {};
    this.chosen = new Set();
    this.at = { id: "", column: 3 + (this.side === "assessor" ? 1 : 0) };
    this.anchor = "";
    /** @type {{name: string, before: Record<string, string>, patch: Record<string, any>, line?: HTMLElement}[]} */
    this.past = [];
    /** What stood before each change that was sent. @type {Record<string, any>} */
    this.stood = {};
    this.range = [0, 0];
    this.height = 34;
    this.named = [...this.body.rows].map((tr) => tr.dataset.id ?? "");
    this.top = this.space();
    this.bottom = this.space();
    this.queue = new Queue({
      send: data.send ?? "",
      keep: `attesta-grid/${data.keep}/${this.side}`,
      told: () => this.tell(),
      written: (id, answer, change) => this.written(id, answer, change),
      refused: (id, change, error) => this.refused(id, change, error),
    });
    this.filters = /** @type {HTMLFormElement} */ (document.querySelector("[data-grid=filters]"));
    this.wire();
    this.read().catch(() => this.soon(2000));
  }

  space() {
    const tr = document.createElement("tr");
    tr.setAttribute("aria-hidden", "true");
    tr.className = "space";
    const td = document.createElement("td");
    td.colSpan = 9 + 2 * this.levels.length;
    tr.append(td);
    return tr;
  }

  /** @param {string} word @returns {HTMLElement|null} */
  part(word) {
    return document.querySelector(`[data-grid="${word}"]`);
  }

  // What the server knows.

  async read() {
    const response = await fetch(this.box.dataset.rows ?? "", { headers: { accept: "application/json" } });
    if (!response.ok) throw new Error(`rows: ${response.status}`);
    const { rows } = await response.json();
    this.all = rows.map(row);
    this.by = new Map(this.all.map((r) => [r.id, r]));
    this.fit();
    this.show();
    this.box.dataset.ready = "yes";
  }

  /** @param {number} wait */
  soon(wait) {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.read().catch(() => this.soon(4000)), wait);
  }

  // Which rows, and where.

  sieve() {
    const form = new FormData(this.filters);
    const say = (/** @type {string} */ name) => String(form.get(name) ?? "");
    return { text: say("text").trim().toLowerCase(), domain: say("domain"), state: say("state"), owner: say("owner"), gaps: say("gaps") };
  }

  show() {
    const want = this.sieve();
    const lets = (/** @type {Row} */ r) =>
      (!want.text || r.sought.includes(want.text)) &&
      (!want.domain || String(r.domain) === want.domain) &&
      (!want.owner || (want.owner === "-" ? !r.owner : r.owner === want.owner)) &&
      (!want.gaps || (want.gaps === "cap" ? r.gap?.[0] === "bad" : r.gap !== null)) &&
      (!want.state ||
        (want.state === "differs" ? r.assessor.some(Boolean) : want.state === "untested" ? !r.tested : r.stands === want.state));
    this.list = [];
    let wanted = 0;
    for (const r of this.all) {
      const clash = this.clash[r.id] !== undefined;
      // What somebody must decide stays in sight whatever is filtered.
      if (!clash && !lets(r)) continue;
      wanted += 1;
      this.list.push({ id: r.id, note: false });
      if (clash) this.list.push({ id: r.id, note: true });
    }
    this.table.setAttribute("aria-rowcount", String(this.list.length + 2));
    const counts = document.getElementById("counts");
    const all = `${this.all.length} requirement${this.all.length === 1 ? "" : "s"}`;
    if (counts) counts.textContent = wanted === this.all.length ? all : `${wanted} of ${all}`;
    if (!this.list.some((l) => l.id === this.at.id && !l.note)) this.at.id = this.list[0]?.id ?? "";
    this.draw(true);
  }

  /** @param {boolean} fresh whether what is drawn may be old */
  draw(fresh) {
    const first = Math.floor(Math.max(0, this.box.scrollTop) / this.height);
    const seen = Math.ceil((this.view.height - this.view.head) / this.height);
    const from = Math.max(0, Math.floor((first - SPARE) / 4) * 4);
    const to = Math.min(this.list.length, from + Math.ceil((seen + 2 * SPARE) / 4) * 4);
    if (!fresh && from === this.range[0] && to === this.range[1]) return;
    this.range = [from, to];
    const had = this.body.contains(document.activeElement) && !(document.activeElement instanceof HTMLButtonElement);
    const wanted = this.list.slice(from, to);
    const stays = new Set(wanted.filter((l) => !l.note).map((l) => l.id));
    for (const [id, line] of this.drawn) if (!stays.has(id)) { this.drawn.delete(id); this.idle.push(line); }
    const decided = new Set(wanted.filter((l) => l.note).map((l) => l.id));
    for (const [id, tr] of this.notes) if (!decided.has(id)) { this.notes.delete(id); tr.remove(); }
    /** The row before which the next one stands. @type {ChildNode|null} */
    let next = this.body.firstChild === this.top ? this.top.nextSibling : null;
    if (!next) this.body.replaceChildren(this.top, this.bottom);
    next ??= this.bottom;
    const idle = new Set(this.idle.map((line) => line.tr));
    for (let at = 0; at < wanted.length; at++) {
      const { id, note } = wanted[at];
      let tr;
      if (note) {
        tr = this.notes.get(id) ?? this.note(id);
        this.notes.set(id, tr);
        tr.setAttribute("aria-rowindex", String(from + at + 3));
      } else {
        let line = this.drawn.get(id);
        if (!line) {
          line = this.idle.pop() ?? this.line();
          idle.delete(line.tr);
          if (line.tr === next) next = line.tr.nextSibling;
          this.drawn.set(id, line);
        }
        tr = line.tr;
        this.paint(line, /** @type {Row} */ (this.by.get(id)));
        if (line.at !== from + at) { line.at = from + at; tr.setAttribute("aria-rowindex", String(from + at + 3)); }
      }
      // What is on its way out is passed over, not moved.
      while (next && next !== tr && idle.has(/** @type {any} */ (next))) next = next.nextSibling;
      if (tr === next) next = next.nextSibling;
      else this.body.insertBefore(tr, next);
    }
    for (const line of this.idle) line.tr.remove();
    const height = (/** @type {HTMLElement} */ tr, /** @type {number} */ rows) => {
      const said = `${rows * this.height}px`;
      if (tr.style.height !== said) tr.style.height = said;
      if (tr.hidden !== (rows === 0)) tr.hidden = rows === 0;
    };
    height(this.top, from);
    height(this.bottom, this.list.length - to);
    this.mark(had);
  }

  /** @returns {Line} */
  line() {
    const tr = document.createElement("tr");
    /** @type {HTMLTableCellElement[]} */
    const cells = [];
    const cell = (/** @type {string} */ name, tag = "td") => {
      const td = /** @type {HTMLTableCellElement} */ (document.createElement(tag));
      td.className = name;
      cells.push(td);
      return td;
    };
    const head = cell("c-id", "th");
    head.setAttribute("scope", "row");
    const link = document.createElement("a");
    link.tabIndex = -1;
    head.append(link);
    cell("c-title");
    cell("n c-domain");
    for (const level of this.levels) {
      cell(`n ent c-${level}`);
      cell(`n ass c-${level}`);
    }
    for (const name of ["n c-score", "n c-last", "c-band", "c-owner", "c-state", "c-gap"]) cell(name);
    for (const td of cells.slice(1, -2)) td.append("");
    tr.append(...cells);
    return { tr, cells, link, texts: [], id: "", at: -1, said: ["", ""], waits: "", chosen: null, theirs: null };
  }

  /** @param {Line} line @param {Row} r */
  paint(line, r) {
    const { tr, cells, texts } = line;
    if (line.id !== r.id) {
      line.id = r.id;
      tr.dataset.id = r.id;
      line.link.textContent = r.id;
    }
    const waits = this.queue.of(r.id);
    const own = this.side === "assessor" ? 1 : 0;
    const say = (/** @type {number} */ at, /** @type {string} */ text) => {
      if (texts[at] === text) return;
      texts[at] = text;
      /** @type {Text} */ (cells[at].firstChild).data = text;
    };
    say(1, r.title);
    say(2, String(r.domain));
    let at = 3;
    let waiting = "";
    for (let i = 0; i < this.levels.length; i++) {
      const level = this.levels[i];
      const mine = level in waits;
      if (mine) waiting += ` ${level}`;
      say(at, (mine && !own ? waits[level] : r.entity[i]) || "–");
      say(at + 1, (mine && own ? waits[level] : r.assessor[i]) || "–");
      at += 2;
    }
    say(at, r.score || "–");
    say(at + 1, r.last || "–");
    say(at + 2, r.band);
    say(at + 3, this.called(waits.owner ?? r.owner));
    if (waiting !== line.waits) {
      line.waits = waiting;
      for (let i = 0; i < this.levels.length; i++) cells[3 + 2 * i + own].classList.toggle("waiting", this.levels[i] in waits);
    }
    this.word(line, 0, r.state);
    this.word(line, 1, r.gap);
    const chosen = this.chosen.has(r.id);
    if (chosen !== line.chosen) { line.chosen = chosen; tr.setAttribute("aria-selected", String(chosen)); }
    const theirs = !r.mine && this.side !== "";
    if (theirs !== line.theirs) { line.theirs = theirs; tr.classList.toggle("theirs", theirs); }
  }

  /** What a person is called; an id that nobody has any more stays as it is. @param {string} id */
  called(id) {
    return this.people[id] ?? id;
  }

  /** @param {Line} line @param {number} which @param {[string, string]|null} said */
  word(line, which, said) {
    const key = said ? said.join("|") : "";
    if (line.said[which] === key) return;
    line.said[which] = key;
    const td = line.cells[line.cells.length - 2 + which];
    if (!said) { td.replaceChildren(); return; }
    let span = td.firstElementChild;
    if (!(span instanceof HTMLElement)) td.append(span = document.createElement("span"));
    span.className = `state ${said[0]}`;
    span.dataset.glyph = GLYPH[said[0]] ?? "·";
    span.textContent = said[1];
  }

  /** Gives each column the room that its longest text takes, once, so that the browser need not measure every row at every key. */
  fit() {
    const longest = this.names.map(() => "");
    const longer = (/** @type {number} */ at, /** @type {string} */ text) => { if (text.length > longest[at].length) longest[at] = text; };
    for (const r of this.all) {
      longer(0, r.id);
      longer(1, r.title);
      for (let i = 0; i < this.levels.length; i++) { longer(3 + 2 * i, r.entity[i]); longer(4 + 2 * i, r.assessor[i]); }
      const at = 3 + 2 * this.levels.length;
      [r.score, r.last, r.band, this.called(r.owner), r.state[1], r.gap?.[1] ?? ""].forEach((text, i) => longer(at + i, text));
    }
    // A score may become 100.
    for (let at = 2; at < 5 + 2 * this.levels.length; at++) longer(at, "100");
    if (longest.every((text, at) => text.length <= (this.longest[at]?.length ?? -1))) return;
    this.longest = longest;
    this.width();
  }

  /** Measures the columns by a row of their longest texts. */
  width() {
    if (!this.longest.length) return;
    const cols = [...this.table.querySelectorAll("col")];
    for (const col of cols) col.style.width = "";
    this.table.classList.remove("fixed");
    this.table.style.width = "max-content";
    this.table.style.minWidth = "";
    const probe = this.line();
    const [state, gap] = [this.longest.at(-2) ?? "", this.longest.at(-1) ?? ""];
    this.word(probe, 0, ["good", state]);
    this.word(probe, 1, gap ? ["good", gap] : null);
    probe.link.textContent = this.longest[0];
    for (let at = 1; at < probe.cells.length - 2; at++) /** @type {Text} */ (probe.cells[at].firstChild).data = this.longest[at];
    this.body.prepend(probe.tr);
    // Long names are cut at their end; the title takes what is left.
    const most = /** @type {Record<string, number>} */ ({ title: 140, owner: 124 });
    const wide = probe.cells.map((td, at) => Math.min(Math.ceil(td.getBoundingClientRect().width), most[this.names[at]] ?? 400));
    probe.tr.remove();
    cols.forEach((col, at) => { if (at !== 1) col.style.width = `${wide[at]}px`; });
    this.table.style.width = "";
    this.table.style.minWidth = `${wide.reduce((sum, w) => sum + w, 0)}px`;
    this.table.classList.add("fixed");
    this.sized();
  }

  sized() {
    this.view = { height: this.box.clientHeight, head: this.table.tHead?.offsetHeight ?? 60 };
    this.table.classList.toggle("slides", this.box.scrollWidth > this.box.clientWidth + 1);
  }

  /** What somebody must decide, below its row. @param {string} id */
  note(id) {
    const clash = this.clash[id];
    const tr = document.createElement("tr");
    tr.className = "clash";
    tr.dataset.clash = id;
    const td = document.createElement("td");
    td.colSpan = 9 + 2 * this.levels.length;
    const names = Object.keys(clash.mine);
    const say = document.createElement("span");
    say.setAttribute("role", "alert");
    const pairs = names.map((n) => `${n}: yours ${clash.mine[n] || "nothing"}, theirs ${clash.theirs[n] || "nothing"}`).join("; ");
    say.textContent = clash.why
      ? `${id} was not written: ${clash.why} (yours: ${names.map((n) => `${n} ${clash.mine[n] || "nothing"}`).join(", ")})`
      : `${id} was changed by somebody else meanwhile. ${pairs}`;
    const button = (/** @type {string} */ text, /** @type {() => void} */ act) => {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = text;
      b.addEventListener("click", () => { delete this.clash[id]; this.keepClash(); act(); this.show(); this.focus(); });
      return b;
    };
    td.append(
      say, " ",
      button(clash.why ? "Try again" : "Keep mine", () => {
        const r = this.by.get(id);
        if (r) this.queue.add(id, { ...clash.change, rev: r.rev, base: { ...clash.theirs } });
      }), " ",
      button(clash.why ? "Give it up" : "Take theirs", () => {}),
    );
    tr.append(td);
    return tr;
  }

  // Where one is.

  /** @param {boolean} focus */
  mark(focus) {
    const td = this.cell();
    if (td !== this.tab) {
      if (this.tab) this.tab.tabIndex = -1;
      if (td) td.tabIndex = 0;
      else this.box.tabIndex = -1;
      this.tab = td;
    }
    if (focus && document.activeElement !== (td ?? this.box)) (td ?? this.box).focus({ preventScroll: true });
  }

  cell() {
    return this.drawn.get(this.at.id)?.cells[this.at.column] ?? null;
  }

  focus() {
    const index = this.list.findIndex((l) => l.id === this.at.id && !l.note);
    if (index < 0) return;
    const y = index * this.height;
    const room = this.view.height - this.view.head;
    const top = this.box.scrollTop;
    if (y < top) this.box.scrollTop = y;
    else if (y + this.height > top + room) this.box.scrollTop = y + this.height - room;
    this.draw(false);
    this.mark(true);
    if (this.edge === this.at.column) return;
    // Only where the column is another one is it looked whether it is in sight.
    this.edge = this.at.column;
    const td = this.cell();
    if (td && (td.offsetLeft < this.box.scrollLeft + 100 || td.offsetLeft + td.offsetWidth > this.box.scrollLeft + this.box.clientWidth)) {
      this.box.scrollLeft = Math.max(0, td.offsetLeft - 200);
    }
  }

  /** @param {number} rows @param {number} columns @param {boolean} choose */
  move(rows, columns, choose) {
    const lines = this.list.filter((l) => !l.note);
    const index = lines.findIndex((l) => l.id === this.at.id);
    const next = Math.min(lines.length - 1, Math.max(0, index + rows));
    const wide = 9 + 2 * this.levels.length;
    let column = this.at.column;
    const step = Math.sign(columns);
    for (let left = Math.abs(columns); left > 0; ) {
      const to = column + step;
      if (to < 0 || to >= wide) break;
      column = to;
      if (this.shows(column)) left -= 1;
    }
    if (!this.shows(column)) column = this.at.column;
    const from = this.anchor || this.at.id;
    this.at = { id: lines[next]?.id ?? this.at.id, column };
    if (choose) {
      this.anchor = from;
      const a = lines.findIndex((l) => l.id === from);
      this.choose(lines.slice(Math.min(a, next), Math.max(a, next) + 1).map((l) => l.id));
    } else {
      this.anchor = "";
    }
    this.focus();
  }

  /** @param {number} column */
  shows(column) {
    return !(this.table.dataset.hide ?? "").split(" ").includes(this.names[column]);
  }

  /** @param {string[]} ids */
  choose(ids) {
    this.chosen = new Set(ids);
    for (const [id, line] of this.drawn) {
      const is = this.chosen.has(id);
      if (line.chosen !== is) { line.chosen = is; line.tr.setAttribute("aria-selected", String(is)); }
    }
    const bar = this.part("chosen");
    if (bar) bar.hidden = this.chosen.size < 2;
    const many = this.part("how-many");
    if (many) many.textContent = `${this.chosen.size} chosen`;
    const level = this.level();
    const select = this.part("bulk-level");
    if (level && select instanceof HTMLSelectElement) select.value = level;
  }

  level() {
    const at = this.at.column - 3;
    return at >= 0 && at < 2 * this.levels.length ? this.levels[Math.floor(at / 2)] : "";
  }

  // What is changed.

  /** @param {string} name a level, or `owner` @param {string} value @param {string[]} ids */
  set(name, value, ids) {
    const level = this.levels.indexOf(name);
    /** @type {Record<string, string>} */
    const before = {};
    /** @type {Record<string, any>} */
    const patches = {};
    let others = 0;
    for (const id of ids) {
      const r = this.by.get(id);
      if (!r?.mine) { others += 1; continue; }
      const own = name === "owner" ? r.owner : (this.side === "assessor" ? r.assessor : r.entity)[level];
      const waits = this.queue.of(id);
      const shown = waits[name] ?? own;
      if (shown === value) continue;
      before[id] = shown;
      patches[id] = this.queue.waiting[id]?.patch[name];
      this.change(id, r, name, value, this.patch(name, value), own);
    }
    const done = Object.keys(before);
    if (done.length) {
      const act = /** @type {{name: string, before: Record<string, string>, patch: Record<string, any>, line?: HTMLElement}} */ ({ name, before, patch: patches });
      this.past.push(act);
      if (done.length > 1) act.line = toast(`${name} set to ${value || "nothing"} on ${done.length} requirements.`, () => this.undo(act));
      else if (value === "" || !this.said) act.line = toast(`${done[0]}: ${name} ${value || "nothing"}.`, () => this.undo(act));
      this.said = true;
    }
    if (others) toast(`${others === 1 ? "This requirement is" : `${others} of them are`} not yours to change.`);
  }

  /** @param {string} name @param {string} value */
  patch(name, value) {
    if (name === "owner") return value || null;
    if (value === "") return null;
    return this.side === "assessor" ? Number(value) : { score: Number(value), because: OUTRIGHT };
  }

  /** @param {string} id @param {Row} r @param {string} name @param {string} value @param {any} patch @param {string} own */
  change(id, r, name, value, patch, own) {
    const who = this.part("tester");
    const extra = this.side === "assessor" && who instanceof HTMLSelectElement ? { tester: who.value, tested: this.box.dataset.today } : {};
    this.queue.add(id, { rev: r.rev, patch: { ...extra, [name]: patch }, shown: { [name]: value }, base: { [name]: own } });
    const line = this.drawn.get(id);
    if (line) this.paint(line, r);
  }

  /** @param {{name: string, before: Record<string, string>, patch: Record<string, any>, line?: HTMLElement}=} act */
  undo(act) {
    const it = act ?? this.past.at(-1);
    if (!it || !this.past.includes(it)) { toast("There is nothing to undo."); return; }
    this.past.splice(this.past.indexOf(it), 1);
    // The line that offered it has nothing left to offer.
    it.line?.remove();
    for (const [id, value] of Object.entries(it.before)) this.back(id, it, value, 0);
    toast(`${it.name} is as it was on ${Object.keys(it.before).length === 1 ? Object.keys(it.before)[0] : `${Object.keys(it.before).length} requirements`}.`);
  }

  /** @param {string} id @param {{name: string, patch: Record<string, any>}} it @param {string} value @param {number} tries */
  back(id, it, value, tries) {
    // What is on its way is let arrive first, so that what stood before it is known.
    if (this.queue.flying(id) && tries < 100) { setTimeout(() => this.back(id, it, value, tries + 1), 150); return; }
    const r = this.by.get(id);
    if (!r) return;
    if (this.queue.drop(id, it.name)) {
      if (it.patch[id] !== undefined) this.change(id, r, it.name, value, it.patch[id], r.entity[this.levels.indexOf(it.name)] ?? "");
    } else {
      const own = it.name === "owner" ? r.owner : (this.side === "assessor" ? r.assessor : r.entity)[this.levels.indexOf(it.name)];
      const patch = it.patch[id] ?? this.stood[id]?.[it.name] ?? null;
      this.change(id, r, it.name, value, patch, own);
    }
    const line = this.drawn.get(id);
    if (line) this.paint(line, r);
  }

  /** @param {string} id @param {any} answer @param {any} change */
  written(id, answer, change) {
    const r = this.by.get(id);
    this.stood[id] = answer.before ?? {};
    if (r) {
      r.rev = answer.rev;
      const own = this.side === "assessor" ? r.assessor : r.entity;
      for (const [name, value] of Object.entries(change.shown)) {
        const at = this.levels.indexOf(name);
        if (at >= 0) own[at] = value;
        else if (name === "owner") r.owner = value;
      }
      const line = this.drawn.get(id);
      if (line) this.paint(line, r);
    }
    // Scores, gaps and states of others may follow from it.
    this.soon(600);
  }

  /** @param {string} id @param {any} change @param {import("./api.js").Refused} error */
  async refused(id, change, error) {
    const base = change.base;
    if (error.code !== "changed-meanwhile" && error.code !== "exists") {
      const help = error.body.help ? `; ${error.body.help}` : "";
      this.clash[id] = { mine: { ...change.shown }, theirs: {}, change, why: `${error.message}${help}` };
      this.untold(id);
      this.keepClash();
      this.show();
      return;
    }
    // A change that waited behind this one rests on the same older state: it is judged with it.
    const waiting = this.queue.waiting[id];
    if (waiting) {
      delete this.queue.waiting[id];
      change = { rev: null, patch: { ...change.patch, ...waiting.patch }, shown: { ...change.shown, ...waiting.shown }, base: { ...waiting.base, ...base } };
    }
    for (let tries = 0; ; tries++) {
      try { await this.read(); break; } catch {
        if (tries > 20) break;
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
    const r = this.by.get(id);
    if (!r) return;
    const own = this.side === "assessor" ? r.assessor : r.entity;
    /** @type {Record<string, string>} */
    const theirs = {};
    /** @type {Record<string, string>} */
    const mine = {};
    for (const name of Object.keys(change.shown)) {
      const is = name === "owner" ? r.owner : own[this.levels.indexOf(name)];
      if (is !== (change.base[name] ?? "") && is !== change.shown[name]) {
        theirs[name] = is;
        mine[name] = change.shown[name];
      }
    }
    if (Object.keys(theirs).length) {
      this.clash[id] = { mine, theirs, change, why: "" };
      this.untold(id);
      this.keepClash();
      this.show();
    } else {
      // They changed something else of it: both stand.
      this.queue.add(id, { ...change, rev: r.rev });
    }
  }

  /** What was said of an older clash is not shown for a newer one. @param {string} id */
  untold(id) {
    this.notes.get(id)?.remove();
    this.notes.delete(id);
  }

  /** What is not decided yet outlives the page. */
  keepClash() {
    const key = `attesta-grid-clash/${this.box.dataset.keep}/${this.side}`;
    if (Object.keys(this.clash).length) localStorage.setItem(key, JSON.stringify(this.clash));
    else localStorage.removeItem(key);
  }

  tell() {
    const line = this.part("sending");
    if (!line || !this.queue) return;
    const many = this.queue.count();
    const word = `${many} change${many === 1 ? "" : "s"}`;
    const text = many === 0 ? (this.said ? "All is written." : "") : this.queue.away ? `${word} kept here until the connection is back.` : `Writing ${word} …`;
    if (line.textContent !== text) line.textContent = text;
    const again = this.part("again");
    if (again) again.hidden = !this.queue.away;
  }

  // What is pressed.

  wire() {
    const clashes = localStorage.getItem(`attesta-grid-clash/${this.box.dataset.keep}/${this.side}`);
    if (clashes) { try { this.clash = JSON.parse(clashes); } catch { /* not ours */ } }
    const height = this.body.rows[0]?.offsetHeight;
    if (height) this.height = height;
    this.box.addEventListener("scroll", () => this.draw(false), { passive: true });
    new ResizeObserver(() => { this.sized(); this.edge = -1; if (this.all.length) this.draw(true); }).observe(this.box);
    addEventListener("pagehide", () => this.queue.keep());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const td = target.closest("td, th");
      const tr = target.closest("tr[data-id]");
      if (!(td instanceof HTMLTableCellElement) || !(tr instanceof HTMLTableRowElement)) return;
      const id = tr.dataset.id ?? "";
      if (target.closest("a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        this.at = { id, column: 0 };
        this.open(id);
        return;
      }
      if (event.shiftKey) {
        const lines = this.list.filter((l) => !l.note).map((l) => l.id);
        this.anchor ||= this.at.id;
        const [a, b] = [lines.indexOf(this.anchor), lines.indexOf(id)].sort((x, y) => x - y);
        this.at = { id, column: td.cellIndex };
        this.choose(lines.slice(a, b + 1));
      } else {
        this.at = { id, column: td.cellIndex };
        this.anchor = "";
        if (event.ctrlKey || event.metaKey) {
          if (!this.chosen.delete(id)) this.chosen.add(id);
          this.choose([...this.chosen]);
        }
      }
      this.focus();
    });
    this.box.addEventListener("dblclick", (event) => {
      const tr = /** @type {HTMLElement} */ (event.target).closest("tr[data-id]");
      if (tr instanceof HTMLElement) this.open(tr.dataset.id ?? "");
    });
    this.filters.addEventListener("submit", (event) => { event.preventDefault(); this.filtered(); });
    this.filters.addEventListener("input", () => this.filtered());
    const filter = this.part("filter");
    if (filter) filter.hidden = true;
    this.part("again")?.addEventListener("click", () => this.queue.soon(0));
    this.part("choose-none")?.addEventListener("click", () => { this.choose([]); this.focus(); });
    const value = (/** @type {string} */ word) => { const s = this.part(word); return s instanceof HTMLSelectElement ? s.value : ""; };
    this.part("bulk-set")?.addEventListener("click", () => this.set(value("bulk-level"), value("bulk-score"), [...this.chosen]));
    this.part("bulk-own")?.addEventListener("click", () => this.set("owner", value("bulk-owner"), [...this.chosen]));
    this.part("columns")?.addEventListener("click", () => this.columns());
    this.part("export")?.addEventListener("click", () => this.save());
    this.part("keys")?.addEventListener("click", () => this.help());
    this.part("keep")?.addEventListener("click", () => this.keepView());
    document.addEventListener("changed", (event) => {
      let subject = "";
      try { subject = JSON.parse(/** @type {CustomEvent} */ (event).detail).subject ?? ""; } catch { /* read it anyway */ }
      if (!subject || subject.startsWith(meta("attesta-assessment"))) this.soon(500);
    });
    document.addEventListener("written", () => this.soon(200));
    document.addEventListener("keydown", (event) => {
      const panel = document.getElementById("panel");
      if (event.key === "Escape" && panel && !panel.hidden && !document.querySelector("dialog[open]")) { event.preventDefault(); this.close(); }
    });
    document.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest("#panel a[data-close]");
      if (link) { event.preventDefault(); this.close(); }
    });
    this.hide(this.hidden());
    this.views();
    this.active();
    if (!this.body.querySelector("[tabindex='0']")) {
      this.at.id = this.named[0] ?? "";
      const td = this.body.rows[0]?.cells[this.at.column];
      if (td) { td.tabIndex = 0; this.tab = td; }
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("button, input, select")) return;
    const page = Math.max(1, Math.floor((this.view.height - this.view.head) / this.height) - 1);
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && event.key === "z") { event.preventDefault(); this.undo(); return; }
    if (ctrl && event.key === "a") { event.preventDefault(); this.choose(this.list.filter((l) => !l.note).map((l) => l.id)); return; }
    if (event.altKey || (ctrl && !["Home", "End"].includes(event.key))) return;
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-page, 0], PageDown: [page, 0],
      Home: ctrl ? [-1e9, 0] : [0, -1e3], End: ctrl ? [1e9, 0] : [0, 1e3],
    });
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      this.move(move[0], move[1], event.shiftKey);
    } else if (event.key === " ") {
      event.preventDefault();
      if (!this.chosen.delete(this.at.id)) this.chosen.add(this.at.id);
      this.choose([...this.chosen]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.open(this.at.id);
    } else if (event.key === "Escape" && this.chosen.size) {
      event.preventDefault();
      event.stopPropagation();
      this.choose([]);
    } else if (event.key in KEYS && this.level() && this.side) {
      event.preventDefault();
      if ((this.at.column - 3) % 2 !== (this.side === "assessor" ? 1 : 0)) {
        toast(`This column is the ${this.side === "assessor" ? "entity" : "assessor"}'s.`);
        return;
      }
      const many = this.chosen.size > 1 && this.chosen.has(this.at.id);
      this.set(this.level(), KEYS[event.key], many ? [...this.chosen] : [this.at.id]);
    }
  }

  // What is beside the grid.

  /** @param {string} id */
  async open(id) {
    const query = this.query();
    query.set("open", id);
    await swap(`${this.box.dataset.here}?${query}`, ["panel"], true);
    document.getElementById("panel")?.scrollTo(0, 0);
    this.draw(true);
  }

  close() {
    const panel = document.getElementById("panel");
    if (!panel) return;
    panel.hidden = true;
    panel.replaceChildren();
    this.address();
    this.draw(true);
    this.focus();
  }

  // Views and columns.

  query() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.filters)) if (value) query.append(name, String(value));
    return query;
  }

  address() {
    const query = this.query();
    const open = document.getElementById("panel")?.hidden === false ? new URLSearchParams(location.search).get("open") : null;
    if (open) query.set("open", open);
    history.replaceState(history.state, "", `${this.box.dataset.here}${query.size ? `?${query}` : ""}`);
    this.active();
  }

  filtered() {
    this.address();
    this.box.scrollTop = 0;
    this.show();
  }

  active() {
    const now = String(this.query());
    for (const link of document.querySelectorAll("[data-view]")) {
      if (link instanceof HTMLElement && link.dataset.view === now) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  kept() {
    try { return /** @type {Record<string, string>} */ (JSON.parse(localStorage.getItem("attesta-grid-views") ?? "{}")); } catch { return {}; }
  }

  views() {
    const nav = this.part("views");
    if (!nav) return;
    for (const old of nav.querySelectorAll("[data-own]")) old.remove();
    for (const [name, query] of Object.entries(this.kept())) {
      const link = document.createElement("a");
      link.href = `${this.box.dataset.here}?${query}`;
      link.dataset.view = query;
      link.dataset.own = "yes";
      link.textContent = name;
      const forget = document.createElement("button");
      forget.type = "button";
      forget.className = "quiet forget";
      forget.dataset.own = "yes";
      forget.textContent = "✕";
      forget.title = `Forget “${name}”`;
      forget.setAttribute("aria-label", forget.title);
      forget.addEventListener("click", () => this.forget(name, query));
      nav.append(link, forget);
    }
  }

  /** Forgets a view of one's own; it can be had back. @param {string} name @param {string} query */
  forget(name, query) {
    const { [name]: _, ...rest } = this.kept();
    const keep = (/** @type {Record<string, string>} */ all) => {
      localStorage.setItem("attesta-grid-views", JSON.stringify(all));
      this.views();
      this.active();
    };
    keep(rest);
    this.part("keep")?.focus();
    toast(`“${name}” is forgotten.`, () => keep({ ...this.kept(), [name]: query }));
  }

  /** @param {string} title @param {HTMLElement[]} inside @param {(form: HTMLFormElement) => void} act */
  ask(title, inside, act) {
    const dialog = document.createElement("dialog");
    const form = document.createElement("form");
    form.method = "dialog";
    const head = document.createElement("h2");
    head.id = "ask-title";
    head.textContent = title;
    dialog.setAttribute("aria-labelledby", "ask-title");
    const done = document.createElement("button");
    done.className = "main";
    done.textContent = "Done";
    form.append(head, ...inside, done);
    form.addEventListener("submit", () => act(form));
    dialog.append(form);
    dialog.addEventListener("close", () => { dialog.remove(); this.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  }

  keepView() {
    const label = document.createElement("label");
    label.className = "field";
    const input = document.createElement("input");
    input.name = "name";
    input.required = true;
    label.append("Name of this view ", input);
    this.ask("Keep this view", [label], (form) => {
      const name = String(new FormData(form).get("name") ?? "").trim();
      if (!name) return;
      localStorage.setItem("attesta-grid-views", JSON.stringify({ ...this.kept(), [name]: String(this.query()) }));
      this.views();
      this.active();
      toast(`“${name}” is kept in this browser. Its address can be sent to anybody.`);
    });
  }

  /** @returns {string[]} */
  hidden() {
    try { return JSON.parse(localStorage.getItem("attesta-grid-hidden") ?? "[]"); } catch { return []; }
  }

  /** @param {string[]} names */
  hide(names) {
    this.table.dataset.hide = names.join(" ");
    this.width();
  }

  columns() {
    const hidden = new Set(this.hidden());
    const boxes = ["domain", ...this.levels, "score", "last", "band", "owner", "state", "gap"].map((name) => {
      const label = document.createElement("label");
      label.className = "row";
      const box = document.createElement("input");
      box.type = "checkbox";
      box.name = name;
      box.checked = !hidden.has(name);
      box.addEventListener("change", () => {
        if (box.checked) hidden.delete(name); else hidden.add(name);
        localStorage.setItem("attesta-grid-hidden", JSON.stringify([...hidden]));
        this.hide([...hidden]);
      });
      label.append(box, ` ${name}`);
      return label;
    });
    this.ask("Columns", boxes, () => {});
  }

  help() {
    const list = document.createElement("dl");
    list.className = "pairs";
    for (const [keys, what] of [
      ["Arrows, Page, Home, End", "move; with Shift they choose rows"],
      ["0 1 2 3 4", "0, 25, 50, 75, 100 on the level, for every chosen row"],
      ["Delete", "no score of your own on the level"],
      ["Space", "choose the row"],
      ["Ctrl A", "choose every row of the view"],
      ["Ctrl Z", "undo"],
      ["Enter", "open the requirement"],
      ["Esc", "choose none; close the requirement"],
      ["/", "filter"],
    ]) {
      const dt = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = keys;
      dt.append(kbd);
      const dd = document.createElement("dd");
      dd.textContent = what;
      list.append(dt, dd);
    }
    this.ask("Keys of the grid", [list], () => {});
  }

  save() {
    const head = ["requirement", "title", "domain", "control reference", ...this.levels.flatMap((l) => [`${l} entity`, `${l} assessor`]), "score", "last", "band", "owner", "owner id", "state", "gap"];
    const text = (/** @type {string|number} */ v) => {
      const t = String(v);
      // A cell that a spreadsheet would take for a formula is quoted as text.
      return `"${(/^[=+\-@\t]/.test(t) && Number.isNaN(Number(t)) ? `'${t}` : t).replaceAll('"', '""')}"`;
    };
    const lines = this.list.filter((l) => !l.note).map(({ id }) => {
      const r = /** @type {Row} */ (this.by.get(id));
      return [r.id, r.title, r.domain, r.ref, ...this.levels.flatMap((_, i) => [r.entity[i], r.assessor[i]]), r.score, r.last, r.band, this.called(r.owner), r.owner, r.state[1], r.gap?.[1] ?? ""];
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([[head, ...lines].map((l) => l.map(text).join(",")).join("\r\n")], { type: "text/csv" }));
    link.download = "requirements.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

/** @param {HTMLElement} element */
export function start(element) {
  new Grid(element);
}

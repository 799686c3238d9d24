// @ts-check
// What somebody changed and the server has not taken yet. It is kept in the browser, sent in the order in which it came, tried
// again when the connection is back, and told when somebody else changed the same meanwhile. Nothing is lost on the way.
import { Refused, call } from "./api.js";

/** @typedef {{rev: number|null, patch: Record<string, any>, shown: Record<string, string>, base: Record<string, string>}} Change */
/** @typedef {{key: string, items: Record<string, Change>}} Flight */

/** So many requirements travel together. */
const TOGETHER = 20;

export class Queue {
  /**
   * @param {{send: string, keep: string, told: () => void, written: (id: string, answer: any, change: Change) => void,
   *   refused: (id: string, change: Change, error: Refused) => void}} options
   */
  constructor(options) {
    this.options = options;
    /** @type {Record<string, Change>} */
    this.waiting = {};
    /** @type {Flight[]} */
    this.flights = [];
    this.busy = false;
    this.away = false;
    this.tries = 0;
    this.timer = 0;
    this.due = 0;
    try {
      const kept = JSON.parse(localStorage.getItem(options.keep) ?? "{}");
      this.waiting = kept.waiting ?? {};
      this.flights = kept.flights ?? [];
    } catch { /* what cannot be read was never ours */ }
    addEventListener("online", () => this.soon(0));
    if (this.count()) this.soon(0);
  }

  count() {
    const ids = new Set(Object.keys(this.waiting));
    for (const flight of this.flights) for (const id of Object.keys(flight.items)) ids.add(id);
    return ids.size;
  }

  /** What is on its way for a requirement, the newest on top. @param {string} id */
  of(id) {
    const shown = {};
    for (const flight of this.flights) Object.assign(shown, flight.items[id]?.shown);
    return Object.assign(shown, this.waiting[id]?.shown);
  }

  /** @param {string} id */
  flying(id) {
    return this.flights.some((flight) => flight.items[id]);
  }

  /** @param {string} id @param {Change} change */
  add(id, change) {
    const old = this.waiting[id];
    this.waiting[id] = old
      ? { rev: old.rev, patch: { ...old.patch, ...change.patch }, shown: { ...old.shown, ...change.shown }, base: { ...change.base, ...old.base } }
      : change;
    this.kept();
    this.soon(300);
  }

  /** Takes back what was not sent yet. @param {string} id @param {string} name @returns {boolean} */
  drop(id, name) {
    const change = this.waiting[id];
    if (!change || !(name in change.shown)) return false;
    for (const part of [change.patch, change.shown, change.base]) delete part[name];
    if (!Object.keys(change.shown).length) delete this.waiting[id];
    this.kept();
    return true;
  }

  kept() {
    // The disk is slow; the key that was pressed is painted first.
    clearTimeout(this.due);
    this.due = setTimeout(() => this.keep(), 0);
    this.options.told();
  }

  keep() {
    try {
      if (this.count()) localStorage.setItem(this.options.keep, JSON.stringify({ waiting: this.waiting, flights: this.flights }));
      else localStorage.removeItem(this.options.keep);
    } catch { /* a browser without room keeps it on the page alone */ }
  }

  /** @param {number} wait */
  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), wait);
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (await this.one()) { /* until nothing waits */ }
    } finally {
      this.busy = false;
      this.options.told();
    }
  }

  /** Sends what is next. @returns {Promise<boolean>} whether to go on */
  async one() {
    if (!this.flights.length) {
      const ids = Object.keys(this.waiting).slice(0, TOGETHER);
      if (!ids.length) return false;
      /** @type {Record<string, Change>} */
      const items = {};
      for (const id of ids) { items[id] = this.waiting[id]; delete this.waiting[id]; }
      this.flights.push({ key: crypto.randomUUID(), items });
      this.keep();
    }
    const flight = this.flights[0];
    const ids = Object.keys(flight.items);
    const items = ids.map((id) => {
      const { rev, patch } = flight.items[id];
      return { requirement: id, entry: patch, merge: true, ...(rev === null ? {} : { rev }) };
    });
    try {
      const { json } = await call("POST", this.options.send, { items }, { key: flight.key });
      this.flights.shift();
      this.away = false;
      this.tries = 0;
      for (const written of json.items) {
        const waiting = this.waiting[written.requirement];
        if (waiting) waiting.rev = written.rev;
        this.options.written(written.requirement, written, flight.items[written.requirement]);
      }
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, { title: String(error) });
      if (refused.status === 0 || refused.status === 429 || refused.status >= 500) {
        this.away = true;
        this.soon(Math.min(15000, 1000 * 2 ** this.tries++));
        this.kept();
        return false;
      }
      this.flights.shift();
      if (ids.length > 1) {
        // One of them is refused; each is asked by itself.
        this.flights.unshift(...ids.map((id) => ({ key: crypto.randomUUID(), items: { [id]: flight.items[id] } })));
      } else {
        await this.options.refused(ids[0], flight.items[ids[0]], refused);
      }
    }
    this.kept();
    return true;
  }
}

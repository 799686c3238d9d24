// @ts-check
// The way back from what was just done: another call of the API, at the revision that the change left, so that it stands in the
// ledger as a change of its own and never overwrites what somebody else did meanwhile.
import { call, toast } from "./api.js";
import { refresh } from "./swap.js";

const KEPT = "attesta-way-back";

/** @typedef {{method: string, address: string, body?: any, etag: string}} Way */

/** @param {Way} way @param {boolean} reload @returns {() => void} */
export const back = (way, reload) => () => {
  call(way.method, way.address, way.body, { etag: way.etag }).then(
    () => {
      document.dispatchEvent(new CustomEvent("written"));
      if (reload) later("It is as it was.");
      else { toast("It is as it was."); refresh(); }
    },
    (error) => toast(error.code === "changed-meanwhile" ? "Somebody changed it meanwhile; it stays as it is now." : error.message),
  );
};

/** Says something on the page that is loaded next: this one anew, or another. @param {string} text @param {Way=} way @param {string=} where */
export function later(text, way, where) {
  try { sessionStorage.setItem(KEPT, JSON.stringify({ text, way, at: Date.now() })); } catch { /* then nothing is said */ }
  if (where === undefined) location.reload();
  else location.href = where;
}

/** What the page before left to say. */
export function after() {
  const kept = sessionStorage.getItem(KEPT);
  if (!kept) return;
  sessionStorage.removeItem(KEPT);
  const { text, way, at } = JSON.parse(kept);
  if (Date.now() - at < 15000) toast(text, way && back(way, true));
}

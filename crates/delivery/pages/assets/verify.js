// @ts-check
// Verifies that a file was logged, with the browser's own cryptography: C2SP tlog-proof and signed-note, RFC 9162. Nothing is sent.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What did not fit, in words for people. */
class Unfit extends Error {}

/** @param {Uint8Array} bytes */
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
/** @param {string} text */
const unhex = (text) => {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Unfit("a part of the proof is not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
};
/** @param {string} text */
const b64 = (text) => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new Unfit("a part of the proof is not base64");
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
};
/** @param {Uint8Array[]} parts */
async function sha(...parts) {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}
/** @param {Uint8Array} a @param {Uint8Array} b */
const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
/** A number as it is written, without signs or zeros before it. @param {string} text @param {string} what */
function number(text, what) {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) throw new Unfit(`${what} is not a number`);
  return Number(text);
}

/**
 * Verifies; what comes back is what can be said of the file. Anything that does not fit is thrown.
 * @param {Uint8Array} file @param {string} proof @param {string} key
 */
export async function verify(file, proof, key) {
  const cut = proof.indexOf("\n\n");
  if (cut < 0) throw new Unfit("the proof ends too soon");
  const [magic, extra, index, ...hashes] = proof.slice(0, cut).split("\n");
  const checkpoint = proof.slice(cut + 2);
  if (magic !== "c2sp.org/tlog-proof@v1") throw new Unfit("this is no proof file: its first line is not c2sp.org/tlog-proof@v1");
  if (!extra?.startsWith("extra ") || !index?.startsWith("index ")) throw new Unfit("the proof lacks its extra line or its index");
  if (hashes.length > 64) throw new Unfit("the proof has more hashes than any tree");
  const opening = JSON.parse(decoder.decode(b64(extra.slice(6))));
  const leaf = b64(opening.leaf);
  const told = JSON.parse(decoder.decode(leaf));
  const at = number(index.slice(6), "the index");

  // 1. The file is the one that the leaf speaks of.
  const digest = await sha(file);
  if (told.content !== hex(await sha(unhex(opening.salt), digest))) throw new Unfit("this is not the file that was logged: a byte of it, or of its proof, differs");

  // 2. The key is whole, and signed the checkpoint.
  const words = key.trim().split("+");
  const [name, id] = words;
  const material = b64(words.slice(2).join("+"));
  if (material[0] !== 1 || material.length !== 33) throw new Unfit("the key is no Ed25519 key of a log");
  if (hex((await sha(encoder.encode(`${name}\n`), material)).slice(0, 4)) !== id) throw new Unfit("the key is damaged: its name, number and letters do not fit together");
  const end = checkpoint.lastIndexOf("\n\n");
  if (end < 0) throw new Unfit("the checkpoint lacks its signatures");
  const text = checkpoint.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  if (origin !== name) throw new Unfit(`the proof is of the log ${origin}, and the key of ${name}`);
  const public_ = await crypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]);
  let signed = false;
  for (const line of checkpoint.slice(end + 2).trim().split("\n")) {
    const [dash, who, signature] = line.split(" ");
    if (dash !== "\u2014" || who !== name || !signature) continue;
    const bytes = b64(signature);
    if (hex(bytes.slice(0, 4)) !== id) continue;
    signed ||= await crypto.subtle.verify("Ed25519", public_, bytes.slice(4), encoder.encode(text));
  }
  if (!signed) throw new Unfit("the checkpoint is not signed by this key");

  // 3. The leaf stands in the tree (RFC 9162, 2.1.3.2).
  const leaves = number(size, "the tree's size");
  let [node, last, hash] = [at, leaves - 1, await sha(Uint8Array.of(0), leaf)];
  if (node > last) throw new Unfit("the leaf lies beyond the tree");
  for (const line of hashes) {
    const sibling = b64(line);
    if (last <= 0) throw new Unfit("the proof has hashes too many");
    if (node % 2 === 1 || node === last) {
      hash = await sha(Uint8Array.of(1), sibling, hash);
      while (node % 2 === 0 && node > 0) { node = Math.floor(node / 2); last = Math.floor(last / 2); }
    } else hash = await sha(Uint8Array.of(1), hash, sibling);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0 || !same(hash, b64(root))) throw new Unfit("the leaf does not stand in the tree that was signed");
  return { digest: hex(digest), told, at, leaves, origin };
}

/** @param {HTMLElement} form */
export function start(form) {
  const verdict = /** @type {HTMLElement} */ (form.querySelector(".verdict"));
  const file = /** @type {HTMLInputElement} */ (form.querySelector("#verify-file"));
  const proof = /** @type {HTMLInputElement} */ (form.querySelector("#verify-proof"));
  const key = /** @type {HTMLTextAreaElement} */ (form.querySelector("#verify-key"));
  const keyFile = /** @type {HTMLInputElement} */ (form.querySelector("#verify-key-file"));
  keyFile.addEventListener("change", async () => { key.value = ((await keyFile.files?.[0]?.text()) ?? "").trim(); });
  // A verdict is of what was verified, and of nothing that is chosen after it.
  for (const field of [file, proof, key, keyFile]) field.addEventListener("input", () => verdict.replaceChildren());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    verdict.replaceChildren();
    form.setAttribute("aria-busy", "true");
    try {
      if (!globalThis.crypto?.subtle) throw new Unfit("this browser verifies only on pages that come over https; use the command below");
      const bytes = new Uint8Array(await /** @type {File} */ (file.files?.[0]).arrayBuffer());
      let text = await /** @type {File} */ (proof.files?.[0]).text();
      if (text.trimStart().startsWith("{")) text = String(JSON.parse(text).proof ?? "");
      say("good", "verified", await verify(bytes, text, key.value));
    } catch (error) {
      say("bad", "refused", error instanceof Unfit ? error.message : `the proof or the key cannot be read (${error instanceof Error ? error.message : error})`);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });

  /** @param {string} tone @param {string} word @param {any} what */
  function say(tone, word, what) {
    const head = document.createElement("p");
    const state = document.createElement("span");
    state.className = `state ${tone}`;
    state.dataset.glyph = tone === "good" ? "✓" : "✗";
    state.textContent = word;
    head.append(state);
    if (typeof what === "string") {
      head.append(` ${what.charAt(0).toUpperCase()}${what.slice(1)}.`);
      verdict.replaceChildren(head);
      return;
    }
    head.append(" The file was logged as it is, and nobody changed it since.");
    const list = document.createElement("dl");
    list.className = "pairs";
    const rows = [["Leaf", `${what.at} of ${what.leaves}: ${what.told.kind ?? ""} ${what.told.subject ?? ""}`], ["At the latest", what.told.at ?? "not told"], ["By", what.told.actor ?? "not told"], ["In the log", what.origin], ["SHA-256", what.digest], ["Witnesses", "none looked at: the log's owner could show others another history"]];
    for (const [name, value] of rows) {
      list.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
    }
    verdict.replaceChildren(head, list);
  }
}

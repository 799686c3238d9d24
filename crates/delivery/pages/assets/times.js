// @ts-check
// Moments in the reader's own zone. The server writes them in UTC; a `<time>` with an hour in it is shown as it is where the reader
// sits, or in the zone that they chose in their account, and its title keeps UTC. Days have no zone and stay as they are.

/** The zone that moments are shown in. */
export function zone() {
  const chosen = /(?:^|; )attesta-zone=([^;]*)/.exec(document.cookie);
  return chosen ? decodeURIComponent(chosen[1]) : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @type {Intl.DateTimeFormat | undefined} */
let format;

function formatter() {
  if (format) return format;
  const parts = /** @type {Intl.DateTimeFormatOptions} */ ({
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  // The Swedish way to write a moment is the one of ISO 8601. A zone that this browser does not know is UTC.
  try { format = new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: zone() }); }
  catch { format = new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: "UTC" }); }
  return format;
}

/** @param {ParentNode} root */
export function times(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const said = time.getAttribute("datetime") ?? "";
    const read = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)/.exec(said);
    if (!read) continue;
    const at = new Date(`${read[1]}T${read[2]}Z`);
    if (Number.isNaN(at.valueOf())) continue;
    time.setAttribute("title", `${read[1]} ${read[2]} UTC`);
    time.setAttribute("datetime", at.toISOString());
    if (time.textContent?.trim().startsWith(`${read[1]} ${read[2]}`)) time.textContent = formatter().format(at);
  }
}

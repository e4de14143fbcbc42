// @ts-check
// The state of the audit, and the button that starts one.
import { call, messageOf } from "./api.js";
import { fill, h, toast } from "./dom.js";
import { time } from "./format.js";
import { done, refresh } from "./page.js";
import { badge } from "./table.js";
import { T } from "./texts.js";

const A = T.audit;

/** Pauses before the page reads the state again, in milliseconds. The last one repeats. */
const PAUSES = [1_000, 2_000, 3_000, 5_000, 8_000, 13_000];

/** After this time, in milliseconds, the page no longer follows an audit. Each reading prolongs the session. */
const FOLLOWED = 900_000;

/** @typedef {{ state: "none" | "queued" | "running" | "complete" | "failed", startedAt?: string, finishedAt?: string, reason?: string }} Audit */

/** @type {Record<string, "good" | "warn" | "bad" | "info" | "">} */
const KINDS = { queued: "info", running: "info", complete: "good", failed: "bad" };

/** @param {Audit} audit */
const isOpen = ({ state }) => state === "queued" || state === "running";

/** The button and the line with the state. While the audit is open, the line follows it. @param {Audit} audit */
export function auditRun(audit) {
  const line = h("p", { class: "row", role: "status" });
  const button = h("button", { type: "button", class: "primary", "data-key": A.run, onclick: start }, A.run);

  /** @param {string} [text] what the button does at the moment, if anything */
  function busy(text) {
    if (text) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    fill(button, text && h("span", { class: "spinner", "aria-hidden": "true" }), text ?? A.run);
  }

  /** @param {Audit} next */
  function show(next) {
    // A line that says the same again would be read out again.
    if (next.state !== audit.state || line.childNodes.length === 0) fill(line, badge(A.states[next.state] ?? next.state, KINDS[next.state]), h("span", {}, told(next)));
    audit = next;
    busy(isOpen(next) ? A.running : undefined);
  }

  async function start() {
    if (button.hasAttribute("aria-disabled")) return;
    busy(A.starting);
    try {
      show((await call("audit/run", { body: {} })).audit);
    } catch (error) {
      // One may have been started elsewhere, so the state is read all the same.
      toast(messageOf(error), T.close);
      show(audit);
    }
    follow();
  }

  async function follow() {
    const end = Date.now() + FOLLOWED;
    for (let n = 0; Date.now() < end; n++) {
      await pause(PAUSES[Math.min(n, PAUSES.length - 1)]);
      if (!line.isConnected) return;
      if (document.hidden) continue;
      let page;
      try {
        page = await call("audit/list", { query: { limit: 1 }, signIn: false });
      } catch {
        break;
      }
      const wasOpen = isOpen(audit);
      if (isOpen(page.audit)) {
        show(page.audit);
        continue;
      }
      if (!wasOpen) return;
      if (isInUse()) show(page.audit);
      while (isInUse()) await pause(1_000);
      if (!line.isConnected) return;
      done(page.audit.state === "failed" ? A.failed(page.audit.reason ?? "") : A.complete(page.runs?.at(-1)?.findings));
      refresh();
      return;
    }
    if (isOpen(audit)) fill(line, A.notWatched);
    busy();
  }

  show(audit);
  if (isOpen(audit)) follow();
  return { line, button };
}

/** @param {Audit} audit */
function told({ state, startedAt, finishedAt, reason }) {
  if (state === "none") return A.never(A.run);
  if (state === "complete" || state === "failed") return [A.finishedAt(time(finishedAt)), state === "failed" && reason].filter(Boolean).join(" ");
  return startedAt ? A.startedAt(time(startedAt)) : "";
}

/** A dialog is open or a form is being filled in, which a new version of the page would disturb. */
const isInUse = () => Boolean(document.querySelector("dialog[open]") ?? document.activeElement?.closest("main form"));

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// @ts-check
// Parts that several pages share.
import { all, call, messageOf } from "./api.js";
import { h, toast } from "./dom.js";
import { waiting } from "./form.js";
import { badge, empty } from "./table.js";
import { T } from "./texts.js";

/**
 * The frame of a page.
 * @param {{ title: string, text?: string, back?: { href: string, label: string }, action?: Node | false, narrow?: boolean }} head
 * @param {...import("./dom.js").Child} content
 */
export function frame({ title, text, back, action, narrow }, ...content) {
  return h("div", { class: narrow ? "page narrow" : "page" },
    back && h("a", { class: "back", href: back.href }, `← ${back.label}`),
    h("div", { class: "page-head" }, h("div", {}, h("h1", { tabindex: "-1" }, title), text && h("p", {}, text)), action),
    content);
}

/**
 * A button that makes one call, however often it is pressed.
 * @param {string} label
 * @param {{ busy: string, run: () => Promise<void>, kind?: string, name?: string, waitingFor?: string }} options `name` says which row it belongs to
 */
export function actionButton(label, { busy, run, kind = "tight", name, waitingFor }) {
  let running = false;
  const progress = h("span", { class: "progress", role: "status" });
  const button = h("button", { type: "button", class: kind, "data-key": [label, name].join(), "aria-label": name ? `${label}: ${name}` : null, onclick: press }, label);
  async function press() {
    if (running) return;
    running = true;
    button.setAttribute("aria-disabled", "true");
    button.replaceChildren(h("span", { class: "spinner", "aria-hidden": "true" }), busy);
    const stop = waiting(progress, waitingFor);
    try {
      await run();
    } catch (error) {
      toast(messageOf(error), T.close);
    } finally {
      stop();
      running = false;
      button.removeAttribute("aria-disabled");
      button.replaceChildren(label);
    }
  }
  return h("span", { class: "row" }, button, progress);
}

/** Terms with their values. @param {[string, import("./dom.js").Child][]} list */
export const facts = (list) => h("dl", { class: "facts" }, list.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));

/** Shows the current page with new data. */
export const refresh = () => dispatchEvent(new Event("portal:refresh"));

/** @param {string} text */
export const done = (text) => toast(text, T.close);

/** The longest wait for what a page can be shown without, in milliseconds. */
const PATIENCE = 4_000;

/** How long the companies are kept in memory, in milliseconds. */
const KEPT = 300_000;

/** @type {{ names: Promise<Map<number, string>>, since: number } | null} */
let companies = null;

/**
 * The value, or `otherwise` if it takes too long or cannot be had. An ended session is an error all the same.
 * @template V
 * @param {Promise<V>} value
 * @param {V} otherwise
 */
export function soon(value, otherwise) {
  const late = new Promise((/** @type {(value: V) => void} */ resolve) => setTimeout(resolve, PATIENCE, otherwise));
  const failed = (/** @type {{ code?: number }} */ error) => {
    if (error.code === -1016) throw error;
    return otherwise;
  };
  return Promise.race([value.catch(failed), late]);
}

/** Companies by number, from ConnectWise. */
export function allCompanies() {
  if (!companies || Date.now() - companies.since > KEPT) {
    const names = all("companies/list").then((list) => new Map(list.map((/** @type {{ id: number, name: string }} */ one) => [one.id, one.name])));
    companies = { names, since: Date.now() };
    names.catch(() => (companies = null));
  }
  return companies.names;
}

/** Companies by number, for a page that is complete without ConnectWise: it shows numbers then. */
export const companyNames = () => soon(allCompanies(), new Map());

/** @param {Map<number, string>} names @param {number | undefined} company */
export const companyName = (names, company) =>
  company === undefined ? T.none : names.get(company) ?? T.companyNumber(company);

/** Leads to a customer's subscription; a text alone if the organization is not known. @param {string | undefined} organization @param {string} text */
export const customerLink = (organization, text) =>
  organization ? h("a", { href: `#/manage/${encodeURIComponent(organization)}/subscription` }, text) : text;

/**
 * The links below a page of a list; nothing if the list has one page.
 * @param {string} path of the list's first page, such as "#/links" or "#/audit?kind=tooFew"
 * @param {string | undefined} after cursor of this page
 * @param {string | undefined} next cursor of the next one
 */
export const pager = (path, after, next) => (after || next) && h("div", { class: "pager" },
  after ? h("a", { class: "button", href: path }, T.pager.first) : h("span", {}),
  next && h("a", { class: "button", href: `${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(next)}` }, T.pager.next));

/**
 * Returns what a page without rows shows. A page can be empty while others of its list are not.
 * @param {string | undefined} after cursor of this page
 * @param {string | undefined} next cursor of the next one
 * @param {Node} none for a list without any row
 */
export const noRows = (after, next, none) => (after || next ? empty(T.pager.noRows, T.pager.noRowsText) : none);

/** @param {string} state of an addition or a ticket */
export function stateBadge(state) {
  const kinds = /** @type {Record<string, "good" | "warn" | "bad" | "info" | "">} */ ({
    synced: "good", held: "info", pending: "warn", failed: "bad", linked: "info", active: "good", live: "good", suspended: "warn", unsubscribed: "",
    healthy: "good", failing: "bad",
  });
  return badge(T.states[/** @type {keyof typeof T.states} */ (state)] ?? state, kinds[state] ?? "");
}

/** The choices of a company's agreements. @param {string} company */
export async function agreementChoices(company) {
  const agreements = await call("agreements/list", { query: { company } });
  /** @type {{ id: number, name: string, active: boolean, status?: string, nextInvoiceDate?: string }[]} */
  const active = agreements.filter((/** @type {{ active: boolean }} */ one) => one.active);
  return active.map((one) => ({ value: String(one.id), label: one.name, nextInvoiceDate: one.nextInvoiceDate }));
}

/** Every country by its ISO 3166 code, by name. */
export function countries() {
  const names = new Intl.DisplayNames("en", { type: "region" });
  const found = [];
  for (let first = 65; first <= 90; first++) {
    for (let second = 65; second <= 90; second++) {
      const code = String.fromCharCode(first, second);
      const name = names.of(code);
      if (name && name !== code && !NO_COUNTRY.has(code)) found.push({ value: code, label: name });
    }
  }
  return found.sort((a, b) => a.label.localeCompare(b.label, "en"));
}

/** Codes that the browser knows and ISO 3166 does not assign to a country, and former codes. */
const NO_COUNTRY = new Set(("AC AN BU CP CQ CS CT DD DG DY EA EU EZ FQ FX HV IC JT MI NH NQ NT PC PU PZ QO QU RH SU TA TP UK UN VD WK " +
  "XA XB XK YD YU ZR ZZ").split(" "));

// @ts-check
import { beginning, call } from "./api.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { actionButton, companyName, companyNames, done, frame, noRows, pager, refresh, stateBadge } from "./page.js";
import { reason, goToMarked } from "./page-billing.js";
import { may } from "./session.js";
import { badge, empty, table } from "./table.js";
import { T } from "./texts.js";

const K = T.tickets;

/** @typedef {Record<string, any>} Row */

/** @type {import("./app.js").Render} */
export async function render(_, query) {
  const after = query.get("after") ?? undefined;
  const organization = query.get("organization") ?? undefined;
  const [page, names] = await Promise.all([organization ? ofOrganization(organization) : call("tickets/list", { query: { after } }), companyNames()]);
  /** @type {Row[]} */
  const rows = page.tickets;
  const isOpen = page.next || rows.some(({ state }) => state !== "synced" && state !== "held");
  const action = isOpen && may("support") && actionButton(K.retryAll, { busy: K.retrying, kind: "", waitingFor: T.connectWise, run: () => retry({}) });
  const key = (/** @type {Row} */ row) => row.action ?? row.organization;
  const content = rows.length === 0 ? noRows(after, page.next, empty(K.emptyTitle, organization ? K.emptyOrganization : K.emptyText)) : table({
    caption: K.title, rows, key, marked: query.get("row") ?? undefined,
    columns: [
      { label: K.mailbox, cell: (row) => [h("strong", {}, row.mailbox ?? K.group), h("span", { class: "second" }, row.action ? h("code", {}, row.action) : T.organizationNumber(row.organization))] },
      { label: K.company, cell: (row) => companyName(names, row.company) },
      { label: K.ticket, number: true, cell: (row) => row.ticket ?? T.none },
      { label: K.configuration, number: true, cell: (row) => row.configuration ?? T.none },
      { label: K.backup, cell: (row) => badge(row.failing ? K.failing : K.works, row.failing ? "bad" : "good") },
      { label: K.state, wide: true, cell: (row) => [stateBadge(row.state), reason(row)] },
      { label: K.updated, cell: (row) => h("span", { class: "nowrap" }, time(row.updatedAt)) },
      { label: "", only: true, cell: (row) => row.state !== "synced" && row.state !== "held" && may("support") && h("div", { class: "row-actions" }, actionButton(K.retry, {
        busy: K.retrying, name: row.mailbox ?? K.group, waitingFor: T.connectWise,
        run: () => retry(row.action ? { action: row.action } : { organization: row.organization }),
      })) },
    ],
  });
  const links = organization ? h("div", { class: "pager" }, h("a", { class: "button", href: "#/tickets" }, K.all), page.isWhole === false && h("span", {}, K.notWhole)) : pager("#/tickets", after, page.next);
  return { title: K.title, content: [frame({ title: K.title, text: K.text, action }, content, links)], shown: goToMarked };
}

/** The tickets of one organization, on one page. @param {string} organization */
async function ofOrganization(organization) {
  const { rows, isWhole } = await beginning("tickets/list");
  return { tickets: rows.filter((row) => row.organization === organization), next: undefined, isWhole };
}

/** @param {object} body */
async function retry(body) {
  /** @type {Row[]} */
  const rows = await call("tickets/retry", { body });
  const failed = rows.filter(({ state }) => state === "failed").length;
  const pending = rows.filter(({ state }) => state === "pending").length;
  done(T.billing.outcome(rows.length - failed - pending, pending, failed));
  refresh();
}

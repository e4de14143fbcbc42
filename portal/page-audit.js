// @ts-check
// The billing audit: what differs between Dropsuite and the invoices of ConnectWise, in sums and one by one.
import { call } from "./api.js";
import { figures } from "./audit-chart.js";
import { findings } from "./audit-findings.js";
import { auditRun } from "./audit-run.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { price, time } from "./format.js";
import { actionButton, companyName, companyNames, customerLink, done, facts, frame, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { forPeople, T } from "./texts.js";

const A = T.audit;

/** Entries of the history that the page shows; the rest is on a page of its own. */
const SHOWN = 10;

/**
 * @typedef {{ currency: string, notInvoiced: number, invoicedTooMuch: number }} Sum
 * @typedef {{ apply: "ask" | "automatically", ticket?: number }} Settings
 * @typedef {Record<string, any>} Entry
 */

/** @type {import("./app.js").Render} */
export async function render(parts, query) {
  return parts[1] === "history" ? wholeHistory(query) : overview(query);
}

/** @param {URLSearchParams} query */
async function overview(query) {
  const value = (/** @type {string} */ name) => query.get(name) ?? "";
  const asked = { kind: value("kind"), company: value("company"), dismissed: value("dismissed"), after: value("after") };
  const [page, history, names] = await Promise.all([call("audit/list", { query: asked }), asked.after ? null : call("history/list", { query: { action: "audit", limit: SHOWN } }), companyNames()]);
  const address = (/** @type {Partial<typeof asked>} */ changes) => {
    const next = new URLSearchParams(Object.entries({ ...asked, after: "", ...changes }).filter(([, text]) => text !== ""));
    return `#/audit${next.size ? `?${next}` : ""}`;
  };
  const { line, button } = auditRun(page.audit);
  const newest = page.runs?.at(-1);
  return {
    title: A.title,
    content: [frame({ title: A.title, text: A.text, action: may("billing") && button }, line,
      newest && [sums(newest), figures(page.runs)], findings(page, names, asked, address),
      history && [settings(page.settings), recent(history, names)])],
  };
}

/** The newest audit's sums. Amounts of different currencies are never added. @param {{ finishedAt: string, sums: Sum[] }} run */
const sums = (run) => h("section", { class: "card" }, h("h2", {}, A.sums), h("p", { class: "soft small" }, A.asOf(time(run.finishedAt))),
  run.sums.length === 0 ? h("p", {}, A.noSums) : run.sums.map(({ currency, notInvoiced, invoicedTooMuch }) => h("dl", { class: "sums" },
    h("div", {}, h("dt", {}, A.notInvoiced), h("dd", {}, price(notInvoiced, currency, "monthly"))),
    h("div", {}, h("dt", {}, A.invoicedTooMuch), h("dd", {}, price(invoicedTooMuch, currency, "monthly"))))));

/** @param {Settings} now */
const settings = (now) => h("section", { class: "card", id: "audit-settings" }, h("h2", {}, A.settings),
  facts([[A.fixing, A.fixingChoices[now.apply] ?? now.apply], [A.ticket, now.ticket ?? A.noTicket]]),
  may("billing") && h("div", { class: "actions" }, actionButton(A.changeSettings, { kind: "", busy: A.saving, run: () => change(now) })));

/** @param {Settings} now */
async function change(now) {
  const made = await confirm({
    title: A.changeSettings, text: [A.fixingText], confirm: A.save, busy: A.saving,
    fields: [
      { name: "apply", label: A.fixing, type: "select", required: true, value: now.apply, choices: Object.entries(A.fixingChoices).map(([value, label]) => ({ value, label })) },
      { name: "ticket", label: A.ticket, hint: A.ticketHint, type: "number", min: 1, value: now.ticket },
    ],
    run: ({ apply, ticket = null }) => call("audit/settings", { body: { apply, ticket } }),
  });
  if (!made) return;
  done(A.saved);
  refresh();
}

/** @param {{ history: Entry[], next?: string }} page @param {Map<number, string>} names */
const recent = (page, names) => h("section", { class: "part" }, h("h2", {}, A.history),
  page.history.length === 0 ? h("p", { class: "soft" }, A.noHistoryText) : entries(page.history, names),
  page.next && h("div", { class: "pager" }, h("a", { class: "button", href: "#/audit/history" }, A.wholeHistory)));

/** @param {URLSearchParams} query */
async function wholeHistory(query) {
  const after = query.get("after") ?? undefined;
  const [page, names] = await Promise.all([call("history/list", { query: { action: "audit", after } }), companyNames()]);
  const content = page.history.length === 0 ? noRows(after, page.next, empty(A.noHistory, A.noHistoryText)) : entries(page.history, names);
  return { title: A.historyTitle, content: [frame({ title: A.historyTitle, back: { href: "#/audit", label: A.title } }, content, pager("#/audit/history", after, page.next))] };
}

/** @param {Entry[]} rows @param {Map<number, string>} names */
const entries = (rows, names) => table({
  caption: A.history, rows,
  columns: [
    { label: A.at, cell: (row) => [time(row.at), h("span", { class: "second" }, A.by[row.by] ?? row.by)] },
    { label: A.action, cell: (row) => [A.actions[row.action] ?? row.action, row.finding && h("span", { class: "second" }, A.kinds[row.finding.split("/")[0]])] },
    { label: A.organization, cell: (row) => [row.organization ? customerLink(row.organization, row.organization) : T.none, row.company !== undefined && h("span", { class: "second" }, companyName(names, row.company))] },
    { label: A.change, cell: (row) => A.fromTo(row.from, row.to) ?? T.none },
    { label: A.reason, wide: true, cell: (row) => (row.reason ? forPeople(row.reason) : T.none) },
  ],
});

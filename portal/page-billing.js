// @ts-check
// The additions in ConnectWise: one row for each subscription that is or was billed.
import { call } from "./api.js";
import { h } from "./dom.js";
import { day, money, time } from "./format.js";
import { confirm } from "./dialog.js";
import { actionButton, companyName, companyNames, customerLink, done, frame, noRows, pager, refresh, stateBadge } from "./page.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { actionsIn, forPeople, T } from "./texts.js";

const B = T.billing;

/** @typedef {Record<string, any>} Row */

/** @type {import("./app.js").Render} */
export async function render(_, query) {
  const after = query.get("after") ?? undefined;
  const [page, names] = await Promise.all([call("additions/list", { query: { after } }), companyNames()]);
  /** @type {Row[]} */
  const rows = page.additions;
  const order = ["failed", "pending", "linked", "synced", "unlinked"];
  rows.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const isOpen = page.next || rows.some(({ state }) => state === "failed" || state === "pending");
  const action = isOpen && may("billing") && actionButton(B.retryAll, { busy: B.retrying, kind: "", waitingFor: T.connectWise, run: () => retry({}) });
  const key = (/** @type {Row} */ row) => row.subscription ?? row.account;
  const content = rows.length === 0 ? noRows(after, page.next, empty(B.emptyTitle, B.emptyText, h("a", { class: "button", href: "#/users" }, T.users.title))) : table({
    caption: B.title, rows, key, marked: query.get("row") ?? undefined,
    columns: [
      { label: B.company, cell: (row) => [h("strong", {}, customerLink(row.organization, companyName(names, row.company))), h("span", { class: "second" }, row.agreement ? B.agreement(row.agreement) : T.none)] },
      { label: B.plan, wide: true, cell: (row) => [row.planName ?? row.plan ?? T.none, h("span", { class: "second" }, row.subscription ? B.subscription(row.subscription) : B.account(row.account))] },
      { label: B.quantity, number: true, cell: (row) => row.quantity === undefined ? T.none : row.unitPrice === undefined ? row.quantity : B.units(row.quantity, money(row.unitPrice)) },
      { label: B.addition, cell: (row) => [row.addition ? `${row.addition}` : T.none, h("span", { class: "second nowrap" }, since(row))] },
      { label: B.state, wide: true, cell: (row) => [stateBadge(row.state), " ", row.trial && h("span", { class: "badge info" }, B.trial), trialEnd(row), reason(row)] },
      { label: "", only: true, cell: (row) => h("div", { class: "row-actions" }, buttons(row, companyName(names, row.company))) },
    ],
  });
  return { title: B.title, content: [frame({ title: B.title, text: B.text, action }, content, pager("#/billing", after, page.next))], shown: goToMarked };
}

/** Gives the focus to the row that the address names, so that its buttons are the next ones. */
export function goToMarked() {
  const row = /** @type {HTMLElement | null} */ (document.querySelector("tr.marked"));
  row?.setAttribute("tabindex", "-1");
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "center" });
}

/** @param {Row} row */
function since(row) {
  if (row.ended) return row.cancelledDate ? B.until(day(row.cancelledDate)) : B.neverBilled;
  return row.effectiveDate ? B.from(day(row.effectiveDate)) : "";
}

/** The end of a row's trial, if it is one. @param {Row} row */
export const trialEnd = (row) => row.trialPeriod && h("span", { class: "second" }, T.trialEnd(row.trialPeriod, time(row.trialPeriod.endsAt)));

/** @param {Row} row */
export const reason = (row) => [
  row.reason && h("span", { class: "second" }, forPeople(row.reason)),
  row.requiredAction && h("span", { class: "second" }, h("strong", {}, `${B.requiredAction}: `), forPeople(row.requiredAction)),
];

/** The actions at a row: those that its required action names. @param {Row} row @param {string} company */
export function buttons(row, company) {
  if ((row.state !== "failed" && row.state !== "pending") || !may("billing")) return [];
  const who = { subscription: row.subscription, application: row.application };
  const { adopt, recreate } = actionsIn(row.requiredAction ?? "");
  const name = `${company}, ${row.subscription}`;
  return [
    actionButton(B.retry, { busy: B.retrying, name, waitingFor: T.connectWise, run: () => retry(who) }),
    adopt !== undefined && actionButton(B.adopt(adopt), {
      busy: B.adopt(adopt), name, run: () => asked(B.adoptTitle(adopt), B.adoptText(adopt, company), B.adopt(adopt), { ...who, adopt }),
    }),
    recreate && actionButton(B.recreate, {
      busy: B.recreate, name, run: () => asked(B.recreateTitle, B.recreateText(company), B.recreate, { ...who, recreate: true }),
    }),
  ];
}

/** @param {object} body */
async function retry(body) {
  const rows = await call("additions/retry", { body });
  tell(rows);
}

/** @param {string} title @param {string} text @param {string} label @param {object} body */
async function asked(title, text, label, body) {
  /** @type {Row[]} */
  let rows = [];
  const made = await confirm({
    title, text: [text], confirm: label, busy: B.retrying, waitingFor: T.connectWise,
    run: async () => {
      rows = await call("additions/retry", { body });
    },
  });
  if (made) tell(rows);
}

/** @param {Row[]} rows */
function tell(rows) {
  const failed = rows.filter(({ state }) => state === "failed").length;
  const pending = rows.filter(({ state }) => state === "pending").length;
  done(B.outcome(rows.length - failed - pending, pending, failed));
  refresh();
}

// @ts-check
// What an audit found: the filters, the rows, and what a person does about them.
import { addressOf, call } from "./api.js";
import { confirm } from "./dialog.js";
import { fill, h, newId, toast } from "./dom.js";
import { form } from "./form.js";
import { day, money, time } from "./format.js";
import { actionButton, companyName, customerLink, done, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { badge, empty, table } from "./table.js";
import { forPeople, T } from "./texts.js";

const A = T.audit;

/** Findings that one request applies, dismisses or restores. */
const MOST = 25;

/**
 * @typedef {object} Finding
 * @property {string} id
 * @property {string} kind
 * @property {string} [organization]
 * @property {string} [name]
 * @property {number} [company]
 * @property {number} [agreement]
 * @property {number} [addition]
 * @property {number} [billed]
 * @property {number} [due]
 * @property {{ currency: string, amount: number, direction: string }} [perMonth]
 * @property {string} since
 * @property {string} text
 * @property {string} advice
 * @property {string} [fix]
 * @property {{ note: string, at: string }} [dismissed]
 *
 * @typedef {{ kind: string, company: string, dismissed: string, after: string }} Asked
 * @typedef {{ id: string, outcome: string, message: string }} Result
 */

/** What came of the fixes that were applied since the page was opened and the audit ran. @type {Map<string, Result>} */
const results = new Map();

/** The start of the audit that the results follow. */
let audited = "";

/**
 * @param {Record<string, any>} page answer of `audit/list`
 * @param {Map<number, string>} names of the companies
 * @param {Asked} asked
 * @param {(changes: Partial<Asked>) => string} address of the page with other filters
 */
export function findings(page, names, asked, address) {
  /** @type {Finding[]} */
  const rows = page.findings;
  const isRefresh = document.getElementById("findings") !== null;
  if (!isRefresh || audited !== page.audit.startedAt) results.clear();
  audited = page.audit.startedAt;
  const isFiltered = Boolean(asked.kind || asked.company);
  const none = isFiltered ? empty(A.noMatch, A.noMatchText, h("a", { class: "button", href: "#/audit" }, A.all))
    : asked.dismissed ? empty(A.noDismissed, "", h("a", { class: "button", href: "#/audit" }, A.all))
    : page.runs?.length ? empty(A.noFindings, A.noFindingsText) : empty(A.noRuns, A.noRunsText);
  return h("section", { class: "part", id: "findings" },
    h("div", { class: "row between" }, h("h2", {}, A.list), h("a", { class: "button", href: addressOf("audit/csv"), download: true }, A.csv)),
    filters(rows, names, asked, address),
    rows.length === 0 ? noRows(asked.after, page.next, none) : chosenFrom(rows, names, Boolean(asked.dismissed)), pager(address({}), asked.after, page.next));
}

/** @param {Finding[]} rows @param {Map<number, string>} names @param {Asked} asked @param {(changes: Partial<Asked>) => string} address */
function filters(rows, names, asked, address) {
  // A company that ConnectWise does not name now can still be chosen by its number.
  const companies = new Set([...names.keys(), ...rows.map(({ company }) => company), asked.company ? Number(asked.company) : undefined]);
  companies.delete(undefined);
  const { element } = form({
    fields: [
      { name: "kind", label: A.kind, type: "select", bare: true, empty: A.allKinds, value: asked.kind, choices: Object.entries(A.kinds).map(([value, label]) => ({ value, label })) },
      { name: "company", label: A.company, type: "select", bare: true, empty: A.allCompanies, value: asked.company,
        choices: [...companies].map((company) => ({ value: String(company), label: companyName(names, company) })) },
      { name: "dismissed", label: A.showDismissed, type: "checkbox", value: asked.dismissed === "true" },
    ],
    columns: true,
    submit: A.show,
    busy: T.loading,
    onSubmit: async ({ kind = "", company = "", dismissed }) => {
      location.hash = address({ kind, company, dismissed: dismissed ? "true" : "" });
    },
  });
  element.classList.add("search");
  element.setAttribute("role", "search");
  return element;
}

/** The table with what is done to the selected rows. @param {Finding[]} rows @param {Map<number, string>} names @param {boolean} areDismissed */
function chosenFrom(rows, names, areDismissed) {
  // The page that is shown until now, if it is this one, knows what is selected.
  const kept = new Set([.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=finding]:checked"))].map(({ value }) => value));
  const boxes = new Map(rows.map((row) => [row.id, /** @type {HTMLInputElement} */ (h("input", {
    type: "checkbox", name: "finding", value: row.id, id: newId("finding"), checked: kept.has(row.id), "aria-label": `${kindOf(row)}: ${whose(row)}`, onchange: changed,
  }))]));
  const all = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", name: "all", id: newId("all"), onchange: selectAll }));
  const count = h("span", { class: "soft small", role: "status" });
  const selected = () => rows.filter(({ id }) => boxes.get(id)?.checked);

  function show() {
    const number = selected().length;
    all.checked = number === Math.min(rows.length, MOST);
    all.indeterminate = number > 0 && !all.checked;
    fill(count, A.selected(number));
  }

  /** @param {Event} event */
  function changed(event) {
    if (selected().length > MOST) {
      /** @type {HTMLInputElement} */ (event.currentTarget).checked = false;
      toast(A.atMost(MOST), T.close);
    }
    show();
  }

  function selectAll() {
    const isChecked = all.checked;
    [...boxes.values()].forEach((box, index) => (box.checked = isChecked && index < MOST));
    show();
  }

  /** @param {string} label @param {string} busy @param {(rows: Finding[]) => Promise<void>} run */
  const button = (label, busy, run) => actionButton(label, {
    busy, kind: "", waitingFor: T.connectWise, run: async () => {
      if (selected().length === 0) toast(A.selectFirst, T.close);
      else await run(selected());
    },
  });
  const buttons = areDismissed ? button(A.restoreSelected, A.restoring, (chosen) => restore(chosen.filter(({ dismissed }) => dismissed)))
    : [button(A.applySelected, A.applying, applyAll), button(A.dismissSelected, A.dismissing, dismiss)];
  show();
  return h("div", {}, may("billing") && h("div", { class: "row selection", role: "group", "aria-label": A.selection },
    h("div", { class: "check" }, all, h("label", { for: all.id }, A.selectAll(MOST))), buttons, count),
  table({
    caption: A.list, rows, key: (row) => row.id,
    columns: [
      { label: A.finding, wide: true, cell: (row) => finding(row, /** @type {HTMLInputElement} */ (boxes.get(row.id))) },
      { label: A.organization, cell: (row) => [customerLink(row.organization, row.name ?? row.organization ?? T.none), row.name && h("span", { class: "second" }, row.organization)] },
      { label: A.company, cell: (row) => [companyName(names, row.company), row.addition !== undefined && row.agreement !== undefined && h("span", { class: "second" }, T.manage.addition(row.addition, row.agreement))] },
      { label: A.billedAndDue, number: true, cell: (row) => `${row.billed ?? T.none} / ${row.due ?? T.none}` },
      { label: A.perMonth, number: true, cell: (row) => (row.perMonth ? [money(row.perMonth.amount, row.perMonth.currency), h("span", { class: "second" }, A.directions[row.perMonth.direction] ?? row.perMonth.direction)] : T.none) },
      { label: A.since, cell: (row) => h("span", { class: "nowrap" }, day(row.since)) },
      { label: "", only: true, cell: (row) => h("div", { class: "row-actions upright" }, actions(row)) },
    ],
  }));
}

/** @param {Finding} row @param {HTMLInputElement} box */
function finding(row, box) {
  const result = results.get(row.id);
  const kind = h("strong", {}, kindOf(row));
  return h("div", { class: "check" }, may("billing") && box, h("div", {},
    may("billing") ? h("label", { for: box.id }, kind) : kind, row.dismissed && [" ", badge(A.dismissed)],
    h("span", { class: "second" }, forPeople(row.text)),
    h("span", { class: "second" }, h("strong", {}, `${A.toDo}: `), forPeople(row.advice)),
    row.dismissed && h("span", { class: "second" }, A.dismissedAt(time(row.dismissed.at), row.dismissed.note)),
    result && h("span", { class: "second" }, badge(A.outcomes[result.outcome] ?? result.outcome, result.outcome === "done" ? "good" : result.outcome === "waiting" ? "warn" : "bad"), ` ${forPeople(result.message)}`)));
}

/** @param {Finding} row */
const kindOf = ({ kind }) => A.kinds[kind] ?? kind;

/** @param {Finding} row */
const whose = ({ name, organization, addition, agreement }) => name ?? organization ?? (addition === undefined ? T.none : T.manage.addition(addition, agreement ?? 0));

/** The label of a finding's fix; none if the portal cannot apply it. @param {Finding} row */
function fixOf({ fix, addition }) {
  if (fix === "adopt" && addition !== undefined) return T.billing.adopt(addition);
  return fix && fix !== "link" ? A.fixes[/** @type {keyof typeof A.fixes} */ (fix)] : undefined;
}

/** @param {Finding} row */
function actions(row) {
  if (!may("billing")) return [];
  const name = `${kindOf(row)}, ${whose(row)}`;
  if (row.dismissed) return actionButton(A.restore, { busy: A.restoring, name, run: () => restore([row]) });
  const fix = fixOf(row);
  return [
    row.fix === "link" && row.organization && h("a", { class: "button tight", href: `#/links/new?${new URLSearchParams({ organization: row.organization })}`, "aria-label": `${A.fixes.link}: ${name}` }, A.fixes.link),
    fix && actionButton(fix, { busy: A.applying, name, run: () => apply([row], A.applyTitle(fix, whose(row)), fix, [forPeople(row.text), forPeople(row.advice)]) }),
    actionButton(A.dismiss, { busy: A.dismissing, name, run: () => dismiss([row]) }),
  ];
}

/** @param {Finding[]} rows */
async function applyAll(rows) {
  const able = rows.filter((row) => fixOf(row) && !row.dismissed);
  if (able.length === 0) {
    toast(A.noneToApply, T.close);
    return;
  }
  const left = rows.length - able.length;
  const list = h("ul", {}, able.map((row) => h("li", {}, `${fixOf(row)}: ${whose(row)} (${kindOf(row)})`)));
  await apply(able, A.applyAllTitle(able.length), A.apply, left > 0 ? [list, A.leftOut(left)] : [list]);
}

/** @param {Finding[]} rows @param {string} title @param {string} label @param {import("./dom.js").Child[]} text */
async function apply(rows, title, label, text) {
  /** @type {Result[]} */
  let answered = [];
  const made = await confirm({
    title, text, confirm: label, busy: A.applying, waitingFor: T.connectWise,
    run: async () => {
      answered = (await call("audit/apply", { body: { findings: rows.map(({ id }) => id) } })).results;
    },
  });
  if (!made) return;
  for (const result of answered) results.set(result.id, result);
  const count = (/** @type {string} */ outcome) => answered.filter((one) => one.outcome === outcome).length;
  const [ready, waiting] = [count("done"), count("waiting")];
  done(answered.length === 1 ? forPeople(answered[0].message) : A.outcome(ready, waiting, answered.length - ready - waiting));
  refresh();
}

/** @param {Finding[]} rows */
async function dismiss(rows) {
  const made = await confirm({
    title: rows.length === 1 ? A.dismissTitle(`${kindOf(rows[0])}, ${whose(rows[0])}`) : A.dismissAllTitle(rows.length), text: [A.dismissText],
    fields: [{ name: "note", label: A.note, hint: A.noteHint, required: true, max: 500 }], confirm: A.dismiss, busy: A.dismissing,
    run: ({ note }) => call("audit/dismiss", { body: { findings: rows.map(({ id }) => id), note } }),
  });
  if (!made) return;
  done(A.dismissedNow(rows.length));
  refresh();
}

/** @param {Finding[]} rows */
async function restore(rows) {
  await call("audit/dismiss", { body: { findings: rows.map(({ id }) => id), restore: true } });
  done(A.restored(rows.length));
  refresh();
}

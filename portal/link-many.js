// @ts-check
// Organizations without a link, with suggested companies: many links at once.
import { call } from "./api.js";
import { fill, h } from "./dom.js";
import { keep, read } from "./form.js";
import { actionButton, done, frame } from "./page.js";
import { badge, empty, table } from "./table.js";
import { T } from "./texts.js";

const M = T.linkMany;

/** Most links of a request. */
const MOST = 300;

/** Name under which the choices are kept. */
const DRAFT = "linkMany";

/** @typedef {{ id: number, name: string }} Agreement */
/** @typedef {{ company: number, identifier: string, name: string, because: "identifier" | "domain" | "name", prospect: boolean, recycled: boolean, agreements: Agreement[], hasMoreAgreements: boolean }} Candidate */
/** @typedef {{ organization: string, name: string, email: string, application?: string, account?: string, candidates: Candidate[], company?: number, reason?: string }} Row */
/** @typedef {{ rows: Row[], leftOut: [number, number], next?: string }} Found */
/** @typedef {{ row: Row, chosen: HTMLInputElement, company: HTMLSelectElement, agreement: HTMLSelectElement, state: HTMLElement, linked: boolean }} Line */
/** @typedef {{ chosen: boolean, company: string, agreement: string }} Choice */

/** Adds the next organizations without a link. @param {Found} found @returns {Promise<Found>} */
async function readOn({ rows, leftOut, next }) {
  const page = await call("links/suggestions", { query: { after: next } });
  return {
    rows: [...rows, ...page.organizations],
    leftOut: [leftOut[0] + page.otherResellers, leftOut[1] + page.unreadable],
    next: page.next,
  };
}

export async function linkMany() {
  let found = await readOn({ rows: [], leftOut: [0, 0] });
  const content = h("div", {});
  function show() {
    const more = found.next && actionButton(M.readOn, { busy: M.reading, kind: "", waitingFor: T.connectWise, run: async () => {
      found = await readOn(found);
      show();
    } });
    fill(content, ...parts(found), h("div", { class: "actions" }, more));
  }
  show();
  return { title: M.title, content: [frame({ title: M.title, text: M.text, back: { href: "#/links", label: T.links.title } }, content)] };
}

/** The table of what was found. @param {Found} found */
function parts({ rows, leftOut, next }) {
  const kept = /** @type {Record<string, Choice>} */ (read(DRAFT));
  const times = new Map();
  for (const { company } of rows) if (company !== undefined) times.set(company, (times.get(company) ?? 0) + 1);
  const lines = rows.filter(canBeLinked).map((row) => line(row, times.get(row.company) === 1, kept[row.organization]));
  const byRow = new Map(lines.map((one) => [one.row, one]));
  for (const { chosen, company, agreement } of lines) {
    for (const control of [chosen, company, agreement]) control.addEventListener("change", () => keepChoices(lines));
  }
  const omitted = leftOut.some((count) => count > 0) && h("p", { class: "second" }, M.leftOut(...leftOut));
  if (rows.length === 0) return [omitted, next ? null : empty(omitted ? T.pager.noRows : M.emptyTitle, omitted ? "" : M.emptyText)];
  const byHand = (/** @type {Row} */ row) => h("a", { href: `#/links/new?organization=${encodeURIComponent(row.organization)}` }, M.oneByOne);
  const list = table({
    caption: M.title, rows, key: ({ organization }) => organization,
    columns: [
      { label: M.select, cell: (row) => byRow.get(row)?.chosen ?? "" },
      { label: M.organization, cell: (row) => [h("strong", {}, row.name), h("span", { class: "second" }, `${row.organization}, ${row.email}`)] },
      { label: M.company, wide: true, cell: (row) => byRow.get(row)?.company ?? row.reason ?? recycled(row) ?? M.noCompany },
      { label: M.agreement, wide: true, cell: (row) => [byRow.get(row)?.agreement, byRow.get(row)?.state, !row.reason && byHand(row)] },
    ],
  });
  const submit = lines.length > 0 && h("div", { class: "actions" }, actionButton(M.submit, { busy: M.submitting, kind: "primary", waitingFor: T.connectWise, run: () => send(lines) }));
  return [omitted, list, submit];
}

/** @param {Row} row */
const canBeLinked = ({ candidates, reason }) => !reason && candidates.some((one) => !one.recycled);

/** The companies of a row that are in the recycle bin; undefined if there is none. @param {Row} row */
const recycled = ({ candidates }) => candidates.length > 0 ? candidates.map(({ name }) => `${name} (${M.recycled})`).join(", ") : undefined;

/**
 * The controls of a row.
 * @param {Row} row
 * @param {boolean} isOnly no other row has the same exact company
 * @param {Choice | undefined} kept
 * @returns {Line}
 */
function line(row, isOnly, kept) {
  const chosen = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", "aria-label": M.selectOf(row.name) }));
  const label = (/** @type {Candidate} */ one) => `${one.name} (${[M.because[one.because], one.prospect && M.prospect, one.recycled && M.recycled].filter(Boolean).join(", ")})`;
  const company = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": M.companyOf(row.name), onchange: () => showAgreements() },
    h("option", { value: "" }, M.choose), row.candidates.map((one) => h("option", { value: one.company, disabled: one.recycled }, label(one)))));
  const agreement = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": M.agreementOf(row.name), onchange: () => select() }));
  function select() {
    chosen.checked = company.value !== "" && agreement.value !== "";
  }
  function showAgreements() {
    const candidate = row.candidates.find((one) => String(one.company) === company.value);
    const agreements = candidate?.agreements ?? [];
    fill(agreement, h("option", { value: "" }, candidate && agreements.length === 0 ? M.noAgreement : M.choose),
      agreements.map(({ id, name }) => h("option", { value: id, selected: agreements.length === 1 }, name)),
      candidate?.hasMoreAgreements && h("option", { disabled: true }, M.moreAgreements));
    select();
  }
  company.value = kept?.company ?? (isOnly && row.company !== undefined ? String(row.company) : "");
  showAgreements();
  if (kept) {
    agreement.value = kept.agreement;
    chosen.checked = kept.chosen;
  }
  return { row, chosen, company, agreement, state: h("span", { class: "second" }), linked: false };
}

/** Keeps the choices of the rows that are not linked, beside those of rows that are not shown yet. @param {Line[]} lines */
function keepChoices(lines) {
  const choice = (/** @type {Line} */ { chosen, company, agreement, linked }) =>
    linked ? undefined : { chosen: chosen.checked, company: company.value, agreement: agreement.value };
  keep(DRAFT, { ...read(DRAFT), ...Object.fromEntries(lines.map((one) => [one.row.organization, choice(one)])) });
}

/** Links what is selected, until nothing is left or nothing gets on. @param {Line[]} lines */
async function send(lines) {
  const selected = lines.filter(({ chosen }) => chosen.checked);
  const incomplete = selected.filter(({ company, agreement }) => !company.value || !agreement.value);
  for (const { state } of incomplete) fill(state, M.incomplete);
  if (selected.length === 0 || incomplete.length > 0) {
    const [first] = incomplete;
    if (first) (first.company.value ? first.agreement : first.company).focus();
    done(first ? M.incomplete : M.none);
    return;
  }
  const all = selected.map((one) => ({ line: one, link: {
    organization: one.row.organization, application: one.row.application, account: one.row.account,
    company: Number(one.company.value), agreement: Number(one.agreement.value),
  } }));
  let [left, linked, refused] = [all, 0, 0];
  for (const one of selected) disable(one, true);
  try {
    while (left.length > 0) {
      const now = left.slice(0, MOST);
      /** @type {{ results: { outcome: "linked" | "refused" | "left", message: string }[] }} */
      const { results } = await call("links/bulk", { body: { links: now.map(({ link }) => link) } });
      now.forEach((one, index) => show(one.line, results[index]));
      const count = (/** @type {string} */ outcome) => results.filter((one) => one.outcome === outcome).length;
      linked += count("linked");
      refused += count("refused");
      left = [...now.filter((_, index) => results[index].outcome === "left"), ...left.slice(MOST)];
      if (count("left") === now.length) break;
    }
  } finally {
    for (const one of selected) disable(one, one.linked);
    keepChoices(lines);
  }
  done(M.outcome(linked, refused, left.length));
}

/** @param {Line} line @param {boolean} disabled */
function disable({ chosen, company, agreement }, disabled) {
  for (const control of [chosen, company, agreement]) control.disabled = disabled;
}

/** Shows the outcome of a row. @param {Line} line @param {{ outcome: "linked" | "refused" | "left", message: string }} result */
function show(line, { outcome, message }) {
  if (outcome === "linked") {
    line.linked = true;
    line.chosen.checked = false;
  }
  const kind = outcome === "linked" ? "good" : outcome === "refused" ? "bad" : "warn";
  fill(line.state, badge(M[outcome], kind), message && ` ${message}`);
}

// @ts-check
// Links bill accounts of the distributor's shop by an agreement.
import { all, call, messageOf } from "./api.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { day, money, time } from "./format.js";
import { confirm } from "./dialog.js";
import { linkMany } from "./link-many.js";
import { actionButton, agreementChoices, companyName, companyNames, customerLink, done, frame, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { T } from "./texts.js";

const L = T.links;

/** @typedef {Record<string, any>} Row */

/** @type {import("./app.js").Render} */
export async function render(parts, query) {
  if (parts[1] === "many") return linkMany();
  return parts[1] === "new" ? link(query) : list(query);
}

/** @param {URLSearchParams} query */
async function list(query) {
  const after = query.get("after") ?? undefined;
  const [page, names] = await Promise.all([call("links/list", { query: { after } }), companyNames()]);
  /** @type {Row[]} */
  const rows = page.links;
  const create = may("billing") && h("span", { class: "row" }, h("a", { class: "button", href: "#/links/many" }, L.createMany), h("a", { class: "button primary", href: "#/links/new" }, L.createNew));
  const content = rows.length === 0 ? noRows(after, page.next, empty(L.emptyTitle, L.emptyText, create)) : table({
    caption: L.title, rows, key: (row) => row.organization,
    columns: [
      { label: L.organization, cell: (row) => [h("strong", {}, customerLink(row.organization, row.organization)), h("span", { class: "second" }, L.account(row.account))] },
      { label: L.company, cell: (row) => companyName(names, row.company) },
      { label: L.agreement, cell: (row) => row.agreement },
      { label: L.unitPrice, number: true, cell: (row) => (row.unitPrice === undefined ? L.catalogPrice : money(row.unitPrice)) },
      { label: L.billedSeats, cell: (row) => L.billed(row.billedSeats, row.minimumSeats, row.maximumSeats) },
      { label: L.billingDates, cell: (row) => dates(row) },
      { label: L.linkedAt, cell: (row) => h("span", { class: "nowrap" }, time(row.linkedAt)) },
      { label: "", only: true, cell: (row) => may("billing") && h("div", { class: "row-actions" },
        row.organization && h("a", { class: "button tight", href: `#/links/new?${changed(row)}`, "aria-label": `${L.change}: ${row.organization}` }, L.change),
        actionButton(L.remove, { busy: L.remove, name: row.organization, run: () => remove(row, companyName(names, row.company)) })) },
    ],
  });
  return { title: L.title, content: [frame({ title: L.title, text: L.text, action: rows.length > 0 || after ? create : false }, content, pager("#/links", after, page.next))] };
}

/** Members of a link that its form has. */
const MEMBERS = ["organization", "company", "agreement", "unitPrice", "billedSeats", "minimumSeats", "maximumSeats", "startsOn", "lastBilledMonth", "creditsUnused", "application", "account"];

/** @param {Row} row */
function dates(row) {
  const [first, others] = L.dates(row.startsOn, row.lastBilledMonth, row.creditsUnused, day);
  return [first, others && h("span", { class: "second" }, others)];
}

/** The link as it is, for the form that changes it: a member that is not sent again would end. @param {Row} row */
const changed = (row) => new URLSearchParams(MEMBERS.filter((name) => row[name] !== undefined).map((name) => [name, String(row[name])]));

/** @param {Record<string, string>} labels */
const choices = (labels) => Object.entries(labels).map(([value, label]) => ({ value, label }));

/** @param {Row} row @param {string} company */
async function remove(row, company) {
  const made = await confirm({
    title: L.removeTitle(company), text: [L.removeText(row.organization)], confirm: L.remove, busy: L.removing, danger: true,
    run: () => call("links/delete", { body: { application: row.application, account: row.account } }),
  });
  if (made) {
    done(L.removed(company));
    refresh();
  }
}

/** @param {URLSearchParams} query */
async function link(query) {
  const organization = query.get("organization") ?? "";
  const companies = await all("companies/list");
  const startsOn = query.get("startsOn") ?? "nextMonth";
  const isDay = !(startsOn in L.startsOnChoices);
  const asked = form({
    draft: `link.${organization}`,
    fields: [
      { name: "organization", label: L.organization, hint: L.organizationHint, required: true, value: organization },
      { name: "company", label: L.company, type: "select", required: true, value: query.get("company") ?? undefined,
        choices: companies.map((/** @type {{ id: number, name: string }} */ { id, name }) => ({ value: String(id), label: name })), onChange: () => loadAgreements() },
      { name: "agreement", label: L.agreement, type: "select", required: true, value: query.get("agreement") ?? undefined, choices: [], empty: L.companyFirst },
      { name: "unitPrice", label: L.unitPrice, hint: L.unitPriceHint, type: "decimal", max: 1_000_000, value: query.get("unitPrice") ?? undefined },
      { name: "billedSeats", label: L.billedSeats, hint: L.billedSeatsHint, type: "select", required: true, value: query.get("billedSeats") ?? "sold",
        choices: choices(L.billedSeatsChoices), onChange: () => showBounds() },
      { name: "minimumSeats", label: L.minimumSeats, hint: L.minimumSeatsHint, type: "number", max: 100_000, value: query.get("minimumSeats") ?? undefined },
      { name: "maximumSeats", label: L.maximumSeats, hint: L.maximumSeatsHint, type: "number", min: 1, max: 100_000, value: query.get("maximumSeats") ?? undefined },
      { name: "startsOn", label: L.startsOn, hint: L.startsOnHint, type: "select", required: true, value: isDay ? "day" : startsOn,
        choices: choices(L.startsOnChoices), onChange: () => showDay() },
      { name: "startsOnDay", label: L.startsOnDay, hint: L.startsOnDayHint, type: "date", required: true, value: isDay ? startsOn : undefined },
      { name: "lastBilledMonth", label: L.lastBilledMonth, hint: L.lastBilledMonthHint, type: "select", required: true, value: query.get("lastBilledMonth") ?? "this",
        choices: choices(L.lastBilledMonthChoices) },
      { name: "creditsUnused", label: L.creditsUnused, hint: L.creditsUnusedHint, type: "checkbox", value: query.get("creditsUnused") === "true" },
      { name: "application", label: L.application, hint: L.applicationHint, value: query.get("application") ?? undefined },
      { name: "account", label: L.accountId, hint: L.accountHint, value: query.get("account") ?? undefined },
    ],
    submit: L.create,
    busy: L.creating,
    waitingFor: T.connectWise,
    cancel: { label: T.cancel, href: "#/links" },
    onSubmit: async ({ startsOnDay, ...values }) => {
      const starts = startsOnDay ?? values.startsOn;
      const made = await call("links/create", { body: { ...values, startsOn: starts, company: Number(values.company), agreement: Number(values.agreement) } });
      done([L.created, made.billing, made.notice].filter(Boolean).join(" "));
      location.hash = "#/links";
    },
  });
  function showBounds() {
    const isUsed = asked.field("billedSeats").control.value === "used";
    for (const name of ["minimumSeats", "maximumSeats"]) asked.field(name).show(isUsed);
  }
  showBounds();
  function showDay() {
    asked.field("startsOnDay").show(asked.field("startsOn").control.value === "day");
  }
  showDay();
  async function loadAgreements() {
    const company = asked.field("company").control.value;
    const agreement = asked.field("agreement");
    agreement.setChoices([], company ? T.loading : L.companyFirst);
    if (!company) return;
    try {
      const choices = await agreementChoices(company);
      if (asked.field("company").control.value === company) agreement.setChoices(choices, choices.length ? T.form.choose : L.noAgreement);
    } catch (error) {
      agreement.setChoices([], T.form.choose);
      agreement.setProblem(messageOf(error));
    }
  }
  await loadAgreements();
  return { title: L.createTitle, content: [frame({ title: L.createTitle, narrow: true, back: { href: "#/links", label: L.title } }, h("div", { class: "card" }, asked.element))] };
}

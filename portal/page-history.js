// @ts-check
// Who changed what, where and when, and what it was before.
import { addressOf, call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { time } from "./format.js";
import { companyName, companyNames, customerLink, frame, noRows, pager } from "./page.js";
import { badge, empty, table } from "./table.js";
import { forPeople, T } from "./texts.js";

const H = T.history;

/** @typedef {Record<string, any>} Entry */

/** @type {import("./app.js").Render} */
export async function render(_, query) {
  const value = (/** @type {string} */ name) => query.get(name) ?? "";
  const asked = { action: value("action"), from: value("from"), to: value("to") };
  const after = query.get("after") ?? undefined;
  const range = { action: asked.action, since: startOf(asked.from, 0), until: startOf(asked.to, 1) };
  const [page, names] = await Promise.all([call("history/list", { query: { ...range, after } }), companyNames()]);
  const address = (/** @type {Record<string, string>} */ values) => withQuery("#/history", values);
  const isFiltered = Object.values(asked).some((text) => text !== "");
  const none = isFiltered ? empty(H.noMatch, H.noMatchText, h("a", { class: "button", href: "#/history" }, H.all)) : empty(H.none, H.noneText);
  const file = h("a", { class: "button", href: addressOf(withQuery("history/csv", range)), download: true }, H.csv);
  return {
    title: H.title,
    content: [frame({ title: H.title, text: H.text, back: { href: "#/settings", label: T.settings.title }, action: file }, filters(asked, address),
      page.history.length === 0 ? noRows(after, page.next, none) : entries(page.history, names), pager(address(asked), after, page.next))],
  };
}

/** An address with the values that are not empty. @param {string} path @param {Record<string, string | undefined>} values */
function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  return query.size ? `${path}?${query}` : path;
}

/** The start of a day of the reader's own zone, or of a later one. @param {string} day such as 2026-10-01 @param {number} later */
function startOf(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  const start = new Date(year, month - 1, date + later);
  return day === "" || Number.isNaN(start.getTime()) ? undefined : start.toISOString();
}

/** @param {{ action: string, from: string, to: string }} asked @param {(values: Record<string, string>) => string} address */
function filters(asked, address) {
  const { element } = form({
    fields: [
      { name: "action", label: H.area, type: "select", bare: true, empty: H.allAreas, value: asked.action, choices: Object.entries(H.areas).map(([value, label]) => ({ value, label })) },
      { name: "from", label: H.from, type: "date", bare: true, value: asked.from },
      { name: "to", label: H.to, type: "date", bare: true, value: asked.to },
    ],
    columns: true, submit: H.show, busy: T.loading,
    onSubmit: async ({ action = "", from = "", to = "" }) => {
      location.hash = address({ action, from, to });
    },
  });
  element.classList.add("search");
  element.setAttribute("role", "search");
  return element;
}

/** @param {Entry[]} rows @param {Map<number, string>} names */
const entries = (rows, names) => table({
  caption: H.title, rows,
  columns: [
    { label: H.at, cell: (row) => h("span", { class: "nowrap" }, time(row.at)) },
    { label: H.by, wide: true, cell: (row) => [H.names[row.by] ?? row.by, row.channel && h("span", { class: "second" }, H.channels[row.channel] ?? row.channel)] },
    { label: H.action, cell: (row) => [H.areas[row.action.split("/")[0]] ?? row.action, h("span", { class: "second" }, row.action)] },
    { label: H.object, wide: true, cell: (row) => [row.object ?? (row.finding ? T.audit.kinds[row.finding.split("/")[0]] ?? row.finding : T.none), " ",
      row.organization && customerLink(row.organization, row.organization), row.company !== undefined && h("span", { class: "second" }, companyName(names, row.company))] },
    { label: H.before, wide: true, cell: (row) => row.from ?? T.none },
    { label: H.after, wide: true, cell: (row) => [row.to ?? T.none, row.reason && h("span", { class: "second" }, forPeople(row.reason))] },
  ],
});

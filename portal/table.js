// @ts-check
import { h } from "./dom.js";
import { T } from "./texts.js";

/**
 * @template R
 * @typedef {{ label: string, cell: (row: R) => import("./dom.js").Child, number?: boolean, wide?: boolean, only?: boolean, sort?: string }} Column
 */

/**
 * A table. Where the screen is narrow its style makes a card of each row; the roles say that it remains a table.
 * @template R
 * @param {object} options
 * @param {string} options.caption
 * @param {Column<R>[]} options.columns
 * @param {R[]} options.rows
 * @param {(row: R) => string | undefined} [options.key] id of the row, for links to it
 * @param {string} [options.marked] id of the row that is marked
 * @param {{ by: string, change: (by: string) => void, label: (column: string) => string }} [options.sort]
 */
export function table({ caption, columns, rows, key, marked, sort }) {
  const head = columns.map((column) => {
    const sorted = sort && column.sort && sort.by.replace("-", "") === column.sort ? (sort.by.startsWith("-") ? "descending" : "ascending") : null;
    const arrow = sorted === "ascending" ? " ↑" : sorted === "descending" ? " ↓" : "";
    const label = sort && column.sort
      ? h("button", { type: "button", onclick: () => sort.change(sorted === "ascending" ? `-${column.sort}` : String(column.sort)), "aria-label": sort.label(column.label) }, column.label, h("span", { "aria-hidden": "true" }, arrow))
      : column.label === "" ? h("span", { class: "visually-hidden" }, T.actions) : column.label;
    return h("th", { scope: "col", role: "columnheader", class: column.number ? "number" : null, "aria-sort": sorted }, label);
  });
  const body = rows.map((row) => {
    const id = key?.(row);
    return h("tr", { role: "row", id, class: id && id === marked ? "marked" : null }, columns.map((column) =>
      h("td", { role: "cell", "data-label": column.label, class: [column.number && "number", column.wide && "wide", column.only && "only"].filter(Boolean).join(" ") || null },
        h("div", {}, column.cell(row)))));
  });
  return h("div", { class: "table-box" }, h("table", { role: "table" },
    h("caption", { class: "visually-hidden" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    h("tbody", { role: "rowgroup" }, body)));
}

/** @param {string} title @param {string} text @param {...import("./dom.js").Child} actions */
export const empty = (title, text, ...actions) =>
  h("div", { class: "card empty" }, h("h2", {}, title), h("p", {}, text), actions);

/** @param {string} text @param {"good" | "warn" | "bad" | "info" | ""} [kind] */
export const badge = (text, kind = "") => h("span", { class: `badge ${kind}`.trim() }, text);

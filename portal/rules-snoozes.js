// @ts-check
// Failures of which the MSP wants no ticket.
import { call } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { time } from "./format.js";
import { actionButton, allCompanies, companyName, companyNames, done, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { badge, empty, table } from "./table.js";
import { T } from "./texts.js";

const N = T.snoozes;

/** @typedef {Record<string, any>} Row */

/** @param {Row} row @param {Map<number, string>} names */
const subject = (row, names) => row.mailbox ?? (row.error ? N.kinds[/** @type {"other"} */ (row.error)] : companyName(names, row.company));

/** What a request names. @param {Row} row */
const scope = ({ company, mailbox, error }) => (company ? { company } : mailbox ? { mailbox } : { error });

/** @param {{ snoozes: Row[], next?: string }} page @param {string | undefined} after */
export async function snoozes(page, after) {
  const names = await companyNames();
  const rows = page.snoozes;
  const content = rows.length === 0 ? noRows(after, page.next, empty(N.emptyTitle, N.emptyText)) : table({
    caption: N.title, rows, key: (row) => `snooze-${row.company ?? row.mailbox ?? row.error}`,
    columns: [
      { label: N.subject, cell: (row) => [h("strong", {}, subject(row, names)), h("span", { class: "second" }, row.company ? N.company : row.mailbox ? N.mailbox : N.error)] },
      { label: N.until, cell: (row) => [row.until ? h("span", { class: "nowrap" }, time(row.until)) : N.noEnd, row.active ? null : badge(N.ended)] },
      { label: N.reason, wide: true, cell: (row) => row.reason },
      { label: N.by, cell: (row) => [row.by, h("span", { class: "second nowrap" }, time(row.at))] },
      { label: "", only: true, cell: (row) => may("support") && h("div", { class: "row-actions" },
        actionButton(N.change, { busy: N.change, name: subject(row, names), run: () => ask(row, subject(row, names)) }),
        actionButton(N.remove, { busy: N.removing, name: subject(row, names), run: () => remove(row, subject(row, names)) })) },
    ],
  });
  return h("section", { id: "snoozes" }, h("h2", {}, N.title), h("p", { class: "soft" }, N.text), content,
    may("support") && h("div", { class: "actions" }, actionButton(N.add, { kind: "", busy: N.add, run: () => ask() })), pager("#/rules/snoozes", after, page.next));
}

const DAY = 86_400_000;

/** The days until a snooze ends, in whole ones. @param {Row} [before] */
const daysLeft = (before) => before?.until && Math.max(1, Math.ceil((Date.parse(before.until) - Date.now()) / DAY));

/** Asks for a snooze, or for changes of one, in a dialog. @param {Row} [before] @param {string} [name] */
async function ask(before, name) {
  const companies = before ? new Map() : await allCompanies();
  const [title, left] = [before ? N.changeTitle(name ?? "") : N.dialogTitle, daysLeft(before)];
  await new Promise((resolve) => {
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-label": title }));
    const asked = form({
      fields: [
        ...(before ? [] : subjectFields()),
        { name: "days", label: N.days, hint: N.daysHint, type: "number", min: 1, max: Math.max(730, left ?? 0), value: left },
        { name: "reason", label: N.reason, required: true, max: 500, value: before?.reason },
        { name: "by", label: N.by, max: 100, value: before && before.by !== "portal" ? before.by : undefined },
      ],
      submit: N.save, busy: N.saving,
      cancel: { label: T.cancel, run: () => asked.element.hasAttribute("aria-busy") || dialog.close() },
      onSubmit: async ({ what, days, company, ...values }) => {
        // An end that was not changed stays what it is, to the second.
        const until = days && (before?.active && days === left ? before.until : new Date(Date.now() + days * DAY).toISOString().replace(/\.\d+Z$/, "Z"));
        const subject = before ? scope(before) : company ? { company: Number(company) } : {};
        await call("snoozes/save", { body: { ...values, ...subject, ...(until ? { until } : {}) } });
        done(N.saved);
        dialog.close();
        refresh();
      },
    });
    /** @returns {import("./form.js").Field[]} */
    function subjectFields() {
      return [
        { name: "what", label: N.what, type: "select", required: true, value: "mailbox", choices: [{ value: "mailbox", label: N.mailbox }, { value: "company", label: N.company }, { value: "error", label: N.error }], onChange: () => show() },
        { name: "mailbox", label: N.mailbox, type: "email" },
        { name: "company", label: N.company, type: "select", choices: [...companies].map(([id, label]) => ({ value: String(id), label })) },
        { name: "error", label: N.error, type: "select", choices: Object.entries(N.kinds).map(([value, label]) => ({ value, label })) },
      ];
    }
    function show() {
      for (const field of ["mailbox", "company", "error"]) asked.field(field).show(asked.field("what").control.value === field);
    }
    if (!before) show();
    dialog.append(h("h2", {}, title), asked.element);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @param {Row} row @param {string} name */
async function remove(row, name) {
  const made = await confirm({
    title: N.removeTitle(name), text: [N.removeText], confirm: N.remove, busy: N.removing,
    run: () => call("snoozes/delete", { body: scope(row) }),
  });
  if (made) {
    done(N.removed);
    refresh();
  }
}

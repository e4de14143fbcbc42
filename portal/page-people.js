// @ts-check
// The people who may sign in at the MSP's identity provider, and their roles.
import { call } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { actionButton, done, frame, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { T } from "./texts.js";

const P = T.people;

/** @typedef {{ address: string, role: import("./session.js").Role, updatedAt: string }} Person */

/** @type {import("./app.js").Render} */
export async function render(_, query) {
  const after = query.get("after") ?? undefined;
  const [page, provider] = await Promise.all([call("people/list", { query: { after } }), call("identity/get")]);
  /** @type {Person[]} */
  const rows = page.people;
  const action = may("owner") && actionButton(P.add, { kind: "primary", busy: P.add, run: () => ask() });
  const content = rows.length === 0 ? noRows(after, page.next, empty(P.emptyTitle, P.emptyText)) : table({
    caption: P.title, rows, key: (row) => `person-${row.address}`,
    columns: [
      { label: P.address, wide: true, cell: (row) => h("strong", {}, row.address) },
      { label: P.role, wide: true, cell: (row) => [T.roles.names[row.role] ?? row.role, h("span", { class: "second" }, T.roles.hints[row.role])] },
      { label: P.since, cell: (row) => h("span", { class: "nowrap" }, time(row.updatedAt)) },
      { label: "", only: true, cell: (row) => may("owner") && h("div", { class: "row-actions" },
        actionButton(P.change, { busy: P.change, name: row.address, run: () => ask(row) }),
        actionButton(P.remove, { busy: P.remove, name: row.address, run: () => remove(row) })) },
    ],
  });
  const way = provider.issuer ? [P.signInAt, " ", h("code", {}, provider.signInUrl)] : [P.noProvider, " ", h("a", { href: "#/identity" }, T.identity.title)];
  return {
    title: P.title,
    content: [frame({ title: P.title, text: P.text, back: { href: "#/settings", label: T.settings.title }, action },
      h("p", { class: "note" }, way), content, pager("#/people", after, page.next))],
  };
}

/** Adds a person, or changes the role of one. @param {Person} [before] */
async function ask(before) {
  const made = await confirm({
    title: before ? P.changeTitle(before.address) : P.addTitle, text: [P.rolesText], confirm: P.save, busy: P.saving,
    fields: [
      ...(before ? [] : /** @type {import("./form.js").Field[]} */ ([{ name: "address", label: P.address, hint: P.addressHint, type: "email", required: true }])),
      { name: "role", label: P.role, type: "select", required: true, value: before?.role, choices: Object.entries(T.roles.names).map(([value, label]) => ({ value, label })) },
    ],
    run: (values) => call("people/save", { body: { ...(before && { address: before.address }), ...values } }),
  });
  if (!made) return;
  done(P.saved);
  refresh();
}

/** @param {Person} person */
async function remove({ address }) {
  const made = await confirm({
    title: P.removeTitle(address), text: [P.removeText], confirm: P.remove, busy: P.removing, danger: true,
    run: () => call("people/delete", { body: { address } }),
  });
  if (!made) return;
  done(P.removed(address));
  refresh();
}

// @ts-check
// The fields of a company's new tickets in place of those of the settings.
import { call } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { levels, ticketClasses } from "./ticket-fields.js";
import { form } from "./form.js";
import { actionButton, allCompanies, companyName, companyNames, done, noRows, pager, refresh } from "./page.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { T } from "./texts.js";

const [R, S] = [T.rules, T.settings];

/** @typedef {Record<string, any>} Row */
/** @typedef {Record<string, any>} Options */

/**
 * @param {{ ticketfields: Row[], next?: string }} page
 * @param {Options} options of the board
 * @param {string | undefined} after
 */
export async function companyRules(page, options, after) {
  const names = await companyNames();
  const rows = page.ticketfields;
  const of = (/** @type {string} */ list, /** @type {number} */ id) => options[list].find((/** @type {{ id: number }} */ one) => one.id === id)?.name ?? S.gone(id);
  const shown = (/** @type {Row} */ row) => [
    row.ticketType && [S.ticketType, of("ticketTypes", row.ticketType)], row.subtype && [S.subtype, of("subtypes", row.subtype)],
    row.item && [S.item, of("items", row.item)], row.priority && [S.priority, of("priorities", row.priority)],
    row.source && [S.source, of("sources", row.source)], row.impact && [S.impact, S.levels[/** @type {"low"} */ (row.impact)]],
    row.urgency && [S.urgency, S.levels[/** @type {"low"} */ (row.urgency)]], row.contact && [S.contact, R.contactNumber(row.contact)],
  ].filter(Boolean).map((pair) => `${pair[0]}: ${pair[1]}`).join(", ");
  const content = rows.length === 0 ? noRows(after, page.next, empty(R.noCompanies, R.noCompaniesText)) : table({
    caption: R.companies, rows, key: (row) => `company-${row.company}`,
    columns: [
      { label: R.company, cell: (row) => h("strong", {}, companyName(names, row.company)) },
      { label: R.fields, wide: true, cell: shown },
      { label: "", only: true, cell: (row) => may("support") && h("div", { class: "row-actions" },
        actionButton(R.change, { busy: R.change, name: companyName(names, row.company), run: () => ask(options, row) }),
        actionButton(R.remove, { busy: R.removing, name: companyName(names, row.company), run: () => remove(row, companyName(names, row.company)) })) },
    ],
  });
  return h("section", { id: "companies" }, h("h2", {}, R.companies), h("p", { class: "soft" }, R.companiesText), content,
    may("support") && h("div", { class: "actions" }, actionButton(R.add, { kind: "", busy: R.add, run: () => ask(options) })), pager("#/rules", after, page.next));
}

/** Asks for the fields of a company, in a dialog. @param {Options} options @param {Row} [before] */
async function ask(options, before) {
  const companies = await allCompanies();
  const choice = (/** @type {{ id: number, name: string }} */ { id, name }) => ({ value: String(id), label: name });
  const value = (/** @type {string} */ name) => (before?.[name] === undefined ? undefined : String(before[name]));
  const asSettings = R.asSettings;
  await new Promise((resolve) => {
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-label": R.dialogTitle }));
    const asked = form({
      fields: [
        { name: "company", label: R.company, type: "select", required: true, value: value("company"),
          choices: [...companies].map(([id, name]) => choice({ id, name })), onChange: () => loadContacts() },
        { name: "ticketType", label: S.ticketType, hint: R.typeHint, type: "select", value: value("ticketType"), choices: options.ticketTypes.map(choice), empty: asSettings, onChange: () => classes.show() },
        { name: "subtype", label: S.subtype, type: "select", value: value("subtype"), choices: [], onChange: () => classes.show() },
        { name: "item", label: S.item, type: "select", value: value("item"), choices: [] },
        { name: "priority", label: S.priority, type: "select", value: value("priority"), choices: options.priorities.map(choice), empty: asSettings },
        { name: "source", label: S.source, type: "select", value: value("source"), choices: options.sources.map(choice), empty: asSettings },
        { name: "impact", label: S.impact, type: "select", value: value("impact"), choices: levels(), empty: asSettings },
        { name: "urgency", label: S.urgency, type: "select", value: value("urgency"), choices: levels(), empty: asSettings },
        { name: "contact", label: S.contact, type: "select", value: value("contact"), choices: [], empty: asSettings },
      ],
      submit: R.save, busy: R.saving, waitingFor: T.connectWise,
      cancel: { label: T.cancel, run: () => asked.element.hasAttribute("aria-busy") || dialog.close() },
      onSubmit: async (values) => {
        const body = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, name === "impact" || name === "urgency" ? text : Number(text)]));
        await call("ticketfields/save", { body });
        done(R.saved);
        dialog.close();
        refresh();
      },
    });
    const classes = ticketClasses(asked);
    classes.of(/** @type {any} */ (options));
    async function loadContacts() {
      const company = asked.field("company").control.value;
      asked.field("contact").setChoices([], company ? T.loading : asSettings);
      if (!company) return;
      try {
        const { contacts } = await call("settings/options", { query: { company } });
        if (asked.field("company").control.value === company) asked.field("contact").setChoices(contacts.map(choice), asSettings);
      } catch (error) {
        asked.field("contact").setChoices([], asSettings);
        asked.field("contact").setProblem(error instanceof Error ? error.message : T.errors.unexpected);
      }
    }
    dialog.append(h("h2", {}, R.dialogTitle), asked.element);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
    loadContacts();
  });
}

/** @param {Row} row @param {string} company */
async function remove(row, company) {
  const made = await confirm({
    title: R.removeTitle(company), text: [R.removeText], confirm: R.remove, busy: R.removing, danger: true,
    run: () => call("ticketfields/delete", { body: { company: row.company } }),
  });
  if (made) {
    done(R.removed(company));
    refresh();
  }
}

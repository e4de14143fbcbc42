// @ts-check
// One organization, in three tabs.
import { all, call } from "./api.js";
import { fill, h } from "./dom.js";
import { form } from "./form.js";
import { day, price, time } from "./format.js";
import { confirm } from "./dialog.js";
import { actionButton, agreementChoices, companyName, companyNames, done, facts, frame, refresh, stateBadge } from "./page.js";
import { impersonateButton } from "./impersonate.js";
import { buttons, reason, trialEnd } from "./page-billing.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { T } from "./texts.js";

const M = T.manage;

/** @typedef {Record<string, any>} Organization */

/** @type {import("./app.js").Render} */
export async function render([, id = "", tab = "general"]) {
  const [organization, names] = await Promise.all([call("organizations/get", { query: { organization: id } }), companyNames()]);
  const content = tab === "logins" ? logins(organization) : tab === "subscription" ? await subscription(organization, names) : general(organization, names);
  const tabs = h("nav", { class: "tabs", "aria-label": M.tabs }, M.tabNames.map(([name, text]) =>
    h("a", { href: `#/manage/${encodeURIComponent(id)}/${name}`, "aria-current": name === tab ? "page" : null }, text)));
  const action = organization.state !== "unsubscribed" && impersonateButton(id, organization.name);
  return {
    title: organization.name,
    content: [frame({ title: organization.name, text: M.subtitle(organization.email, id), back: { href: "#/users", label: T.users.title }, action }, tabs, content)],
  };
}

/** @param {{ complete: boolean, reason?: string }} list */
const incomplete = (list) => !list.complete && h("p", { class: "note warn" }, M.incomplete(list.reason ?? ""));

/** @param {Organization} one @param {Map<number, string>} names */
function general(one, names) {
  const country = one.country ? new Intl.DisplayNames("en", { type: "region" }).of(one.country) ?? one.country : T.none;
  return h("div", {},
    h("section", { class: "card" }, h("h2", {}, M.details), facts([
      [M.email, one.email], [M.status, stateBadge(one.state)], [M.country, country],
      [M.notifications, one.notificationEmails.length ? one.notificationEmails.map((/** @type {string} */ address) => h("div", {}, address)) : T.none],
      [M.company, companyName(names, one.company)], [M.soldBy, M.channels(one.soldBy)],
      [M.createdAt, time(one.createdAt)], [M.lastSignedIn, time(one.lastSignedIn)],
    ])),
    h("section", { class: "card" }, h("h2", {}, M.tenants), incomplete(one.tenants),
      one.tenants.rows.length === 0 ? h("p", { class: "soft" }, M.noTenants) : facts(one.tenants.rows.map((/** @type {any} */ row) =>
        [row.domain ?? T.none, M.tenant(row.type, row.state, row.users)]))));
}

/** @param {Organization} one */
function logins(one) {
  const invite = one.state === "active" && may("support") && actionButton(M.invite, {
    busy: M.inviting, kind: "", waitingFor: T.vendor, run: async () => {
      const made = await confirm({
        title: M.inviteTitle(one.name), text: [M.inviteText(one.email)], confirm: M.invite, busy: M.inviting, waitingFor: T.vendor,
        run: () => call("organizations/invite", { body: { organization: one.organization }, noAnswer: M.inviteUnknown }),
      });
      if (made) done(M.invited(one.email));
    },
  });
  const rows = one.logins.rows;
  return h("div", { class: "stack" }, h("p", {}, one.loginDisabled ? M.ownerDisabled : M.ownerEnabled), invite, incomplete(one.logins),
    rows.length === 0 ? empty(M.noLogins, M.noLoginsText) : table({
      caption: M.loginsTitle, rows,
      columns: [
        { label: M.email, cell: (/** @type {any} */ row) => h("strong", {}, row.email) },
        { label: M.role, cell: (row) => row.role ?? T.none },
        { label: M.loginEnabled, cell: (row) => (row.loginEnabled ? T.yes : T.no) },
        { label: M.activated, cell: (row) => (row.activated ? T.yes : T.no) },
        { label: M.createdAt, cell: (row) => time(row.createdAt) },
      ],
    }));
}

/** @param {Organization} one @param {Map<number, string>} names */
async function subscription(one, names) {
  const company = companyName(names, one.company);
  const isOurs = one.soldBy === "portal" && one.company !== undefined;
  const section = (/** @type {string} */ title, /** @type {import("./dom.js").Child[]} */ ...content) => h("section", { class: "card stack" }, h("h2", {}, title), content);
  const current = section(M.current, facts([
    [M.plan, one.planName ?? one.plan ?? T.none], [M.seats, one.seats === undefined ? M.byStorage : M.seatsUsed(one.seatsUsed, one.seats, one.autoLicense)],
    [M.price, one.trial ? [M.trial, trialEnd(one)] : one.amount === undefined ? T.none : price(one.amount, one.currency, one.periodicity)], [M.status, stateBadge(one.state)],
  ]));
  const billed = section(M.billing, one.additions.length === 0 ? h("p", { class: "soft" }, M.notBilled)
    : one.additions.map((/** @type {any} */ row) => h("div", { class: "row between" },
      h("div", {}, h("strong", {}, row.addition ? M.addition(row.addition, row.agreement) : M.noAddition(row.agreement)), " ", stateBadge(row.state),
        row.effectiveDate && h("span", { class: "second soft small" }, ` ${T.billing.from(day(row.effectiveDate))}`), reason(row)),
      h("div", { class: "row-actions" }, buttons(row, company)))));
  const boxes = section(M.mailboxes, incomplete(one.mailboxes), one.mailboxes.rows.length === 0 ? h("p", { class: "soft" }, M.noMailboxes) : table({
    caption: M.mailboxes, rows: one.mailboxes.rows,
    columns: [
      { label: M.mailbox, cell: (/** @type {any} */ row) => row.mailbox },
      { label: M.backup, cell: (row) => [stateBadge(row.state), row.reason && h("span", { class: "second" }, row.reason)] },
      { label: M.lastBackup, cell: (row) => h("span", { class: "nowrap" }, time(row.lastBackup)) },
    ],
  }));
  if (!isOurs) return h("div", {}, h("p", { class: "note" }, M.elsewhere(one.soldBy)), current, billed, boxes);
  if (!may("billing")) return h("div", {}, current, billed, boxes);
  return h("div", {}, current, one.state === "unsubscribed" ? null : await change(one, company), billed, boxes, lifecycle(one, company));
}

/** @param {Organization} one @param {string} company */
async function change(one, company) {
  /** @type {import("./page-plans.js").Plan[]} */
  const offered = await all("plans/list");
  const plans = offered.filter((plan) => plan.active || plan.plan === one.plan);
  /** @type {{ value: string, nextInvoiceDate?: string }[]} */
  let agreements = [];
  try {
    agreements = await agreementChoices(String(one.company));
  } catch (error) {
    if (/** @type {{ code?: number }} */ (error).code === -1016) throw error;
  }
  const next = agreements.find(({ value }) => value === String(one.agreement))?.nextInvoiceDate;
  const isStorage = (/** @type {string} */ plan) => plans.find((one) => one.plan === plan)?.productType === "personal";
  const alike = plans.filter((plan) => (plan.productType === "personal") === isStorage(one.plan));
  const cost = h("p", { class: "note", role: "status" });
  const asked = form({
    draft: `change.${one.organization}`,
    columns: true,
    fields: [
      { name: "plan", label: M.plan, type: "select", required: true, value: one.plan, choices: alike.map((plan) => ({ value: plan.plan, label: plan.name })), onChange: () => showCost() },
      { name: "seats", label: M.seats, type: "number", required: true, min: 1, max: 100_000, value: one.seats },
    ],
    before: [cost],
    submit: M.change,
    busy: M.changing,
    waitingFor: T.vendor,
    onSubmit: async (values) => {
      const body = isStorage(values.plan) ? { company: one.company, plan: values.plan } : { company: one.company, ...values };
      await call("organizations/update", { body });
      done(M.changed(company));
      refresh();
    },
  });
  function showCost() {
    const plan = plans.find((one) => one.plan === asked.field("plan").control.value);
    const storage = plan?.productType === "personal";
    asked.field("seats").show(!storage);
    const seats = storage ? 1 : Number(asked.field("seats").control.value);
    if (!plan || !(seats > 0)) return fill(cost, T.newUser.costLater);
    // The price of the link goes before that of any plan.
    const each = one.unitPrice ?? plan.price;
    const total = price(each * seats, plan.currency, plan.periodicity);
    fill(cost, plan.plan === one.plan && seats === (one.seats ?? 1) ? M.unchanged(total)
      : M.cost(seats, price(each, plan.currency, plan.periodicity), total, next ? day(next) : ""));
  }
  asked.field("seats").control.addEventListener("input", showCost);
  showCost();
  return h("section", { class: "card" }, h("h2", {}, M.update), asked.element);
}

/** @param {Organization} one @param {string} company */
function lifecycle(one, company) {
  const action = (/** @type {string} */ endpoint, /** @type {typeof M.suspend} */ texts, danger = true, change = {}) => h("section", { class: "card stack" },
    h("h2", {}, texts.title), h("p", { class: danger ? "note warn" : "note" }, texts.warning),
    h("div", {}, actionButton(texts.button, {
      kind: danger ? "danger" : "primary", busy: texts.button, name: company,
      run: async () => {
        const made = await confirm({
          title: texts.question(company), text: [texts.warning, M.organization(one.name, one.email)], confirm: texts.confirm(company), busy: texts.busy,
          waitingFor: T.vendor, danger, run: () => call(`organizations/${endpoint}`, { body: { company: one.company, ...change } }),
        });
        if (made) {
          done(texts.done(company));
          refresh();
        }
      },
    })));
  if (one.state === "unsubscribed") return h("div", { class: "lifecycle", id: "lifecycle" }, action("activate", M.resume, false));
  return h("div", { class: "lifecycle", id: "lifecycle" }, one.trial && action("update", M.convert, false, { trial: false }), one.state === "suspended" ? action("activate", M.activate, false) : action("suspend", M.suspend), action("unsubscribe", M.unsubscribe));
}

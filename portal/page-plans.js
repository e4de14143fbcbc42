// @ts-check
import { all, call } from "./api.js";
import { fill, h } from "./dom.js";
import { form } from "./form.js";
import { price } from "./format.js";
import { confirm } from "./dialog.js";
import { actionButton, done, frame, refresh } from "./page.js";
import { may } from "./session.js";
import { badge, empty, table } from "./table.js";
import { T } from "./texts.js";

const P = T.plans;

/**
 * @typedef {object} Plan
 * @property {string} plan
 * @property {string} name
 * @property {string} productType
 * @property {number} price
 * @property {string} currency
 * @property {string} periodicity
 * @property {boolean} trial
 * @property {string} trialEnd
 * @property {{ id: number, identifier: string }} catalogItem
 * @property {boolean} active
 *
 * @typedef {{ plan: string, name: string, productType: string, currency: string, periodicity: string, price: number | null }} VendorPlan
 */

/** @type {import("./app.js").Render} */
export async function render(parts) {
  if (parts[1] === "new") return create();
  if (parts[1] === "edit") return change(parts[2] ?? "");
  return list();
}

async function list() {
  /** @type {Plan[]} */
  const plans = await all("plans/list");
  const action = may("billing") && h("a", { class: "button primary", href: "#/plans/new" }, P.createNew);
  const content = plans.length === 0
    ? empty(P.emptyTitle, P.emptyText, action)
    : table({
      caption: P.title,
      rows: plans,
      key: (plan) => plan.plan,
      columns: [
        { label: P.name, cell: (plan) => [h("strong", {}, plan.name), " ", plan.trial && badge(P.trial, "info"), plan.active && h("span", { class: "second" }, `${P.trialEnd}: ${P.trialEndOf(plan.trialEnd)}`)] },
        { label: P.productType, cell: (plan) => P.types(plan.productType) },
        { label: P.price, number: true, cell: (plan) => price(plan.price, plan.currency, plan.periodicity) },
        { label: P.catalogItem, cell: (plan) => h("code", {}, plan.catalogItem.identifier) },
        { label: P.state, cell: (plan) => (plan.active ? badge(P.onSale, "good") : badge(P.offSale)) },
        { label: "", only: true, cell: (plan) => may("billing") && h("div", { class: "row-actions" }, plan.active
          ? [h("a", { class: "button tight", href: `#/plans/edit/${encodeURIComponent(plan.plan)}`, "aria-label": `${P.change}: ${plan.name}` }, P.change),
            actionButton(P.takeOff, { name: plan.name, busy: P.takeOff, run: () => takeOff(plan) })]
          : h("a", { class: "button tight", href: "#/plans/new", "aria-label": `${P.offerAgain}: ${plan.name}` }, P.offerAgain)) },
      ],
    });
  return { title: P.title, content: [frame({ title: P.title, text: P.text, action: plans.length > 0 && action }, content)] };
}

/** @param {Plan} plan */
async function takeOff(plan) {
  const made = await confirm({
    title: P.takeOffTitle(plan.name), text: [P.takeOffText], confirm: P.takeOff, busy: P.takingOff, waitingFor: T.connectWise, danger: true,
    run: () => call("plans/deactivate", { body: { plan: plan.plan } }),
  });
  if (made) {
    done(P.takenOff(plan.name));
    refresh();
  }
}

async function create() {
  const options = await call("settings/options");
  /** @type {VendorPlan[]} */
  const vendorPlans = options.vendorPlans;
  /** @type {{ id: number, name: string, subcategories: { id: number, name: string }[] }[]} */
  const categories = options.categories;
  const choice = (/** @type {{ id: number, name: string }} */ { id, name }) => ({ value: String(id), label: name });
  const label = (/** @type {VendorPlan} */ one) => P.product(one.name, P.types(one.productType), one.price === null ? "" : price(one.price, one.currency, one.periodicity));

  const asked = form({
    draft: "plan",
    columns: true,
    fields: [
      { name: "name", label: P.name, required: true, max: 16, counter: true, hint: P.nameHint, wide: true },
      { name: "plan", label: P.productType, hint: P.productTypeHint, type: "select", required: true, wide: true,
        choices: vendorPlans.map((one) => ({ value: one.plan, label: label(one) })), onChange: () => showTerms() },
      { name: "price", label: P.price, hint: P.priceHint, type: "decimal", required: true, max: 1_000_000 },
      { name: "currency", label: P.currency, hint: P.fromDropsuite, required: true },
      { name: "periodicity", label: P.periodicity, hint: P.fromDropsuite, required: true },
      { name: "category", label: P.category, type: "select", required: true, choices: categories.map(choice), onChange: () => showSubcategories() },
      { name: "subcategory", label: P.subcategory, type: "select", required: true, choices: [], empty: P.categoryFirst },
      { name: "type", label: P.type, type: "select", required: true, choices: options.types.map(choice) },
      { name: "trial", label: P.setAsTrial, hint: P.trialHint, type: "checkbox" },
      { name: "trialEnd", label: P.trialEnd, hint: P.trialEndHint, type: "select", required: true, choices: P.trialEnds, value: "ask" },
    ],
    submit: P.create,
    busy: P.creating,
    waitingFor: T.connectWise,
    cancel: { label: T.cancel, href: "#/plans" },
    onSubmit: async (values) => {
      const chosen = vendorPlans.find((one) => one.plan === values.plan);
      const body = { ...values, productType: chosen?.productType, category: Number(values.category), subcategory: Number(values.subcategory), type: Number(values.type) };
      const plan = await call("plans/create", { body });
      done(P.created(plan.name, plan.catalogItem.identifier));
      location.hash = "#/plans";
    },
  });
  for (const name of ["currency", "periodicity"]) asked.field(name).control.setAttribute("readonly", "");

  function showTerms() {
    const chosen = vendorPlans.find((one) => one.plan === asked.field("plan").control.value);
    asked.field("currency").control.value = chosen?.currency ?? "";
    asked.field("periodicity").control.value = chosen?.periodicity ?? "";
    for (const name of ["currency", "periodicity"]) asked.field(name).setProblem("");
    const unit = chosen?.productType === "personal" ? P.perMonth : P.perSeat;
    asked.field("price").setHint(chosen && chosen.price !== null ? P.cost(price(chosen.price, chosen.currency, chosen.periodicity), unit) : P.priceHint);
  }
  function showSubcategories() {
    const chosen = categories.find(({ id }) => String(id) === asked.field("category").control.value);
    asked.field("subcategory").setChoices(chosen?.subcategories.map(choice) ?? [], chosen ? T.form.choose : P.categoryFirst);
  }
  showTerms();
  showSubcategories();
  const page = frame({ title: P.createTitle, narrow: true, back: { href: "#/plans", label: P.title } },
    vendorPlans.length === 0 ? empty(P.noVendorPlans, P.noVendorPlansText) : h("div", { class: "card" }, asked.element));
  return { title: P.createTitle, content: [page] };
}

/** @param {string} id */
async function change(id) {
  /** @type {Plan[]} */
  const plans = await all("plans/list");
  const plan = plans.find((one) => one.plan === id);
  const back = { href: "#/plans", label: P.title };
  if (!plan) return { title: P.title, content: [frame({ title: P.title, back }, empty(P.unknown, P.unknownText))] };
  const asked = form({
    draft: `plan.${id}`,
    fields: [
      { name: "name", label: P.name, required: true, max: 16, counter: true, hint: P.nameHint, value: plan.name },
      { name: "price", label: `${P.price} (${plan.currency} / ${T.period(plan.periodicity)})`, type: "decimal", required: true, max: 1_000_000, value: plan.price, hint: P.priceKept },
      { name: "trialEnd", label: P.trialEnd, hint: P.trialEndHint, type: "select", required: true, choices: P.trialEnds, value: plan.trialEnd },
    ],
    submit: P.save,
    busy: P.saving,
    waitingFor: T.connectWise,
    cancel: { label: T.cancel, href: "#/plans" },
    onSubmit: async (values) => {
      const changed = await call("plans/update", { body: { plan: id, ...values } });
      done(P.changed(changed.name));
      location.hash = "#/plans";
    },
  });
  const text = h("p", { class: "soft small" });
  fill(text, P.item(plan.catalogItem.identifier));
  return { title: P.changeTitle(plan.name), content: [frame({ title: P.changeTitle(plan.name), narrow: true, back }, h("div", { class: "card" }, asked.element), text)] };
}

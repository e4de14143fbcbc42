// @ts-check
import { all, call, messageOf } from "./api.js";
import { fill, h } from "./dom.js";
import { form } from "./form.js";
import { day, price } from "./format.js";
import { agreementChoices, countries, done, frame } from "./page.js";
import { empty } from "./table.js";
import { T } from "./texts.js";

const N = T.newUser;

/** @type {import("./app.js").Render} */
export async function render() {
  const [plans, companies] = await Promise.all([all("plans/list"), all("companies/list")]);
  /** @type {import("./page-plans.js").Plan[]} */
  const onSale = plans.filter((/** @type {{ active: boolean }} */ plan) => plan.active);
  /** @type {{ id: number, name: string }[]} */
  const known = companies;
  const back = { href: "#/users", label: T.users.title };
  if (onSale.length === 0) {
    return { title: N.title, content: [frame({ title: N.title, back }, empty(N.noPlans, N.noPlansText, h("a", { class: "button primary", href: "#/plans/new" }, T.plans.createNew)))] };
  }
  const cost = h("p", { class: "note", role: "status" });
  /** @type {{ value: string, label: string, nextInvoiceDate?: string }[]} */
  let agreements = [];
  const asked = form({
    draft: "user",
    columns: true,
    fields: [
      { name: "email", label: N.email, hint: N.emailHint, type: "email", required: true, wide: true },
      { name: "firstName", label: N.firstName, required: true, max: 100 },
      { name: "lastName", label: N.lastName, required: true, max: 100 },
      { name: "company", label: N.company, type: "select", required: true, choices: known.map(({ id, name }) => ({ value: String(id), label: name })), onChange: () => loadAgreements() },
      { name: "agreement", label: N.agreement, type: "select", required: true, choices: [], empty: T.links.companyFirst, onChange: () => showCost() },
      { name: "plan", label: N.plan, type: "select", required: true, choices: onSale.map((plan) => ({ value: plan.plan, label: `${plan.name}${plan.trial ? ` (${T.plans.trial})` : ""}` })), onChange: () => showFields() },
      { name: "seats", label: N.seats, type: "number", required: true, min: 1, max: 100_000 },
      { name: "country", label: N.country, type: "select", choices: countries() },
      { name: "businessName", label: N.businessName, hint: N.businessNameHint, max: 100 },
      { name: "sendSignInDetails", label: N.send, hint: N.sendHint, type: "checkbox" },
    ],
    before: [cost],
    submit: N.save,
    busy: N.saving,
    waitingFor: T.vendor,
    cancel: { label: T.cancel, href: "#/users" },
    onSubmit: async (values) => {
      const made = await call("organizations/create", { body: { ...values, company: Number(values.company), agreement: Number(values.agreement), newOnly: true } });
      done(made.notice ?? `${N.created} ${made.billing}`);
      location.hash = `#/manage/${encodeURIComponent(made.organization)}/subscription`;
    },
  });

  const chosenPlan = () => onSale.find(({ plan }) => plan === asked.field("plan").control.value);
  function showFields() {
    const isStorage = chosenPlan()?.productType === "personal";
    asked.field("seats").show(!isStorage);
    asked.field("businessName").show(!isStorage);
    showCost();
  }
  function showCost() {
    const plan = chosenPlan();
    const seats = plan?.productType === "personal" ? 1 : Number(asked.field("seats").control.value);
    const agreement = agreements.find(({ value }) => value === asked.field("agreement").control.value);
    const next = agreement?.nextInvoiceDate ? N.nextInvoice(day(agreement.nextInvoiceDate)) : "";
    const text = !plan || !(seats > 0) ? N.costLater
      : plan.trial ? N.costTrial
        : `${N.cost(seats, price(plan.price, plan.currency, plan.periodicity), price(plan.price * seats, plan.currency, plan.periodicity))} ${next}`;
    fill(cost, text);
  }
  async function loadAgreements() {
    const company = asked.field("company").control.value;
    const agreement = asked.field("agreement");
    agreements = [];
    agreement.setChoices([], company ? T.loading : T.links.companyFirst);
    if (!company) return;
    try {
      const found = await agreementChoices(company);
      if (asked.field("company").control.value !== company) return;
      agreements = found;
      agreement.setChoices(found, found.length ? T.form.choose : T.links.noAgreement);
      showCost();
    } catch (error) {
      agreement.setChoices([], T.form.choose);
      agreement.setProblem(messageOf(error));
    }
  }
  asked.field("seats").control.addEventListener("input", showCost);
  showFields();
  await loadAgreements();
  return { title: N.title, content: [frame({ title: N.title, narrow: true, back }, h("div", { class: "card" }, asked.element))] };
}

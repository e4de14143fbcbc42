// @ts-check
// The MSP's quiet hours and its digest.
import { call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { day } from "./format.js";
import { allCompanies, companyName, done, facts, refresh, stateBadge } from "./page.js";
import { may } from "./session.js";
import { T } from "./texts.js";

const Q = T.ruleTimes;

/** @typedef {{ period: string, count: number, ticket?: number, state?: string, reason?: string, requiredAction?: string }} LastDigest */

/** @param {{ quietHours?: { start: string, end: string }, digest?: { every: string, company: number }, lastDigest?: LastDigest }} rules @param {string} zone */
export async function ruleTimes(rules, zone) {
  const companies = await allCompanies();
  const asked = form({
    columns: true,
    fields: [
      { name: "start", label: Q.start, hint: Q.example, value: rules.quietHours?.start },
      { name: "end", label: Q.end, hint: Q.example, value: rules.quietHours?.end },
      { name: "every", label: Q.every, type: "select", value: rules.digest?.every, empty: Q.noDigest, choices: Object.entries(Q.periods).map(([value, label]) => ({ value, label })), onChange: () => show() },
      { name: "company", label: Q.company, hint: Q.companyHint, type: "select", value: rules.digest && String(rules.digest.company), choices: [...companies].map(([id, name]) => ({ value: String(id), label: name })) },
    ],
    submit: Q.save, busy: Q.saving, waitingFor: T.connectWise,
    onSubmit: async ({ start, end, every, company }) => {
      const quietHours = start || end ? { quietHours: { start: start ?? "", end: end ?? "" } } : {};
      const digest = every ? { digest: { every, company: Number(company ?? 0) } } : {};
      await call("ticketrules/save", { body: { ...quietHours, ...digest } });
      done(Q.saved);
      refresh();
    },
  });
  function show() {
    asked.field("company").show(asked.field("every").control.value !== "");
  }
  show();
  const last = rules.lastDigest;
  const { quietHours, digest } = rules;
  const inForce = () => facts([
    [Q.quietHours, quietHours ? `${quietHours.start} – ${quietHours.end}` : T.none],
    [Q.every, digest ? Q.periods[/** @type {"daily"} */ (digest.every)] ?? digest.every : Q.noDigest],
    [Q.company, companyName(companies, digest?.company)],
  ]);
  return h("section", { id: "times" }, h("h2", {}, Q.title), h("p", { class: "soft" }, Q.text(zone)), h("div", { class: "card" }, may("support") ? asked.element : inForce(),
    last && h("p", {}, Q.last(day(last.period), last.count, last.ticket), " ", last.state && stateBadge(last.state), last.reason && ` ${last.reason}`, last.requiredAction && ` ${last.requiredAction}`)));
}

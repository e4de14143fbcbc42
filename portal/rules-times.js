// @ts-check
// The MSP's quiet hours.
import { call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { done, refresh } from "./page.js";
import { T } from "./texts.js";

const Q = T.ruleTimes;

/** @param {{ quietHours?: { start: string, end: string } }} rules @param {string} zone */
export function ruleTimes(rules, zone) {
  const asked = form({
    columns: true,
    fields: [
      { name: "start", label: Q.start, hint: Q.example, value: rules.quietHours?.start },
      { name: "end", label: Q.end, hint: Q.example, value: rules.quietHours?.end },
    ],
    submit: Q.save, busy: Q.saving, waitingFor: T.connectWise,
    onSubmit: async ({ start, end }) => {
      const quietHours = start || end ? { quietHours: { start: start ?? "", end: end ?? "" } } : {};
      await call("ticketrules/save", { body: quietHours });
      done(Q.saved);
      refresh();
    },
  });
  return h("section", { id: "times" }, h("h2", {}, Q.title), h("p", { class: "soft" }, Q.text(zone)), h("div", { class: "card" }, asked.element));
}

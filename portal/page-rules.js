// @ts-check
// The rules for tickets: what opens none, and what differs from the settings for some companies.
import { call } from "./api.js";
import { frame } from "./page.js";
import { companyRules } from "./rules-companies.js";
import { snoozes } from "./rules-snoozes.js";
import { ruleTimes } from "./rules-times.js";
import { T } from "./texts.js";

const R = T.rules;

/** @type {import("./app.js").Render} */
export async function render(parts, query) {
  // A cursor is that of one list; the other one begins anew.
  const after = (/** @type {string | undefined} */ list) => (parts[1] === list ? query.get("after") ?? undefined : undefined);
  const settings = await call("settings/get");
  const [rules, snoozed, fields, options] = await Promise.all([
    call("ticketrules/get"), call("snoozes/list", { query: { after: after("snoozes") } }), call("ticketfields/list", { query: { after: after(undefined) } }),
    call("settings/options", { query: { board: settings.board } }),
  ]);
  return {
    title: R.title,
    content: [frame({ title: R.title, text: R.text, back: { href: "#/settings", label: T.settings.title } },
      await ruleTimes(rules, settings.timeZone), await snoozes(snoozed, after("snoozes")), await companyRules(fields, options, after(undefined)))],
  };
}

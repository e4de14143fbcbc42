// @ts-check
// What differs from the settings for the tickets of some companies.
import { call } from "./api.js";
import { companyRules } from "./rules-companies.js";
import { frame } from "./page.js";
import { T } from "./texts.js";

const R = T.rules;

/** @type {import("./app.js").Render} */
export async function render(parts, query) {
  const after = query.get("after") ?? undefined;
  const [rows, options] = await Promise.all([call("ticketfields/list", { query: { after } }), settingsOfBoard()]);
  return { title: R.title, content: [frame({ title: R.title, text: R.text, back: { href: "#/settings", label: T.settings.title } }, await companyRules(rows, options, after))] };
}

/** What the board of the settings offers. */
async function settingsOfBoard() {
  const { board } = await call("settings/get");
  return call("settings/options", { query: { board } });
}

// @ts-check
// The things that need attention: each line leads to the row where it is put right.
import { ApiError, beginning, call, messageOf } from "./api.js";
import { h } from "./dom.js";
import { allCompanies, companyName, companyNames, frame, soon } from "./page.js";
import { badge, empty } from "./table.js";
import { forPeople, T } from "./texts.js";

const H = T.home;

/** Lines that a group shows; the rest is on its own page. */
const SHOWN = 5;

/** @typedef {{ title: string, text: string, href?: string, action?: string }} Line */

/** @type {import("./app.js").Render} */
export async function render() {
  const [additions, tickets, names, dropsuite, connectWise] = await Promise.all([
    beginning("additions/list"), beginning("tickets/list"), companyNames(),
    soon(problem(call("organizations/list"), (code) => (code === -1001 || code === -1000 ? H.tokens : H.noDropsuite)), null),
    soon(problem(allCompanies(), (code) => (code === -1019 ? H.keys : H.noConnectWise)), null),
  ]);
  const refused = new Map(additions.refused.map(({ credentials, message }) => [credentials, message]));
  const [tokens, keys] = [refused.get("vendorTokens"), refused.get("connectWiseKeys")];
  const vendors = [tokens ? { ...H.tokens, text: tokens } : dropsuite, keys ? { ...H.keys, text: keys } : connectWise].filter((one) => one !== null);
  const failedAdditions = additions.rows.filter((row) => row.state === "failed").map((row) => ({
    href: rowOf("#/billing", row.after, row.subscription ?? row.account),
    title: `${companyName(names, row.company)}: ${row.planName ?? row.subscription ?? row.account}`,
    text: forPeople(row.reason ?? ""), action: H.open,
  }));
  const failedTickets = tickets.rows.filter((row) => row.state === "failed").map((row) => ({
    href: rowOf("#/tickets", row.after, row.action ?? row.organization),
    title: `${companyName(names, row.company)}: ${row.mailbox ?? T.tickets.group}`,
    text: forPeople(row.reason ?? ""), action: H.open,
  }));
  /** @type {Map<string, { company: number | undefined, organization: string, count: number }>} */
  const customers = new Map();
  for (const row of tickets.rows) {
    if (!row.failing) continue;
    const known = customers.get(row.organization) ?? { company: row.company, organization: row.organization, count: 0 };
    known.count += 1;
    customers.set(row.organization, known);
  }
  const backups = [...customers.values()].map(({ company, organization, count }) => ({
    href: `#/tickets?organization=${encodeURIComponent(organization)}`,
    title: company === undefined ? T.organizationNumber(organization) : companyName(names, company),
    text: H.backups(count), action: H.open,
  }));
  const groups = [
    group(H.vendors, vendors, "bad"), group(H.additions, failedAdditions, "bad", "#/billing"),
    group(H.tickets, failedTickets, "bad", "#/tickets"), group(H.actions, backups, "warn", "#/tickets"),
  ].filter((one) => one !== null);
  const nothing = groups.length === 0 && empty(H.nothing, H.nothingText, h("a", { class: "button primary", href: "#/users" }, T.users.title));
  const more = !(additions.isWhole && tickets.isWhole) && h("p", { class: "soft small" }, H.more);
  return { title: T.titles[""], content: [frame({ title: H.title, text: H.text }, groups, nothing, more)] };
}

/** The address of a row on its page. @param {string} path @param {string | undefined} after @param {string} row */
const rowOf = (path, after, row) => `${path}?${new URLSearchParams({ ...(after && { after }), row })}`;

/**
 * The line for a vendor that cannot be read.
 * @param {Promise<unknown>} reading
 * @param {(code: number) => Pick<Line, "title" | "href" | "action">} line
 * @returns {Promise<Line | null>}
 */
async function problem(reading, line) {
  try {
    await reading;
    return null;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === -1016) throw error;
    return { ...line(error.code), text: messageOf(error) };
  }
}

/** @param {string} title @param {Line[]} lines @param {"bad" | "warn"} kind @param {string} [all] */
function group(title, lines, kind, all) {
  if (lines.length === 0) return null;
  return h("section", { class: "card flush" },
    h("div", { class: "card-head row" }, h("h2", {}, title), badge(String(lines.length), kind)),
    h("ul", { class: "attention" }, lines.slice(0, SHOWN).map((line) => h("li", {},
      h("div", {}, h("strong", {}, line.title), h("div", { class: "soft small" }, line.text)),
      line.href && h("a", { href: line.href, "aria-label": `${line.action}: ${line.title}` }, line.action))),
    lines.length > SHOWN && all && h("li", {}, h("a", { href: all }, H.all(lines.length)))));
}

// @ts-check
// Every organization of the MSP at Dropsuite: sold here, in the shop or at Dropsuite itself.
import { call } from "./api.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { time } from "./format.js";
import { companyName, companyNames, frame, noRows, stateBadge } from "./page.js";
import { impersonateButton } from "./impersonate.js";
import { may } from "./session.js";
import { empty, table } from "./table.js";
import { T } from "./texts.js";

const U = T.users;

/** @typedef {Record<string, any>} Organization */

/** @type {import("./app.js").Render} */
export async function render(_, query) {
  const asked = { search: query.get("search") ?? "", sort: query.get("sort") ?? "", after: query.get("after") ?? "" };
  const [page, names] = await Promise.all([call("organizations/list", { query: asked }), companyNames()]);
  /** @type {Organization[]} */
  const rows = page.organizations;
  /** @param {Record<string, string>} changes */
  const address = (changes) => {
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...asked, after: "", ...changes })) if (value) next.set(name, value);
    return `#/users${next.size ? `?${next}` : ""}`;
  };
  const search = form({
    fields: [{ name: "search", label: U.search, value: asked.search, max: 100, bare: true }],
    submit: U.searchButton,
    busy: U.searching,
    onSubmit: async ({ search = "" }) => {
      location.hash = address({ search });
    },
  });
  search.element.classList.add("search");
  search.element.setAttribute("role", "search");
  const create = may("billing") && h("a", { class: "button primary", href: "#/new-user" }, U.createNew);
  const content = rows.length === 0
    ? noRows(asked.after, page.next, asked.search ? empty(U.noMatch, U.noMatchText(asked.search), h("a", { class: "button", href: "#/users" }, U.all)) : empty(U.emptyTitle, U.emptyText, create))
    : table({
      caption: U.title, rows, key: (row) => row.organization,
      sort: { by: asked.sort, change: (by) => (location.hash = address({ sort: by })), label: U.sortBy },
      columns: [
        { label: U.email, wide: true, sort: "email", cell: (row) => [h("strong", {}, row.name), h("span", { class: "second" }, row.email)] },
        { label: U.subscription, wide: true, cell: (row) => [row.summary ?? T.none, row.seatsUsed !== undefined && h("span", { class: "second" }, U.used(row.seatsUsed, row.seats))] },
        { label: U.company, cell: (row) => [companyName(names, row.company), h("span", { class: "second" }, row.agreement ? T.billing.agreement(row.agreement) : U.notLinked)] },
        { label: U.lastSignedIn, sort: "lastSignedIn", cell: (row) => time(row.lastSignedIn) },
        { label: U.createdAt, sort: "createdAt", cell: (row) => time(row.createdAt) },
        { label: U.status, sort: "state", cell: (row) => [stateBadge(row.state), row.deactivatedSince && h("span", { class: "second" }, U.deactivated(time(row.deactivatedSince)))] },
        { label: "", only: true, cell: (row) => h("div", { class: "row-actions" },
          h("a", { class: "button tight", href: `#/manage/${encodeURIComponent(row.organization)}`, "aria-label": `${U.manage}: ${row.name}` }, U.manage),
          row.state !== "unsubscribed" && impersonateButton(row.organization, row.name)) },
      ],
    });
  const others = [page.otherResellers > 0 && U.otherResellers(page.otherResellers), page.unreadable > 0 && U.unreadable(page.unreadable)];
  const pager = h("div", { class: "pager" },
    h("span", {}, [rows.length > 0 && U.count(rows.length, Boolean(page.next)), ...others].filter(Boolean).join(" ")),
    h("span", { class: "row" }, asked.after && h("a", { class: "button", href: address({}) }, T.pager.first),
      page.next && h("a", { class: "button", href: address({ after: page.next }) }, T.pager.next)));
  return { title: U.title, content: [frame({ title: U.title, text: U.text, action: create }, search.element, content, pager)] };
}

// @ts-check
import { ApiError, messageOf, onSessionEnd } from "./api.js";
import { announce, fill, h, toast } from "./dom.js";
import * as session from "./session.js";
import { lastMsp, mspOfAddress, providerForm, takeAnswer } from "./sign-in.js";
import { T } from "./texts.js";

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {Node[]} content
 * @property {() => void} [shown] called when the page was opened and its content is there
 *
 * @typedef {(parts: string[], query: URLSearchParams) => Promise<Page>} Render
 */

/**
 * The pages by the first part of the address. A module is loaded when its page is opened.
 * @type {Record<string, () => Promise<{ render: Render }>>}
 */
const PAGES = {
  "": () => import("./page-home.js"),
  settings: () => import("./page-settings.js"),
  plans: () => import("./page-plans.js"),
  users: () => import("./page-users.js"),
  "new-user": () => import("./page-new-user.js"),
  manage: () => import("./page-manage.js"),
  billing: () => import("./page-billing.js"),
  audit: () => import("./page-audit.js"),
  tickets: () => import("./page-tickets.js"),
  rules: () => import("./page-rules.js"),
  links: () => import("./page-links.js"),
  history: () => import("./page-history.js"),
  people: () => import("./page-people.js"),
  identity: () => import("./page-identity.js"),
};

/** Pages that open before the ConnectWise settings are in force. */
const OPEN = ["settings", "history", "people", "identity"];

/**
 * Pages that only change something, with the role that they need.
 * @type {[RegExp, import("./session.js").Role][]}
 */
const NEEDED = [[/^(new-user|plans\/(new|edit)|links\/(new|many))(\/|$)/, "billing"], [/^settings\/(credentials|mappings)(\/|$)/, "owner"]];

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const bar = /** @type {HTMLElement} */ (document.getElementById("bar"));

/** Counts the pages that were opened, so that the answer to an earlier one is not shown. */
let turn = 0;

/** @param {string} current first part of the address */
function showBar(current) {
  const of = { "new-user": "users", manage: "users", rules: "settings", history: "settings", people: "settings", identity: "settings" };
  const here = of[/** @type {keyof typeof of} */ (current)] ?? current;
  // The link of the page that is open reads it again.
  const again = (/** @type {Event} */ event) => {
    if (location.hash === /** @type {HTMLAnchorElement} */ (event.currentTarget).hash) open(true);
  };
  const link = (/** @type {string[]} */ [name, text]) => h("a", { href: `#/${name}`, "aria-current": name === here ? "page" : null, onclick: again }, text);
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 32 32");
  icon.setAttribute("aria-hidden", "true");
  for (const [d, box] of [["M8 0h16a8 8 0 0 1 8 8v16a8 8 0 0 1-8 8H8a8 8 0 0 1-8-8V8a8 8 0 0 1 8-8z", true], ["M9 21.5a4.5 4.5 0 0 1 .6-9 6.5 6.5 0 0 1 12.5 1.2 4 4 0 0 1 .4 7.8zM16 24v-7m-2.8 2.6 2.8-2.8 2.8 2.8", false]]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", String(d));
    path.setAttribute("fill", box ? "var(--brand)" : "none");
    if (!box) {
      path.setAttribute("stroke", "var(--on-brand)");
      path.setAttribute("stroke-width", "2");
      path.setAttribute("stroke-linejoin", "round");
      path.setAttribute("stroke-linecap", "round");
    }
    icon.append(path);
  }
  const signedIn = current !== "sign-in";
  fill(bar, h("div", { class: "bar-in" },
    h("a", { class: "brand", href: "#/" }, icon, T.product),
    signedIn && h("nav", { class: "nav", "aria-label": T.nav.label }, T.nav.pages.map(link)),
    signedIn && session.person() && h("span", { class: "who soft small", title: session.person() }, session.person()),
    signedIn && h("button", { type: "button", class: "plain tight", onclick: leave }, T.nav.signOut)));
}

async function leave() {
  try {
    await session.signOut();
  } catch (error) {
    toast(messageOf(error), T.close);
  }
}

/** At the address that an MSP gives its people, the provider is the only way in. @param {boolean} focus @param {string} [problem] */
function showSignIn(focus, problem) {
  turn += 1;
  showBar("sign-in");
  const forPeople = mspOfAddress();
  const msp = forPeople ?? lastMsp();
  const { element } = session.signInForm((same) => (same ? open(true) : session.startOver(T.session.someoneElse)));
  show(T.signIn.title, [h("div", { class: "sign-in stack" },
    h("h1", { tabindex: "-1" }, T.signIn.title),
    problem && h("p", { class: "note bad", role: "alert" }, problem),
    msp && [h("p", { class: "soft" }, T.signIn.providerText), h("div", { class: "card" }, providerForm(msp).element)],
    forPeople ? h("p", { class: "soft small" }, h("a", { href: "#/" }, T.signIn.withTokens))
      : [h("p", { class: "soft" }, T.signIn.text), h("div", { class: "card" }, element), h("p", { class: "soft small" }, T.signIn.help)])], focus);
}

/** @param {string} title @param {Node[]} content @param {boolean} focus */
function show(title, content, focus) {
  document.title = `${title} · ${T.product}`;
  fill(main, content);
  main.removeAttribute("aria-busy");
  if (focus) {
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
    scrollTo(0, 0);
    announce(title);
  }
}

/** @param {string} text */
const skeleton = (text) => h("div", { class: "page" }, h("div", { class: "page-head" }, h("h1", {}, text)),
  h("div", { class: "card skeleton", "aria-hidden": "true" }, Array.from({ length: 6 }, () => h("i"))));

/** A part of the address; as it is if it is not encoded. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Remembers the control that has the focus. Returns what gives the focus back in the new version of the page: to the same
 * control, else to what is left of its surroundings, else to the heading.
 */
function keepPlace() {
  const control = document.activeElement;
  if (!control || control === main || !main.contains(control)) return () => {};
  const key = CSS.escape(control.getAttribute("data-key") ?? control.getAttribute("name") ?? "");
  /** @type {string[]} */
  const around = [];
  for (let part = /** @type {Element | null} */ (control); part && part !== main; part = part.parentElement) if (part.id) around.push(part.id);
  return () => {
    const left = around.map((id) => document.getElementById(id)).find(Boolean);
    const same = (left ?? main).querySelector(`[data-key="${key}"], [name="${key}"]`);
    const place = /** @type {HTMLElement | null} */ (same ?? left ?? main.querySelector("h1"));
    if (place && place.tabIndex < 0) place.setAttribute("tabindex", "-1");
    place?.focus();
  };
}

/** Opens the page of the address. @param {boolean} focus @param {boolean} [again] the page is shown already, and stays until it was read */
async function open(focus, again = false) {
  // Each sign-in is a new one, so the address of the sign-in leads to it even if there is a session.
  if (!session.exists() || mspOfAddress() !== null) {
    showSignIn(focus);
    return;
  }
  const mine = ++turn;
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decoded);
  const known = Object.hasOwn(PAGES, parts[0]) ? parts[0] : "";
  const forced = !session.isConfigured() && !OPEN.includes(known);
  const name = forced ? "settings" : known;
  showBar(name);
  const title = T.titles[/** @type {keyof typeof T.titles} */ (name)];
  const needed = NEEDED.find(([pages, role]) => pages.test(forced ? name : path) && !session.may(role))?.[1];
  if (needed) {
    show(title, [h("div", { class: "page" }, h("div", { class: "page-head" }, h("h1", {}, title)), h("p", { class: "note" }, T.roles.needed(needed)))], focus);
    return;
  }
  if (again) main.setAttribute("aria-busy", "true");
  else show(title, [skeleton(title)], focus);
  let slow = 0;
  try {
    slow = setTimeout(() => mine === turn && announce(T.loading), 2000);
    const { render } = await PAGES[name]();
    const page = await render(forced ? [name] : parts, new URLSearchParams(query));
    if (mine !== turn) return;
    const giveBack = again ? keepPlace() : () => {};
    show(page.title, page.content, focus);
    if (!again) page.shown?.();
    giveBack();
  } catch (error) {
    if (mine !== turn) return;
    showError(title, error);
  } finally {
    clearTimeout(slow);
  }
}

/** @param {string} title @param {unknown} error */
function showError(title, error) {
  if (!(error instanceof ApiError)) console.error(error);
  // A module of an earlier release is gone after an update.
  const outdated = error instanceof TypeError && /module/i.test(error.message);
  if (error instanceof ApiError && error.code === -1016) {
    showSignIn(true);
    return;
  }
  const again = outdated
    ? h("button", { type: "button", class: "primary", onclick: () => location.reload() }, T.reload)
    : h("button", { type: "button", class: "primary", onclick: () => open(true) }, T.tryAgain);
  show(title, [h("div", { class: "page" }, h("div", { class: "page-head" }, h("h1", {}, title)),
    h("div", { class: "note bad", role: "alert" }, outdated ? T.errors.outdated : messageOf(error)), again)], true);
}

// The address is the page's, so the link to the content does not change it.
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
onSessionEnd(session.signInDialog);
addEventListener("hashchange", () => open(true));
addEventListener("portal:refresh", () => open(false, true));

/** Ends the sign-in of a person whom the provider sent back. @param {import("./sign-in.js").Answer} answer */
async function arrive(answer) {
  try {
    if (await session.finish(answer)) await open(true);
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    showSignIn(true, messageOf(error));
  }
}

try {
  const answer = takeAnswer();
  if (answer) await arrive(answer);
  else {
    await session.find();
    const message = session.takeMessage();
    await open(message !== null);
    if (message) toast(message, T.close);
  }
} catch (error) {
  showBar("sign-in");
  showError(T.product, error);
}

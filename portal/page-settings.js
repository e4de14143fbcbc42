// @ts-check
// The ConnectWise settings: step 1 proves the credentials, step 2 chooses where tickets go. Below them the key of the usage.
import { ApiError, call } from "./api.js";
import { fill, h } from "./dom.js";
import { form, forget } from "./form.js";
import { done, facts, frame, soon } from "./page.js";
import { isConfigured, may, setConfigured } from "./session.js";
import { levels, ticketClasses } from "./ticket-fields.js";
import { T } from "./texts.js";
import { usageKey } from "./usage-key.js";

const S = T.settings;

/** Members of the mappings that are words; the others are numbers. */
const WORDS = new Set(["impact", "urgency", "contact"]);

/** @type {import("./app.js").Render} */
export async function render(parts) {
  if (!may("owner") && !isConfigured()) return notYet();
  if (parts[1] === "mappings") return mappings();
  if (parts[1] === "credentials" || !isConfigured()) return credentials();
  return inForce();
}

/** Who else uses the portal, and what they changed. */
const others = () => h("section", { class: "card" }, h("h2", {}, S.people), h("p", { class: "soft" }, S.peopleText),
  h("div", { class: "actions" }, h("a", { class: "button", href: "#/people" }, T.people.title), h("a", { class: "button", href: "#/identity" }, T.identity.title),
    h("a", { class: "button", href: "#/history" }, T.history.title)));

/** The settings for a role that cannot make them. */
const notYet = () => ({ title: S.title, content: [frame({ title: S.title, narrow: true }, h("p", { class: "note" }, S.notYet), others())] });

/** @returns {Promise<Record<string, any> | null>} */
async function settings() {
  try {
    return await call("settings/get");
  } catch (error) {
    if (error instanceof ApiError && error.code === -1018) return null;
    throw error;
  }
}

/** @param {number} current */
const steps = (current) => h("ol", { class: "steps", "aria-label": S.steps },
  S.stepNames.map((name, index) => h("li", { "aria-current": index === current ? "step" : null }, `${index + 1}. ${name}`)));

async function credentials() {
  const now = await settings();
  const asked = form({
    draft: "credentials",
    fields: [
      { name: "siteUrl", label: S.siteUrl, hint: S.siteUrlHint, required: true, value: now?.siteUrl },
      { name: "companyIdentifier", label: S.companyIdentifier, hint: S.companyIdentifierHint, required: true, value: now?.companyIdentifier },
      { name: "publicKey", label: S.publicKey, hint: S.publicKeyHint, type: "password", required: true },
      { name: "privateKey", label: S.privateKey, hint: S.privateKeyHint, type: "password", required: true },
      { name: "timeZone", label: S.timeZone, hint: S.timeZoneHint, value: now?.timeZone },
    ],
    submit: S.next,
    busy: S.testing,
    waitingFor: T.connectWise,
    cancel: now ? { label: T.cancel, href: "#/settings" } : undefined,
    onSubmit: async (values) => {
      const tested = await call("settings/credentials", { body: values });
      sessionStorage.setItem("portal.tested", JSON.stringify(tested));
      forget("mappings");
      location.hash = "#/settings/mappings";
    },
  });
  return {
    title: S.title,
    content: [frame({ title: S.title, narrow: true, text: now ? S.changeText : undefined },
      !now && h("p", { class: "note" }, S.first), steps(0), h("div", { class: "card" }, asked.element), h("p", { class: "soft small" }, S.rights), !now && others())],
  };
}

async function mappings() {
  const [now, options] = await Promise.all([settings(), call("settings/options")]);
  const tested = JSON.parse(sessionStorage.getItem("portal.tested") ?? "null");
  const choice = (/** @type {{ id: number, name: string }} */ { id, name }) => ({ value: String(id), label: name });
  const value = (/** @type {string} */ name) => (now?.[name] === undefined ? undefined : String(now[name]));
  const custom = h("div", { class: "stack" });
  /** @type {Map<number, unknown>} */
  const kept = new Map((now?.customFields ?? []).map((/** @type {{ id: number, value: unknown }} */ one) => [one.id, one.value]));
  /** @type {{ id: number, caption: string, type: string, choices: string[], required: boolean }[]} */
  let customFields = [];
  let asksCustom = form({ fields: [], submit: "", busy: "", onSubmit: async () => {} });

  const asked = form({
    draft: "mappings",
    fields: [
      { name: "board", label: S.board, hint: S.boardHint, type: "select", required: true, choices: options.boards.map(choice), value: value("board"), onChange: () => loadBoard() },
      { name: "newStatus", label: S.newStatus, hint: S.newStatusHint, type: "select", required: true, value: value("newStatus"), choices: [], empty: S.boardFirst },
      { name: "closedStatus", label: S.closedStatus, hint: S.closedStatusHint, type: "select", required: true, value: value("closedStatus"), choices: [], empty: S.boardFirst },
      { name: "cancelledStatus", label: S.cancelledStatus, hint: S.cancelledStatusHint, type: "select", required: true, value: value("cancelledStatus"), choices: [], empty: S.boardFirst },
      { name: "ticketType", label: S.ticketType, hint: S.ticketTypeHint, type: "select", value: value("ticketType"), choices: [], empty: S.boardFirst, onChange: () => classes.show() },
      { name: "subtype", label: S.subtype, hint: S.subtypeHint, type: "select", value: value("subtype"), choices: [], empty: S.boardFirst },
      { name: "item", label: S.item, hint: S.itemHint, type: "select", value: value("item"), choices: [], empty: S.boardFirst },
      { name: "priority", label: S.priority, hint: S.priorityHint, type: "select", value: value("priority"), choices: [], empty: S.boardFirst },
      { name: "source", label: S.source, type: "select", value: value("source"), choices: [], empty: S.boardFirst },
      { name: "impact", label: S.impact, type: "select", value: now?.impact, choices: levels(), empty: S.connectWiseDefault },
      { name: "urgency", label: S.urgency, type: "select", value: now?.urgency, choices: levels(), empty: S.connectWiseDefault },
      { name: "contact", label: S.contact, hint: S.contactHint, type: "select", value: now?.contact, choices: [{ value: "companyDefault", label: S.companyDefault }], empty: S.noContact },
    ],
    before: [custom],
    submit: S.submit,
    busy: S.saving,
    waitingFor: T.connectWise,
    cancel: { label: T.back, href: "#/settings/credentials" },
    onSubmit: async (values) => {
      const numbers = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, WORDS.has(name) ? text : Number(text)]));
      // A box that was never checked is no value.
      const given = Object.entries(asksCustom.values()).filter(([name, one]) => one !== false || kept.has(Number(name.slice(1))));
      const typed = given.map(([name, one]) => ({ id: Number(name.slice(1)), value: one }));
      const saved = await call("settings/save", { body: typed.length ? { ...numbers, customFields: typed } : numbers });
      setConfigured();
      forget("credentials");
      sessionStorage.removeItem("portal.tested");
      done(S.saved(saved.menuEntry));
      location.hash = "#/settings";
    },
  });

  const classes = ticketClasses(asked);
  asked.field("subtype").control.addEventListener("change", () => classes.show());

  /** Fills the lists that belong to the chosen board. */
  async function loadBoard() {
    const board = asked.field("board").control.value;
    const lists = /** @type {const} */ ([["newStatus", "statuses"], ["closedStatus", "statuses"], ["cancelledStatus", "statuses"], ["ticketType", "ticketTypes"], ["priority", "priorities"], ["source", "sources"]]);
    classes.clear(board ? T.loading : S.boardFirst);
    for (const [name] of lists) asked.field(name).setChoices([], board ? T.loading : S.boardFirst);
    fill(custom);
    if (!board) return;
    let of;
    try {
      of = await call("settings/options", { query: { board } });
    } catch (error) {
      asked.setProblems({ board: error instanceof Error ? error.message : T.errors.unexpected });
      for (const [name] of lists) asked.field(name).setChoices([], S.boardFirst);
      return;
    }
    if (asked.field("board").control.value !== board) return;
    /** @type {{ id: number, name: string, closes: boolean }[]} */
    const statuses = of.statuses;
    /** @type {Record<string, { id: number, name: string }[]>} */
    const choices = {
      newStatus: statuses.filter(({ closes }) => !closes), closedStatus: statuses.filter(({ closes }) => closes),
      cancelledStatus: statuses, ticketType: of.ticketTypes, priority: of.priorities, source: of.sources,
    };
    for (const [name] of lists) {
      const first = ["ticketType", "priority", "source"].includes(name) ? S.connectWiseDefault : choices[name].length ? T.form.choose : S.noneThere;
      asked.field(name).setChoices(choices[name].map(choice), first);
    }
    classes.of(of);
    customFields = of.customFields ?? [];
    asksCustom = form({
      fields: customFields.map(({ id, caption, type, choices: allowed, required }) => ({
        name: `f${id}`, label: caption, required,
        type: type === "checkbox" ? "checkbox" : allowed.length ? "select" : type === "number" ? "decimal" : "text",
        choices: allowed.map((one) => ({ value: one, label: one })), max: type === "text" ? 1000 : undefined,
        value: /** @type {string | number | boolean | undefined} */ (kept.get(id)),
      })),
      submit: "", busy: "", onSubmit: async () => {},
    });
    if (customFields.length) {
      const fields = [...asksCustom.element.querySelectorAll(".field")];
      fill(custom, h("h2", { class: "custom" }, S.customFields), h("div", {}, fields));
    }
  }
  if (asked.field("board").control.value) await loadBoard();
  return {
    title: S.title,
    content: [frame({ title: S.title, narrow: true }, steps(1),
      tested && h("p", { class: "note good" }, S.tested(tested.siteUrl, tested.version, tested.timeZone)),
      h("div", { class: "card" }, asked.element), h("p", { class: "soft small" }, S.createFirst))],
  };
}

async function inForce() {
  const now = await settings();
  if (!now) return may("owner") ? credentials() : notYet();
  const key = await soon(call("usagekey/get"), undefined);
  /** @type {[string, string][]} */
  let names = [];
  try {
    const [options, board] = await Promise.all([call("settings/options"), call("settings/options", { query: { board: now.board } })]);
    const name = (/** @type {{ id: number, name: string }[]} */ list, /** @type {number | undefined} */ id) =>
      id === undefined ? S.connectWiseDefault : list.find((one) => one.id === id)?.name ?? S.gone(id);
    names = [[S.board, name(options.boards, now.board)], [S.newStatus, name(board.statuses, now.newStatus)],
      [S.closedStatus, name(board.statuses, now.closedStatus)], [S.cancelledStatus, name(board.statuses, now.cancelledStatus)],
      [S.ticketType, name(board.ticketTypes, now.ticketType)], [S.subtype, name(board.subtypes, now.subtype)], [S.item, name(board.items, now.item)],
      [S.priority, name(board.priorities, now.priority)], [S.source, name(board.sources, now.source)],
      [S.impact, S.levels[/** @type {"low"} */ (now.impact)] ?? S.connectWiseDefault], [S.urgency, S.levels[/** @type {"low"} */ (now.urgency)] ?? S.connectWiseDefault],
      [S.contact, now.contact ? S.companyDefault : S.noContact]];
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === -1016) throw error;
    names = [[S.board, `${now.board} (${error.message})`]];
  }
  return {
    title: S.title,
    content: [frame({ title: S.title, narrow: true },
      h("section", { class: "card" }, h("h2", {}, S.connection),
        facts([[S.siteUrl, now.siteUrl], [S.companyIdentifier, now.companyIdentifier], [S.timeZone, now.timeZone]]),
        may("owner") && h("div", { class: "actions" }, h("a", { class: "button", href: "#/settings/credentials" }, S.changeCredentials))),
      h("section", { class: "card" }, h("h2", {}, S.tickets), facts(names),
        h("div", { class: "actions" }, may("owner") && h("a", { class: "button", href: "#/settings/mappings" }, S.changeMappings),
          h("a", { class: "button", href: "#/rules" }, T.rules.title))),
      h("section", { class: "card" }, h("h2", {}, S.inConnectWise),
        facts([[S.menuEntry, S.menuEntryNumber(now.menuEntry)], [S.configurationType, S.configurationTypeNumber(now.configurationType)]])),
      others(), key && usageKey(key))],
  };
}

// @ts-check
// The key with which another program reads the usage: its state, a new one, its end. The key itself is in its dialog only.
import { addressOf, call } from "./api.js";
import { confirm } from "./dialog.js";
import { fill, h, newId } from "./dom.js";
import { time } from "./format.js";
import { actionButton, done, facts, refresh } from "./page.js";
import { may } from "./session.js";
import { T } from "./texts.js";

const U = T.usageKey;

/** @returns {[string, Node][]} */
const addresses = () => [[U.list, h("code", {}, addressOf("usage/list"))], [U.csv, h("code", {}, addressOf("usage/csv"))]];

/** The section of the settings. @param {{ createdAt?: string }} key */
export const usageKey = ({ createdAt }) => h("section", { class: "card", id: "usage-key" }, h("h2", {}, U.title), h("p", { class: "soft" }, U.text),
  facts([[U.key, createdAt ? U.madeAt(time(createdAt)) : U.noKey], ...addresses()]),
  may("owner") && h("div", { class: "actions" },
    actionButton(createdAt ? U.makeAnother : U.make, { kind: "", busy: U.making, run: make }),
    createdAt && actionButton(U.revoke, { kind: "danger", busy: U.revoking, run: () => revoke(createdAt) })));

async function make() {
  let key = "";
  const create = async () => {
    ({ key } = await call("usagekey/create", { body: {}, noAnswer: U.noAnswer }));
  };
  // Another tab may have made one since the page was read.
  const { createdAt } = await call("usagekey/get");
  if (createdAt) {
    await confirm({ title: U.makeTitle, text: [U.makeText(time(createdAt))], confirm: U.makeAnother, busy: U.making, danger: true, run: create });
  } else await create();
  if (key === "") return;
  await show(key);
  refresh();
}

/** Shows the key in a dialog, which forgets it when it closes. @param {string} key @returns {Promise<void>} */
const show = (key) => new Promise((resolve) => {
  const [titleId, inputId] = [newId("dialog"), newId("key")];
  const input = /** @type {HTMLInputElement} */ (h("input", { id: inputId, readonly: true, autofocus: true, autocomplete: "off", spellcheck: "false" }));
  // No attribute, so that the key is not in the markup.
  input.value = key;
  const outcome = h("span", { class: "progress", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(input.value);
      fill(outcome, U.copied);
    } catch {
      input.focus();
      input.select();
      fill(outcome, U.notCopied);
    }
  };
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": titleId }, h("h2", { id: titleId }, U.madeTitle),
    h("div", { class: "stack" },
      h("p", { class: "note warn" }, U.once),
      h("div", { class: "field" }, h("label", { for: inputId }, U.key), input),
      h("div", { class: "row" }, h("button", { type: "button", onclick: copy }, U.copy), outcome),
      facts(addresses()),
      h("p", {}, U.example),
      h("p", {}, h("code", {}, U.curl(addressOf("usage/list")))),
      h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, U.close)))));
  dialog.addEventListener("close", () => {
    input.value = "";
    dialog.remove();
    resolve();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.select();
});

/** @param {string} createdAt */
async function revoke(createdAt) {
  const made = await confirm({
    title: U.revokeTitle, text: [U.revokeText(time(createdAt))], confirm: U.revoke, busy: U.revoking, danger: true,
    run: () => call("usagekey/revoke", { body: {} }),
  });
  if (!made) return;
  done(U.revoked);
  refresh();
}

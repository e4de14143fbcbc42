// @ts-check
// The identity provider at which the MSP's people sign in.
import { call } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { form } from "./form.js";
import { time } from "./format.js";
import { actionButton, done, facts, frame, refresh } from "./page.js";
import { may } from "./session.js";
import { T } from "./texts.js";

const I = T.identity;

/** @typedef {{ issuer?: string, clientId?: string, updatedAt?: string, redirectUrl: string, signInUrl: string }} Provider */

/** @type {import("./app.js").Render} */
export async function render() {
  /** @type {Provider} */
  const now = await call("identity/get");
  return {
    title: I.title,
    content: [frame({ title: I.title, text: I.text, narrow: true, back: { href: "#/people", label: T.people.title } },
      inForce(now), may("owner") && asked(now))],
  };
}

/** @param {Provider} now */
const inForce = (now) => h("section", { class: "card", id: "provider" }, h("h2", {}, I.now),
  facts([
    [I.issuer, now.issuer ?? I.none],
    ...(now.issuer ? /** @type {[string, import("./dom.js").Child][]} */ ([[I.clientId, now.clientId], [I.since, time(now.updatedAt)], [I.signInUrl, h("code", {}, now.signInUrl)]]) : []),
    [I.redirectUrl, h("code", {}, now.redirectUrl)],
  ]),
  now.issuer && may("owner") && h("div", { class: "actions" }, actionButton(I.remove, { kind: "danger", busy: I.removing, run: remove })));

/** @param {Provider} now */
function asked(now) {
  const { element } = form({
    draft: "identity",
    fields: [
      { name: "issuer", label: I.issuer, hint: I.issuerHint, required: true, max: 500, value: now.issuer },
      { name: "clientId", label: I.clientId, hint: I.clientIdHint, required: true, max: 500, value: now.clientId },
      { name: "clientSecret", label: I.clientSecret, hint: I.clientSecretHint, type: "password", required: true, max: 500 },
    ],
    submit: now.issuer ? I.change : I.connect, busy: I.connecting, waitingFor: T.provider,
    onSubmit: async (values) => {
      await call("identity/save", { body: values });
      done(I.saved);
      refresh();
    },
  });
  return h("section", { class: "card" }, h("h2", {}, now.issuer ? I.change : I.connect), h("p", { class: "soft" }, now.issuer ? I.changeText : I.connectText), element);
}

async function remove() {
  const made = await confirm({
    title: I.removeTitle, text: [I.removeText], confirm: I.remove, busy: I.removing, danger: true,
    run: () => call("identity/delete", { body: {} }),
  });
  if (!made) return;
  done(I.removed);
  refresh();
}

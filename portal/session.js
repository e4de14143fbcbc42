// @ts-check
// The session is a cookie that scripts cannot read. The page only knows if there is one.
import { ApiError, call } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { form } from "./form.js";
import { end, lastMsp, providerForm } from "./sign-in.js";
import { T } from "./texts.js";

/**
 * Where a digest of who signed in is kept: of the reseller token, or of the MSP and the person. All tabs share the cookie, so a
 * tab must notice when someone else signs in, in this tab or in another one.
 */
const WHO = "portal.msp";

/** Where a message is kept for the page after a reload. */
const MESSAGE = "portal.message";

/** Who signed in for what this tab shows. */
let shown = localStorage.getItem(WHO);

addEventListener("storage", ({ key, newValue }) => {
  if (key === WHO && newValue !== null && shown !== null && newValue !== shown) startOver(T.session.someoneElse);
});

/** Begins anew at Home with a message. The reload clears the memory of who signed in, and nothing of the earlier page is sent. @param {string} message */
export function startOver(message) {
  sessionStorage.clear();
  sessionStorage.setItem(MESSAGE, message);
  history.replaceState(null, "", "#/");
  location.reload();
}

/** Returns the message of the page before the reload, once. */
export function takeMessage() {
  const message = sessionStorage.getItem(MESSAGE);
  sessionStorage.removeItem(MESSAGE);
  return message;
}

/**
 * @typedef {"owner" | "billing" | "support" | "readOnly"} Role
 * @typedef {{ connectWiseConfigured: boolean, role: Role, person?: string }} Session
 */

/** @type {Session | null} */
let session = null;

export const isConfigured = () => session?.connectWiseConfigured === true;

export const exists = () => session !== null;

/** The address of the person who signed in; none for the MSP's tokens. */
export const person = () => session?.person;

/** Says if a role is enough for what needs at least another one. The service manager decides; a page leaves out what it would refuse. @param {Role} least */
export const may = (least) => session !== null && (session.role === "owner" || session.role === least || least === "readOnly");

export function setConfigured() {
  if (session) session.connectWiseConfigured = true;
}

/** Looks for a session of this browser. */
export async function find() {
  try {
    session = await call("session/get", { signIn: false });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== -1016) throw error;
    session = null;
  }
}

export async function signOut() {
  try {
    await call("session/delete", { body: {}, signIn: false });
  } catch (error) {
    // An ended session is signed out already.
    if (!(error instanceof ApiError && error.code === -1016)) throw error;
  }
  localStorage.removeItem(WHO);
  startOver(T.session.signedOut);
}

/** @param {string} who */
async function digest(who) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`portal ${who.trim().toLowerCase()}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Remembers who signed in. Returns if it is who signed in before, if anyone did. @param {string} who */
async function isSame(who) {
  const [before, now] = [shown, await digest(who)];
  shown = now;
  localStorage.setItem(WHO, now);
  return before === null || before === now;
}

/** Ends the sign-in at the identity provider, on the page where it began. Returns if the page goes on. @param {import("./sign-in.js").Answer} answer */
export async function finish(answer) {
  const ended = await end(answer);
  session = ended.session;
  const same = await isSame(`${ended.msp} ${session.person}`);
  if (same) history.replaceState(null, "", ended.page || "#/");
  else startOver(T.session.someoneElse);
  return same;
}

/**
 * The form of the sign-in with the MSP's tokens.
 * @param {(same: boolean) => void} done
 */
export function signInForm(done) {
  return form({
    fields: [
      { name: "resellerToken", label: T.signIn.resellerToken, hint: T.signIn.resellerTokenHint, type: "password", required: true, autocomplete: "username" },
      { name: "accessToken", label: T.signIn.accessToken, hint: T.signIn.accessTokenHint, type: "password", required: true, autocomplete: "current-password" },
      { name: "apiUrl", label: T.signIn.apiUrl, hint: T.signIn.apiUrlHint, type: "text", autocomplete: "off" },
    ],
    submit: T.signIn.submit,
    busy: T.signIn.busy,
    waitingFor: T.vendor,
    onSubmit: async (values) => {
      session = await call("session/create", { body: values, signIn: false });
      done(await isSame(String(values.resellerToken)));
    },
  });
}

/** Asks for a new sign-in above the page, which keeps all that was typed. One dialog serves all waiting calls. */
export function signInDialog() {
  waiting ??= ask().finally(() => (waiting = null));
  return waiting;
}

/** @type {Promise<void> | null} */
let waiting = null;

function ask() {
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    let done = false;
    const msp = person() ? lastMsp() : null;
    const { element } = msp ? providerForm(msp) : signInForm((same) => {
      done = true;
      dialog.close();
      if (!same) {
        startOver(T.session.someoneElse);
        return;
      }
      announce(T.session.goesOn);
      resolve();
    });
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": "again-title" }));
    fill(dialog, h("h2", { id: "again-title" }, T.session.endedTitle), h("p", { class: "note" }, msp ? T.session.endedPerson : T.session.ended), element);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (!done) reject(new ApiError(-1016, T.session.notSignedIn));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

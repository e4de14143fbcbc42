// @ts-check
// The session is a cookie that scripts cannot read. The page only knows if there is one.
import { ApiError, call } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { form } from "./form.js";
import { T } from "./texts.js";

/**
 * Where the digest of the reseller token is kept. All tabs share the cookie, so a tab that shows one MSP's data must notice
 * when another MSP signs in, in this tab or in another one.
 */
const WHO = "portal.msp";

/** Where a message is kept for the page after a reload. */
const MESSAGE = "portal.message";

/** The MSP whose data this tab shows. */
let shown = localStorage.getItem(WHO);

addEventListener("storage", ({ key, newValue }) => {
  if (key === WHO && newValue !== null && shown !== null && newValue !== shown) startOver(T.session.otherMsp);
});

/** Begins anew at Home with a message. The reload clears the memory of the MSP, and nothing of the earlier page is sent. @param {string} message */
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

/** @typedef {{ connectWiseConfigured: boolean }} Session */

/** @type {Session | null} */
let session = null;

export const isConfigured = () => session?.connectWiseConfigured === true;

export const exists = () => session !== null;

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

/** @param {string} token */
async function digest(token) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`portal ${token.trim().toLowerCase()}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The form of the sign-in.
 * @param {(sameMsp: boolean) => void} done
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
      const [before, now] = [shown, await digest(String(values.resellerToken))];
      shown = now;
      localStorage.setItem(WHO, now);
      done(before === null || before === now);
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
    const { element } = signInForm((sameMsp) => {
      done = true;
      dialog.close();
      if (!sameMsp) {
        startOver(T.session.otherMsp);
        return;
      }
      announce(T.session.goesOn);
      resolve();
    });
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": "again-title" }));
    fill(dialog, h("h2", { id: "again-title" }, T.session.endedTitle), h("p", { class: "note" }, T.session.ended), element);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (!done) reject(new ApiError(-1016, T.session.notSignedIn));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

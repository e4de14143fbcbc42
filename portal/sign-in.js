// @ts-check
// The sign-in of a person at the identity provider of the MSP: the way there, and what the provider sends the person back with.
import { ApiError, call } from "./api.js";
import { form } from "./form.js";
import { T } from "./texts.js";

/** Where the id of the MSP at whose provider this browser signed in last is kept. It is no secret. */
const MSP = "portal.provider";

/** Where a tab keeps, during a sign-in, the MSP and the page to which it returns. */
const BEGUN = "portal.signIn";

/** First part of the address that an MSP gives its people. */
const ADDRESS = "#/sign-in/";

/** Last part of the address to which an MSP's provider sends a person back. */
const BACK = /\/signed-in-([0-9a-f-]{36})$/;

/** The id of the MSP in the address, if it is one for people. */
export const mspOfAddress = () => (location.hash.startsWith(ADDRESS) ? location.hash.slice(ADDRESS.length) : null);

/** The id of the MSP at whose provider this browser signed in last. */
export const lastMsp = () => localStorage.getItem(MSP);

/** The button that leads to the provider. @param {string} msp */
export const providerForm = (msp) => form({ fields: [], submit: T.signIn.withProvider, busy: T.signIn.leaving, waitingFor: T.provider, onSubmit: () => begin(msp) });

/** @param {string} msp */
async function begin(msp) {
  const { url } = await call("session/start", { body: { msp }, signIn: false });
  // The provider of a local stack has no TLS.
  if (!/^https?:\/\//.test(url)) throw new Error("the provider has no web address");
  const page = mspOfAddress() === null ? location.hash : "#/";
  sessionStorage.setItem(BEGUN, JSON.stringify({ msp, page }));
  location.assign(url);
}

/** @typedef {{ answers: string, code: string | null, state: string | null, iss: string | null, error: string | null }} Answer */

/**
 * What the provider sent the person back with, if it did. `answers` is the id of the MSP whose provider answers. It is taken out
 * of the address, so that neither the history nor a bookmark has it.
 * @returns {Answer | null}
 */
export function takeAnswer() {
  const answers = BACK.exec(location.pathname)?.[1];
  if (!answers) return null;
  const query = new URLSearchParams(location.search);
  const answer = { answers, code: query.get("code"), state: query.get("state"), iss: query.get("iss"), error: query.get("error") };
  history.replaceState(null, "", `${location.pathname.replace(BACK, "")}#/`);
  return answer;
}

/**
 * Ends a sign-in.
 * @param {Answer} answer
 * @returns {Promise<{ session: import("./session.js").Session, msp: string, page: string }>}
 */
export async function end({ answers, code, state, iss, error }) {
  /** @type {{ msp: string, page: string }} */
  const { msp, page } = JSON.parse(sessionStorage.getItem(BEGUN) ?? '{"msp":"","page":"#/"}');
  sessionStorage.removeItem(BEGUN);
  // If it fails, the page has the button for another try.
  if (msp) history.replaceState(null, "", ADDRESS + msp);
  // Anyone can write an address with an error, so none of its text is shown but a plain word.
  if (!code || !state) throw new ApiError(0, T.signIn.notDone(/^[a-z_]{1,40}$/.test(error ?? "") ? error : null));
  const session = await call("session/callback", { body: { code, state, msp: answers, iss: iss ?? undefined }, signIn: false });
  localStorage.setItem(MSP, answers);
  return { session, msp: answers, page };
}

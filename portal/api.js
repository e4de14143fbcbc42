// @ts-check
import { T } from "./texts.js";

/** The portal's API is beside the assets. */
const BASE = new URL(".", import.meta.url);

/** Longer than any endpoint's own deadline, so that the endpoint's answer comes first. */
const LIMIT = 35_000;

/** The code of a session that does not exist or has ended. */
const SESSION_ENDED = -1016;

/** An answer other than 200, or none. */
export class ApiError extends Error {
  /**
   * @param {number} code code of the service manager; 0 if it did not answer
   * @param {string} message
   * @param {Record<string, string>} [fields] one text for each invalid member
   */
  constructor(code, message, fields = {}) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

/** Called when the session has ended; resolves once there is a new one, rejects if the person does not sign in. */
let signInAgain = () => Promise.reject(new ApiError(SESSION_ENDED, T.session.ended));

/** @param {() => Promise<void>} handler */
export function onSessionEnd(handler) {
  signInAgain = /** @type {typeof signInAgain} */ (handler);
}

/**
 * Calls an endpoint. If the session has ended, the person signs in again and the call is repeated.
 * @param {string} path such as "plans/list"
 * @param {{ query?: Record<string, string | number | undefined>, body?: object, signIn?: boolean, noAnswer?: string }} [options]
 *   with a body it is a POST; with `signIn: false` an ended session is an error; `noAnswer` is the text where none comes
 * @returns {Promise<any>}
 */
export async function call(path, options = {}) {
  try {
    return await once(path, options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== SESSION_ENDED || options.signIn === false) throw error;
    await signInAgain();
    return once(path, options);
  }
}

/** The address of an endpoint, for a link. @param {string} path */
export const addressOf = (path) => new URL(path, BASE).href;

/** @typedef {{ credentials: "vendorTokens" | "connectWiseKeys", message: string }} RefusedCredentials */

/**
 * The pages of a list, one after the other.
 * @param {string} path such as "plans/list", whose answer has the rows in the member `plans`
 * @returns {AsyncGenerator<{ rows: any[], after: string | undefined, isLast: boolean, refused: RefusedCredentials[] }>} `after` is the
 *   cursor of the page
 */
export async function* pages(path) {
  let after;
  do {
    const page = await call(path, { query: { after } });
    yield { rows: page[path.split("/")[0]], after, isLast: page.next === undefined, refused: page.refusedCredentials ?? [] };
    after = page.next;
  } while (after !== undefined);
}

/** All rows of a list. @param {string} path */
export async function all(path) {
  const rows = [];
  for await (const page of pages(path)) rows.push(...page.rows);
  return rows;
}

/** Pages that the beginning of a list has. */
const MAX_PAGES = 5;

/** The beginning of a list, which may be all of it. Each row has the cursor of its page. @param {string} path */
export async function beginning(path) {
  /** @type {any[]} */
  const rows = [];
  /** @type {RefusedCredentials[]} */
  let refused = [];
  let read = 0;
  for await (const page of pages(path)) {
    rows.push(...page.rows.map((row) => ({ ...row, after: page.after })));
    refused = page.refused;
    read += 1;
    if (page.isLast) return { rows, refused, isWhole: true };
    if (read === MAX_PAGES) break;
  }
  return { rows, refused, isWhole: false };
}

/** @param {string} path @param {{ query?: Record<string, string | number | undefined>, body?: object, noAnswer?: string }} options */
async function once(path, { query, body, noAnswer = body ? T.errors.noAnswerToChange : T.errors.noAnswer }) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response, text;
  try {
    response = await fetch(url, { ...(body ? post : {}), signal: AbortSignal.timeout(LIMIT), cache: "no-store" });
    text = await response.text();
  } catch {
    throw new ApiError(0, noAnswer);
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(0, T.errors.unreadable(response.status));
  }
  if (response.ok) return answer;
  const wait = Number(response.headers.get("retry-after"));
  const message = typeof answer.message === "string" && answer.message ? answer.message : T.errors.unreadable(response.status);
  const later = wait > 0 ? ` ${T.errors.retryAfter(wait)}` : "";
  throw new ApiError(Number(answer.code) || 0, beforeReference(message, later), answer.fields ?? {});
}

/** The message with `text` before the reference at its end, if it has one. @param {string} message @param {string} text */
const beforeReference = (message, text) => message.replace(/(?: Reference: [0-9a-f]{10})?$/, (reference) => text + reference);

/** The text of an error for a person. @param {unknown} error */
export function messageOf(error) {
  if (error instanceof ApiError) return error.code ? beforeReference(error.message, T.errors.code(error.code)) : error.message;
  return T.errors.unexpected;
}

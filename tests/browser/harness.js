// The local stack, a browser, and what a person does in the portal's pages.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { idle, mouse } from "./hands.js";

const root = new URL("../../", import.meta.url);
// The packages are in target/, which the script tests/scripts/browser fills.
const packages = createRequire(new URL("target/browser/package.json", root));
const { chromium } = packages("playwright-core");
const AXE = packages.resolve("axe-core/axe.min.js");

export const TOKENS = { reseller: "11111111-1111-4111-8111-111111111111", access: "22222222-2222-4222-8222-222222222222" };
export const OTHER_TOKENS = { reseller: "33333333-3333-4333-8333-333333333333", access: "44444444-4444-4444-8444-444444444444" };

/** The longest wait for an answer of the stack, in milliseconds. */
const PATIENCE = Number(process.env.PATIENCE ?? 60_000);

/** Returns a port with six free ones above it. */
async function freePorts() {
  for (;;) {
    const first = 20_000 + 10 * Math.floor(Math.random() * 3000);
    const tries = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((offset) => new Promise((resolve) => {
      const server = net.createServer().once("error", () => resolve(false)).listen(first + offset, "127.0.0.1", () => server.close(() => resolve(true)));
    })));
    if (tries.every(Boolean)) return first;
  }
}

/** A local stack of its own. */
export class Stack {
  /** @param {number} port @param {import("node:child_process").ChildProcess} child */
  constructor(port, child) {
    this.port = port;
    this.child = child;
    this.portal = `http://127.0.0.1:${port}/portal`;
  }

  static async start() {
    const port = await freePorts();
    const binary = fileURLToPath(new URL("target/debug/local-stack", root));
    const log = openSync(fileURLToPath(new URL(`target/browser/stack-${port}.log`, root)), "w");
    const child = spawn(binary, ["--port", String(port)], { stdio: ["ignore", log, log] });
    const stack = new Stack(port, child);
    await until(async () => (await fetch(stack.portal)).ok, "the stack answers");
    return stack;
  }

  stop() {
    return new Promise((resolve) => {
      this.child.once("exit", resolve);
      this.child.kill("SIGTERM");
    });
  }

  /** Calls a sandbox: 1 is Dropsuite's, 2 ConnectWise's, 5 the background functions', 6 the identity provider. */
  async control(offset, path, body) {
    const response = await fetch(`http://127.0.0.1:${this.port + offset}${path}`, { method: body === undefined ? "GET" : "POST", body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }

  faults(offset, rules) {
    return this.control(offset, "/_sandbox/faults", rules);
  }

  calls(offset) {
    return this.control(offset, "/_sandbox/state");
  }

  /** Calls ConnectWise as any holder of an API key does. */
  async connectWise(path, { method, body } = {}) {
    const headers = { authorization: `Basic ${btoa("demo+pub:priv")}`, clientId: "5ad00000-0000-4000-8000-000000000001" };
    const response = await fetch(`http://127.0.0.1:${this.port + 2}/v4_6_release/apis/3.0/${path}`, {
      method, body: body && JSON.stringify(body), headers: { ...headers, ...(body && { "content-type": "application/json" }) },
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** The additions of the agreement that were not there at first. */
  additions(agreement = 104) {
    return this.connectWise(`finance/agreements/${agreement}/additions?conditions=id%3E401`);
  }

  /** Deletes the addition of a subscription in ConnectWise. The next change of the subscription finds that out: `change` makes it. */
  async loseAddition(subscription, change) {
    const row = async () => (await this.rows("additions/list")).find((one) => one.subscription === subscription);
    const { agreement, addition } = await row();
    await this.connectWise(`finance/agreements/${agreement}/additions/${addition}`, { method: "DELETE" });
    await change();
    await until(async () => (await row()).state === "failed", "the addition failed");
  }

  /** Calls the service manager as the distributor's shop does. */
  async shop(path, body) {
    const setting = "x-cloudplatform-setting";
    const response = await fetch(`http://127.0.0.1:${this.port}/api/interworks/${path}`, {
      method: "POST", body: JSON.stringify(body), headers: {
        "x-cloudplatform-applicationid": "B1A7C0DE-0000-4000-8000-000000000001", "x-cloudplatform-apikey": btoa("local-demo-key"),
        [`${setting}-resellertoken`]: TOKENS.reseller, [`${setting}-accesstoken`]: TOKENS.access,
      },
    });
    const answer = await response.json();
    assert.equal(answer.Code, 0, `${path}: ${JSON.stringify(answer)}`);
    return answer.Result;
  }

  /** Sells two seats to an account of the shop. Returns the organization. */
  async sellInShop(account, name) {
    const organization = await this.shop("accounts/synchronize", { ID: account, Name: name, SyncOptions: { username: `it@${account}.example` } });
    await this.shop("subscriptions/create", { SubscriptionID: `S-${account}`, ProductID: "16921-6-3378-14", Account: { ID: account }, ActionType: "Provision", Quantity: 2 });
    return organization;
  }

  /** Runs the monitor until it has sent a check. */
  async monitor() {
    await until(async () => {
      const report = await fetch(`http://127.0.0.1:${this.port + 5}/2015-03-31/functions/actions-monitor/invocations`, { method: "POST" });
      return /"sent":[1-9]/.test(await report.text());
    }, "the monitor sends a check");
  }

  /** Calls the portal's API as a program does, with a token. */
  async api(path, body, tokens = TOKENS) {
    this.token ??= (await (await fetch(`${this.portal}/session/create`, {
      method: "POST", body: JSON.stringify({ resellerToken: tokens.reseller, accessToken: tokens.access }),
    })).json()).token;
    const response = await fetch(`${this.portal}/${path}`, {
      method: body ? "POST" : "GET", body: body && JSON.stringify(body), headers: { authorization: `Bearer ${this.token}` },
    });
    const answer = await response.json();
    assert.ok(response.ok, `${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Returns the rows of a list that has one page. */
  async rows(path) {
    const page = await this.api(path);
    assert.equal(page.next, undefined, path);
    return page[path.split("/")[0]];
  }

  /** Puts settings in force and plans on sale, for tests that begin later in the story. */
  async configure() {
    await this.api("settings/credentials", { siteUrl: `http://127.0.0.1:${this.port + 2}`, companyIdentifier: "demo", publicKey: "pub", privateKey: "priv" });
    await this.api("settings/save", { board: 1, newStatus: 11, closedStatus: 13, cancelledStatus: 14 });
    const terms = { currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
    await this.api("plans/create", { name: "Business Backup", productType: "backup", price: 3, ...terms });
    await this.api("plans/create", { name: "Business Archive", productType: "archive", price: 5, ...terms });
  }

  /** Sells three seats to Blue Light, Co. */
  order(changes = {}) {
    const order = { company: 20, agreement: 104, plan: "16921-6-3378-14", seats: 3, email: "it@bluelight.example", firstName: "Gordon", lastName: "Packard", country: "US" };
    return this.api("organizations/create", { ...order, ...changes });
  }

  async sell(changes) {
    const sold = await this.order(changes);
    await until(async () => (await this.rows("additions/list")).some((row) => row.subscription === sold.subscription && row.state === "synced"), "the addition is in sync");
    return sold;
  }
}

/** Begins a story. Returns what makes a test that continues the ones before it: it fails at once if one of them did. */
export function story() {
  let hasFailed = false;
  return (name, run) => test(name, async () => {
    assert.ok(!hasFailed, "an earlier step failed");
    try {
      await run();
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
}

/** Waits until `condition` holds. */
export async function until(condition, what, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) assert.fail(`${what}: not within ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Starts the browser. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath, args, headless: true });
}

/** Opens the portal in a new profile. Anything that the page reports as an error fails the test at `close`. */
export async function visit(browser, stack, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  if (process.env.PORTAL_FROM_DISK) await fromDisk(context);
  const page = await context.newPage();
  watch(page);
  await page.goto(stack.portal);
  return page;
}

/** For work on the pages: serves them from the folder, with the headers of the stack, so that no change needs a build. */
async function fromDisk(context) {
  const file = (name) => readFileSync(new URL(`portal/${name}`, root), "utf8");
  await context.route(/\/portal(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: file("index.html") });
  });
  // The same page, beside its assets.
  await context.route(/\/portal\/signed-in-[\w-]+(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: file("index.html").replaceAll('"./portal/', '"./') });
  });
  const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  await context.route(/\/portal\/[\w-]+\.(js|css|svg)$/, (route) => {
    const name = route.request().url().split("/").at(-1);
    return route.fulfill({ contentType: types[name.split(".").at(-1)], body: file(name) });
  });
}

const problems = new WeakMap();

/** Collects what the page reports. An answer other than 200 is no problem of the page. */
export function watch(page) {
  const found = [];
  problems.set(page, found);
  page.on("pageerror", (error) => found.push(`exception: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) found.push(message.text());
  });
  page.on("dialog", (dialog) => {
    found.push(`a script opened a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
}

/** Fails if the page reported something. */
export function assertQuiet(page) {
  assert.deepEqual(problems.get(page), []);
}

export async function close(page) {
  assertQuiet(page);
  await page.context().close();
}

export async function signIn(page, tokens = TOKENS, hands = mouse) {
  await hands.enter(page.getByLabel("Reseller Token"), tokens.reseller);
  await hands.enter(page.getByLabel("Authentication Token"), tokens.access);
  await hands.press(page.getByRole("button", { name: "Sign in" }));
}

/** Opens a page by its link in the bar. */
export const open = (page, name, hands = mouse) => turn(page, () => hands.press(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true })));

/** Opens a page by its address. */
export const go = (page, address) => turn(page, () => page.evaluate((hash) => (location.hash = hash), `#/${address}`));

/** Does what opens another page, and waits until its content is there. */
export async function turn(page, action) {
  await page.locator("main").evaluate((main) => main.firstElementChild?.setAttribute("data-left", ""));
  await action();
  await page.locator("main > [data-left]").waitFor({ state: "detached" });
  await loaded(page);
}

/** A message at the bottom of the window. */
export const shownMessage = (page, text) => page.getByRole("region", { name: "Messages" }).getByText(text);

/** Waits until the page's content is there. */
export async function loaded(page) {
  await page.locator("main h1").waitFor();
  await page.locator(".skeleton").waitFor({ state: "detached" });
}

export async function heading(page, name) {
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await loaded(page);
}

/** Fails if axe finds a violation on the page. Returns the number of rules that passed. */
export async function axe(page, name) {
  const loadedAlready = await page.evaluate(() => "axe" in globalThis);
  if (!loadedAlready) await page.evaluate(readFileSync(AXE, "utf8"));
  // A page that loads again is paler, and its colours change by a transition.
  await idle(page);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)));
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const violations = result.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
  assert.deepEqual(violations, [], `axe on ${name}`);
  console.log(`# axe: ${name}: 0 violations, ${result.passes.length} rules passed`);
}

/** Fails if the page is wider than the window, or something on it wider than its box. */
export async function assertFits(page, name) {
  const wider = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll(".nav, .card, .table-box, dialog, .tabs")]
    .filter((box) => box.scrollWidth > box.clientWidth).map((box) => `${box.className || box.tagName}: ${box.scrollWidth} px in ${box.clientWidth} px`));
  assert.deepEqual(wider, [], name);
}

/** A screenshot for a person who looks into a failure, in target/browser/shots. */
export async function shot(page, name) {
  const folder = fileURLToPath(new URL("target/browser/shots/", root));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}

// The key with which another program reads the usage: made, used, replaced and revoked, by the keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle, keyboard as hands } from "./hands.js";
import { Stack, assertFits, axe, close, heading, launch, open, shownMessage, signIn, story, visit } from "./harness.js";

const MAILBOXES = ["ann@bluelight.example", "gordon@bluelight.example"];

const step = story();
let stack, browser, page, sold, first, second;
/** What the page sent and said, and the addresses that it had. */
const traces = [];
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  sold = await stack.sell({ businessName: "Blue Light, Co." });
  await stack.control(1, `/_sandbox/organizations/${sold.organization}/mailboxes`, { emails: [...MAILBOXES].reverse() });
  page = await visit(browser, stack);
  page.on("request", (request) => traces.push(request.url(), request.postData() ?? "", JSON.stringify(request.headers())));
  page.on("console", (message) => traces.push(message.text()));
  page.on("framenavigated", (frame) => traces.push(frame.url()));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(stack.portal).origin });
  await signIn(page);
  await heading(page, "What needs attention");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Reads the usage as another program does. */
const usage = (key, path = "usage/list") => fetch(`${stack.portal}/${path}`, { headers: key ? { authorization: `Bearer ${key}` } : {} });

/** Fails unless the usage is refused. */
async function assertRefused(key, path) {
  const answer = await usage(key, path);
  assert.deepEqual([answer.status, (await answer.json()).code], [401, -1016]);
}

const section = (of = page) => of.locator("#usage-key");
const button = (name, of = page) => section(of).getByRole("button", { name, exact: true });
const dialog = (name, of = page) => of.getByRole("dialog", { name });

/** Returns the key that the dialog shows. */
async function shownKey(of = page) {
  const input = dialog("Your new key", of).getByLabel("Key");
  await input.waitFor();
  const key = await input.inputValue();
  assert.match(key, /^usage_[0-9a-f]{64}$/);
  return key;
}

/** Closes the dialog of the key, and waits until the settings were read again. */
async function closeKey() {
  await hands.press(dialog("Your new key").getByRole("button", { name: "Close" }));
  await dialog("Your new key").waitFor({ state: "detached" });
  await button("Revoke").waitFor();
  await idle(page);
}

/** Fails if the page, its storage or its address has the key. */
async function assertForgotten(key) {
  const kept = await page.evaluate(async () => JSON.stringify([
    document.documentElement.outerHTML, [...document.querySelectorAll("input")].map(({ value }) => value), { ...localStorage }, { ...sessionStorage },
    location.href, history.state, document.cookie, (await indexedDB.databases()).length, await caches.keys(),
  ]));
  assert.ok(!kept.includes(key), "the page has the key");
}

step("the settings say that there is no key, and where the usage is", async () => {
  await open(page, "Settings", hands);
  await heading(page, "ConnectWise Settings");
  await section().getByText("None", { exact: true }).waitFor();
  assert.equal(await button("Revoke").count(), 0);
  for (const path of ["list", "csv"]) await section().getByText(`${stack.portal}/usage/${path}`, { exact: true }).waitFor();
  await axe(page, "settings without a key");
  await assertRefused(undefined);
});

step("a key is made and shown once", async () => {
  await hands.press(button("Make a key"));
  first = await shownKey();
  const asked = dialog("Your new key");
  assert.equal(await asked.getByLabel("Key").evaluate((input) => input === document.activeElement), true, "a key pressed twice closes nothing");
  for (const path of ["list", "csv"]) await asked.getByText(`${stack.portal}/usage/${path}`, { exact: true }).waitFor();
  await asked.getByText(`curl -H 'Authorization: Bearer KEY' '${stack.portal}/usage/list'`).waitFor();
  await axe(page, "a new key");
  await assertFits(page, "a new key");
  await hands.press(asked.getByRole("button", { name: "Copy" }));
  await asked.getByRole("status").getByText("Copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), first);
  await closeKey();
  await assertForgotten(first);
  await section().getByText(/^Made on /).waitFor();
  await axe(page, "settings with a key");
});

step("another program reads the usage with the key, and nothing else", async () => {
  const { organizations } = await (await usage(first)).json();
  const { company, agreement, seats, state } = organizations.find(({ organization }) => organization === sold.organization);
  assert.deepEqual({ company, agreement, seats, state }, { company: 20, agreement: 104, seats: 3, state: "active" });
  const withSeats = await (await usage(first, "usage/list?seats=true")).json();
  assert.deepEqual(withSeats.organizations.find(({ organization }) => organization === sold.organization).addresses, MAILBOXES);
  const file = await usage(first, "usage/csv?seats=true");
  assert.equal(file.status, 200);
  assert.match(file.headers.get("content-type"), /^text\/csv/);
  const lines = (await file.text()).split("\r\n");
  assert.match(lines[0], /^organization,name,/);
  for (const address of MAILBOXES) assert.equal(lines.filter((line) => line.startsWith(`${sold.organization},`) && line.endsWith(`,${address},true`)).length, 1, address);
  await assertRefused(first, "links/list");
  await assertRefused(stack.token, "usage/list");
});

step("another key takes the place of the first one, after a confirmation", async () => {
  await hands.press(button("Make another key"));
  const asked = dialog("Make another key?");
  await asked.getByText(/^The key made on .* ends at once\./).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel");
  await axe(page, "make another key");
  await hands.press(asked.getByRole("button", { name: "Cancel" }));
  await asked.waitFor({ state: "detached" });
  assert.equal((await usage(first)).status, 200);
  await hands.press(button("Make another key"));
  await hands.press(asked.getByRole("button", { name: "Make another key" }));
  second = await shownKey();
  assert.notEqual(second, first);
  await closeKey();
  await assertForgotten(second);
  await assertRefused(first);
  assert.equal((await usage(second)).status, 200);
});

step("a revoked key is refused", async () => {
  await hands.press(button("Revoke"));
  const asked = dialog("Revoke the key?");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel");
  await axe(page, "revoke the key");
  await hands.press(asked.getByRole("button", { name: "Revoke" }));
  await shownMessage(page, "The key is revoked.").waitFor();
  await button("Make a key").waitFor();
  assert.deepEqual(await stack.api("usagekey/get"), {});
  await assertRefused(second);
});

step("a key that was made in another tab is not ended without a confirmation", async () => {
  const { key } = await stack.api("usagekey/create", {});
  await hands.press(button("Make a key"));
  await hands.press(dialog("Make another key?").getByRole("button", { name: "Cancel" }));
  assert.equal((await usage(key)).status, 200);
});

step("no key was in an address, a request, a message of the page, or its storage", async () => {
  await page.reload();
  await heading(page, "ConnectWise Settings");
  for (const key of [first, second]) {
    assert.ok(!traces.some((trace) => trace.includes(key)));
    await assertForgotten(key);
  }
  await close(page);
});

/** Opens the settings of an MSP without a key. */
async function settings(options) {
  await stack.api("usagekey/revoke", {});
  const other = await visit(browser, stack, options);
  await signIn(other);
  await heading(other, "What needs attention");
  await open(other, "Settings");
  return other;
}

test("a key that the browser does not copy is selected, on a narrow screen too", async () => {
  const other = await settings({ viewport: { width: 360, height: 740 } });
  await button("Make a key", other).click();
  const key = await shownKey(other);
  await axe(other, "a new key, 360 px");
  await assertFits(other, "a new key, 360 px");
  await other.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))));
  await dialog("Your new key", other).getByRole("button", { name: "Copy" }).click();
  await dialog("Your new key", other).getByText(/^The browser did not copy it\./).waitFor();
  assert.equal(await other.evaluate(() => document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)), key);
  await other.keyboard.press("Escape");
  await dialog("Your new key", other).waitFor({ state: "detached" });
  await button("Revoke", other).waitFor();
  await close(other);
});

test("a lost answer says that a key may have been made", async () => {
  const other = await settings();
  await other.route(/\/portal\/usagekey\/create/, async (route) => {
    await route.fetch({ headers: { ...(await route.request().allHeaders()), "sec-fetch-site": "same-origin" } });
    await route.abort();
  });
  await button("Make a key", other).click();
  await shownMessage(other, /it is not known if a key was made/).waitFor();
  await other.unrouteAll();
  await button("Make a key", other).click();
  await dialog("Make another key?", other).getByRole("button", { name: "Make another key" }).click();
  assert.equal((await usage(await shownKey(other))).status, 200);
  await close(other);
});

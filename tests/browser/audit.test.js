// The billing audit by the keyboard alone: what it found, in sums and one by one, and what a person does about it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle, keyboard as hands } from "./hands.js";
import { Stack, assertFits, axe, close, go, heading, launch, open, shownMessage, signIn, story, turn, until, visit } from "./harness.js";

const ACCOUNTS = ["1001", "1002", "1003"];
const SEATS = 2;

const step = story();
let stack, browser, page, unlinked;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  for (const account of ACCOUNTS) {
    await stack.api("links/create", { organization: await stack.sellInShop(account, `Shop ${account}`), company: 19, agreement: 101 });
  }
  await stack.sell();
  await until(async () => (await stack.rows("additions/list")).filter(({ state }) => state === "synced").length === ACCOUNTS.length + 1, "all additions are in sync");
  unlinked = await stack.sellInShop("1004", "Shop 1004");
  // A person changes quantities in ConnectWise: two are invoiced too few, one too many.
  await setQuantity("S-1001", 1);
  await setQuantity("S-1002", 1);
  await setQuantity("S-1003", 9);
  page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "What needs attention");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function addition(subscription) {
  const row = (await stack.rows("additions/list")).find((one) => one.subscription === subscription);
  return `finance/agreements/${row.agreement}/additions/${row.addition}`;
}

const setQuantity = async (subscription, value) => stack.connectWise(await addition(subscription), { method: "PATCH", body: [{ op: "replace", path: "quantity", value }] });

const quantity = async (subscription) => (await stack.connectWise(await addition(subscription))).quantity;

const list = (query = "") => stack.api(`audit/list${query}`);

const rowOf = (name, kind) => page.getByRole("row", { name }).filter({ hasText: kind });
const button = (name) => page.getByRole("button", { name, exact: true });
const dialog = (name) => page.getByRole("dialog", { name });

/** Sets the filters and shows their rows. */
async function filter({ kind = "All kinds", company = "All companies", dismissed = false }) {
  await hands.choose(page.getByLabel("Kind"), kind);
  await hands.choose(page.getByLabel("Company"), company);
  await hands[dismissed ? "check" : "uncheck"](page.getByLabel("Show dismissed findings"));
  await turn(page, () => hands.press(button("Show")));
}

async function runAudit() {
  await hands.press(button("Run audit now"));
  await button("Auditing…").waitFor();
  await axe(page, "a running audit");
  await shownMessage(page, /^The audit is complete: \d+ findings?\.$/).waitFor();
  await idle(page);
}

step("the first audit is started at its page, which shows the result when there is one", async () => {
  await open(page, "Audit", hands);
  await heading(page, "Billing audit");
  await page.getByText("Not run yet").waitFor();
  await page.getByRole("heading", { name: "No audit yet" }).waitFor();
  await axe(page, "billing audit before the first run");
  await runAudit();
  await page.getByText("Complete", { exact: true }).waitFor();
  assert.equal(await button("Run audit now").evaluate((element) => element === document.activeElement), true, "the button keeps the focus");
  await axe(page, "billing audit");
  await assertFits(page, "billing audit");
  const readings = await countReadings(async () => new Promise((resolve) => setTimeout(resolve, 4_000)));
  assert.equal(readings, 0, "the page stops looking when the audit is complete");
});

/** Returns how often the page reads the audit while `action` runs. */
async function countReadings(action) {
  let readings = 0;
  const count = (request) => (readings += /\/audit\/list/.test(request.url()) ? 1 : 0);
  page.on("request", count);
  await action();
  page.off("request", count);
  return readings;
}

step("sums and figures are those of the newest audit", async () => {
  const { runs } = await list();
  const [{ sums, findings, organizations }] = runs;
  assert.equal(runs.length, 1);
  const [{ currency, notInvoiced, invoicedTooMuch }] = sums;
  assert.ok(notInvoiced > 0 && invoicedTooMuch > 0, JSON.stringify(sums));
  const amount = (value) => `${currency} ${value.toFixed(2)} / month`;
  const shown = await page.locator("dl.sums").allInnerTexts();
  assert.deepEqual(shown.map((text) => text.split("\n").filter(Boolean)), [["Not invoiced", amount(notInvoiced), "Invoiced too much", amount(invoicedTooMuch)]]);
  const figures = await page.getByRole("list", { name: "Audits, newest first" }).getByRole("listitem").allInnerTexts();
  assert.equal(figures.length, 1);
  assert.ok(figures[0].startsWith(`${findings} finding`) && figures[0].includes(`${organizations} organization`), figures[0]);
  await page.getByRole("img", { name: `Bar chart: ${findings} findings in one audit.` }).waitFor();
  assert.equal(await page.locator("svg.chart rect").count(), 1);
});

step("filters leave the rows of a kind and of a company", async () => {
  const { findings } = await list();
  await filter({ kind: "Too few billed" });
  assert.equal(await page.locator("#findings tbody tr").count(), findings.filter(({ kind }) => kind === "tooFew").length);
  await filter({ kind: "Organization without a link" });
  await rowOf(/Shop 1004/, "Organization without a link").waitFor();
  assert.equal(await rowOf(/Shop 1001/, "Too few billed").count(), 0);
  await filter({ company: "Acme Corp" });
  assert.equal(await page.locator("#findings tbody tr").count(), findings.filter(({ company }) => company === 19).length);
  await filter({ kind: "Billed twice", company: "Acme Corp" });
  await page.getByRole("heading", { name: "No finding matches" }).waitFor();
  await axe(page, "no finding matches");
  await turn(page, () => hands.press(page.getByRole("link", { name: "Show all findings" })));
});

step("the findings have a next page until each was shown once", async () => {
  const { findings } = await list();
  const limit = Math.ceil(findings.length / 2);
  await shorten("audit/list", limit);
  await open(page, "Billing", hands);
  await open(page, "Audit", hands);
  const rows = () => page.locator("#findings tbody tr").allInnerTexts();
  const first = await rows();
  await turn(page, () => hands.press(page.getByRole("link", { name: "Next page" })));
  await axe(page, "the last page of the findings");
  const shown = new Set([...first, ...await rows()]);
  assert.deepEqual([first.length, shown.size], [limit, findings.length]);
  await turn(page, () => hands.press(page.getByRole("link", { name: "First page" })));
  assert.deepEqual(await rows(), first);
  await page.unrouteAll();
  await open(page, "Audit", hands);
});

/** Makes the pages of a list short. */
const shorten = (path, limit) => page.route(new RegExp(`/portal/${path}`), (route) => {
  const url = new URL(route.request().url());
  url.searchParams.set("limit", limit);
  return route.continue({ url: url.href });
});

step("a fix is applied after a confirmation", async () => {
  const row = rowOf(/Shop 1001/, "Too few billed");
  await row.getByText("1 / 2").waitFor();
  const retry = row.getByRole("button", { name: "Retry: Too few billed, Shop 1001" });
  await hands.press(retry);
  await axe(page, "apply a fix");
  await hands.press(dialog("Retry: Shop 1001?").getByRole("button", { name: "Cancel" }));
  await dialog("Retry: Shop 1001?").waitFor({ state: "detached" });
  assert.equal(await quantity("S-1001"), 1, "nothing was changed");
  await hands.press(retry);
  await hands.press(dialog("Retry: Shop 1001?").getByRole("button", { name: "Retry" }));
  await dialog("Retry: Shop 1001?").waitFor({ state: "detached" });
  await until(async () => await quantity("S-1001") === SEATS, "the addition has the seats that were sold");
  await idle(page);
  assert.ok(await page.evaluate(() => document.activeElement.closest("#findings") !== null), "the focus stays among the findings");
});

step("several fixes are applied at once, and what cannot be applied is left out", async () => {
  await hands.press(button("Apply selected"));
  await shownMessage(page, "Select a finding first.").waitFor();
  await hands.check(rowOf(/Shop 1002/, "Too few billed").getByRole("checkbox"));
  await hands.check(rowOf(/Shop 1003/, "Too many billed").getByRole("checkbox"));
  await hands.check(rowOf(/Shop 1004/, "Organization without a link").getByRole("checkbox"));
  await page.getByText("3 selected").waitFor();
  await hands.press(button("Apply selected"));
  const asked = dialog("Apply the fixes of 2 findings?");
  await asked.getByText("1 selected finding cannot be applied here and will be left out.").waitFor();
  assert.equal(await asked.getByRole("listitem").count(), 2);
  await axe(page, "apply several fixes");
  await hands.press(asked.getByRole("button", { name: "Apply" }));
  await asked.waitFor({ state: "detached" });
  for (const subscription of ["S-1002", "S-1003"]) await until(async () => await quantity(subscription) === SEATS, `the addition of ${subscription} has the seats that were sold`);
  await idle(page);
  assert.ok(await rowOf(/Shop 1004/, "Organization without a link").getByRole("checkbox").isChecked(), "what was left out stays selected");
});

step("a finding is dismissed with a note, and restored", async () => {
  const row = rowOf(/Shop 1004/, "Organization without a link");
  await hands.press(row.getByRole("button", { name: "Dismiss: Organization without a link, Shop 1004" }));
  const asked = dialog("Dismiss Organization without a link, Shop 1004?");
  await hands.press(asked.getByRole("button", { name: "Dismiss" }));
  await asked.getByText("Note is required.").waitFor();
  await axe(page, "dismiss a finding");
  await hands.enter(asked.getByLabel("Note"), "Ours, not billed.");
  await hands.press(asked.getByRole("button", { name: "Dismiss" }));
  await shownMessage(page, "1 finding is dismissed.").waitFor();
  await row.waitFor({ state: "detached" });
  await filter({ dismissed: true });
  await row.getByText("Ours, not billed.").waitFor();
  await axe(page, "dismissed findings");
  await hands.press(row.getByRole("button", { name: "Restore: Organization without a link, Shop 1004" }));
  await shownMessage(page, "1 finding is listed again.").waitFor();
  await page.getByRole("heading", { name: "No dismissed findings" }).waitFor();
  await axe(page, "no dismissed findings");
  await filter({ dismissed: false });
  await row.waitFor();
});

step("several findings are dismissed and restored at once", async () => {
  const { findings } = await list();
  const count = `${findings.length} finding${findings.length === 1 ? "" : "s"}`;
  assert.ok(findings.length <= 25);
  await hands.check(page.getByLabel("Select all (at most 25)"));
  await page.getByText(`${findings.length} selected`).waitFor();
  await hands.press(button("Dismiss selected"));
  const asked = page.getByRole("dialog");
  await hands.enter(asked.getByLabel("Note"), "Looked at together.");
  await hands.press(asked.getByRole("button", { name: "Dismiss" }));
  await shownMessage(page, `${count} ${findings.length === 1 ? "is" : "are"} dismissed.`).waitFor();
  await page.getByRole("heading", { name: "No findings" }).waitFor();
  assert.deepEqual((await list()).findings, []);
  await filter({ dismissed: true });
  await hands.check(page.getByLabel("Select all (at most 25)"));
  await hands.press(button("Restore selected"));
  await shownMessage(page, "listed again").waitFor();
  assert.equal((await list()).findings.length, findings.length);
  await filter({ dismissed: false });
});

step("an organization without a link is linked, and billed as it is used", async () => {
  await hands.press(page.getByRole("link", { name: "Link: Organization without a link, Shop 1004" }));
  await heading(page, "Link an organization");
  assert.equal(await page.getByLabel("Organization").inputValue(), unlinked);
  await page.getByLabel(/^Minimum seats/).waitFor({ state: "hidden" });
  await hands.choose(page.getByLabel("Company"), "Acme Corp");
  await hands.choose(page.getByLabel("Agreement"), "Managed Services");
  await hands.choose(page.getByLabel("Billed seats"), "As used");
  await hands.enter(page.getByLabel(/^Minimum seats/), "5");
  await hands.enter(page.getByLabel(/^Maximum seats/), "50");
  await page.getByLabel("Billing starts on").waitFor({ state: "hidden" });
  await hands.choose(page.getByLabel(/^Billing starts$/), "On a day");
  const first = `${new Date().toISOString().slice(0, 8)}28`;
  await page.getByLabel("Billing starts on").fill(first);
  await hands.choose(page.getByLabel("Last billed month"), "The month after");
  await hands.check(page.getByLabel("Credit unused days"));
  await axe(page, "link as used");
  await hands.press(button("Link"));
  await heading(page, "Links");
  await page.getByRole("row", { name: unlinked }).getByText("As used, at least 5, at most 50").waitFor();
  await axe(page, "links with billed seats");
  const row = (await stack.rows("links/list")).find(({ organization }) => organization === unlinked);
  assert.deepEqual([row.billedSeats, row.minimumSeats, row.maximumSeats], ["used", 5, 50]);
  assert.deepEqual([row.startsOn, row.lastBilledMonth, row.creditsUnused], [first, "next", true]);
  await page.getByRole("row", { name: unlinked }).getByText("one month more after leaving, unused days credited").waitFor();
  // The form that changes the link keeps what it does not change.
  await hands.press(page.getByRole("link", { name: `Change: ${unlinked}` }));
  await heading(page, "Link an organization");
  assert.equal(await page.getByLabel(/^Minimum seats/).inputValue(), "5");
  assert.equal(await page.getByLabel("Billing starts on").inputValue(), first);
  assert.equal(await page.getByLabel("Credit unused days").isChecked(), true);
});

step("the settings are changed, the history tells what was done, and the findings are a file", async () => {
  await open(page, "Audit", hands);
  await hands.press(button("Change settings"));
  const asked = dialog("Change settings");
  await axe(page, "change the settings of the audit");
  await hands.choose(asked.getByLabel("Fixes"), "Apply automatically");
  await hands.enter(asked.getByLabel(/^ConnectWise ticket/), "4711");
  await hands.press(asked.getByRole("button", { name: "Save" }));
  await asked.getByText("ConnectWise has no such ticket.").waitFor();
  const { id } = await stack.connectWise("service/tickets", { method: "POST", body: { summary: "Billing", company: { id: 19 }, board: { id: 1 } } });
  await hands.enter(asked.getByLabel(/^ConnectWise ticket/), String(id));
  await hands.press(asked.getByRole("button", { name: "Save" }));
  await shownMessage(page, "The settings are saved.").waitFor();
  assert.deepEqual((await list()).settings, { apply: "automatically", ticket: id });
  await page.getByText("Apply automatically", { exact: true }).waitFor();
  await stack.api("audit/settings", { apply: "ask", ticket: null });
  await page.getByRole("row", { name: /Settings changed/ }).first().waitFor();
  await go(page, "audit/history");
  await heading(page, "History of the billing audit");
  for (const action of ["Audit run", "Fix applied", "Dismissed", "Restored", "Settings changed"]) await page.getByRole("row", { name: action }).first().waitFor();
  await page.getByText("Ours, not billed.").waitFor();
  await axe(page, "history of the audit");
  await shorten("history/list", 2);
  await open(page, "Audit", hands);
  await turn(page, () => hands.press(page.getByRole("link", { name: "Show the whole history" })));
  const first = await page.locator("tbody tr").allInnerTexts();
  await turn(page, () => hands.press(page.getByRole("link", { name: "Next page" })));
  assert.equal(first.length, 2);
  assert.notDeepEqual(await page.locator("tbody tr").allInnerTexts(), first);
  await page.unrouteAll();
  await turn(page, () => hands.press(page.getByRole("link", { name: "Billing audit" })));
  const file = await page.getByRole("link", { name: "Download as CSV" }).evaluate(async (link) => {
    const response = await fetch(link.href);
    return { status: response.status, type: response.headers.get("content-type"), disposition: response.headers.get("content-disposition") };
  });
  assert.equal(file.status, 200);
  assert.match(file.type, /^text\/csv/);
  assert.match(file.disposition, /^attachment/);
  await close(page);
});

/** Opens the page with an answer that `change` was made to. */
async function withAnswer(change) {
  const page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "What needs attention");
  await page.route(/\/portal\/audit\/list/, async (route) => {
    const answer = await list(new URL(route.request().url()).search);
    await route.fulfill({ json: change(answer) ?? answer });
  });
  await open(page, "Audit");
  return page;
}

test("amounts of two currencies are not added, and each audit has a bar with its figure", async () => {
  const run = (day, findings, sums = []) => ({ startedAt: `2026-11-${day}T02:00:00Z`, finishedAt: `2026-11-${day}T02:05:00Z`, organizations: 40, additions: 38, findings, byKind: [], sums });
  const runs = Array.from({ length: 12 }, (_, index) => run(String(index + 10), index));
  const sums = [{ currency: "EUR", notInvoiced: 1234.5, invoicedTooMuch: 0 }, { currency: "USD", notInvoiced: 2, invoicedTooMuch: 3.25 }];
  const page = await withAnswer((answer) => ({ ...answer, runs: [...runs, run("22", 4, sums)] }));
  assert.deepEqual((await page.locator("dl.sums").allInnerTexts()).map((text) => text.split("\n").filter(Boolean)), [
    ["Not invoiced", "EUR 1,234.50 / month", "Invoiced too much", "EUR 0.00 / month"],
    ["Not invoiced", "USD 2.00 / month", "Invoiced too much", "USD 3.25 / month"],
  ]);
  await page.getByRole("img", { name: "Bar chart: findings of the last 13 audits, from 0 in the oldest to 4 in the newest." }).waitFor();
  const heights = await page.locator("svg.chart rect").evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("height"))));
  assert.equal(heights.length, 13);
  assert.equal(heights[0], 0);
  assert.equal(Math.max(...heights), heights[11], "the most findings have the longest bar");
  assert.ok(Math.abs(heights[12] / heights[11] - 4 / 11) < .01);
  const figures = await page.getByRole("list", { name: "Audits, newest first" }).locator("strong").allInnerTexts();
  assert.deepEqual(figures.slice(0, 2), ["4 findings", "11 findings"]);
  assert.equal(figures.at(-1), "0 findings");
  await page.setViewportSize({ width: 360, height: 740 });
  await axe(page, "13 audits, 360 px");
  await assertFits(page, "13 audits, 360 px");
  await close(page);
});

test("an audit that failed says why", async () => {
  const page = await withAnswer((answer) => ({ ...answer, audit: { state: "failed", finishedAt: "2026-11-22T02:05:00Z", reason: "ConnectWise did not answer." } }));
  await page.getByText("ConnectWise did not answer.").waitFor();
  await axe(page, "an audit that failed");
  assert.equal(await page.getByRole("button", { name: "Run audit now" }).getAttribute("aria-disabled"), null);
  await close(page);
});

test("at most 25 findings are selected, and the outcome of each fix is at its row", async () => {
  const finding = (_, index) => ({
    id: `tooFew/${index}-6`, kind: "tooFew", organization: `${index}-6`, name: `Customer ${index}`, company: 20, agreement: 104, addition: 500 + index, billed: 1, due: 2,
    perMonth: { currency: "EUR", amount: 3, direction: "notInvoiced" }, since: "2026-11-01", text: "The addition invoices 1 seat of 2.", advice: "Retry.", fix: "retry",
  });
  const page = await withAnswer((answer) => ({ ...answer, findings: Array.from({ length: 30 }, finding), next: "more" }));
  await page.route(/\/portal\/audit\/apply/, (route) => route.fulfill({
    json: { results: route.request().postDataJSON().findings.map((id, index) => ({ id, outcome: ["done", "waiting", "failed"][index % 3], message: `Said of ${id}.` })) },
  }));
  await page.getByLabel("Select all (at most 25)").check();
  await page.getByText("25 selected").waitFor();
  await page.getByRole("checkbox", { name: "Too few billed: Customer 29" }).click();
  await page.getByText("Select at most 25 findings.").waitFor();
  await page.getByText("25 selected").waitFor();
  await page.getByRole("button", { name: "Apply selected" }).click();
  const asked = page.getByRole("dialog", { name: "Apply the fixes of 25 findings?" });
  assert.equal(await asked.getByRole("listitem").count(), 25);
  await asked.getByRole("button", { name: "Apply" }).click();
  await page.getByText("9 done, 8 waiting, 8 failed").waitFor();
  await page.getByRole("row", { name: /Customer 2 / }).getByText("Said of tooFew/2-6.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Next page" }).getAttribute("href"), "#/audit?after=more");
  await axe(page, "outcomes at their rows");
  await close(page);
});

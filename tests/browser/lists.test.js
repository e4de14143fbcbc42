// Lists of several pages. A page has two rows here instead of 200, and one company instead of 1,000.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stack, axe, close, go, heading, launch, open, signIn, turn, until, visit } from "./harness.js";

const ROWS = 2;
const ACCOUNTS = ["1001", "1002", "1003", "1004"];

let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  const terms = { currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
  await stack.api("plans/create", { name: "Basic 5 GB", plan: "16921-6-3386-14", productType: "personal", price: 2, ...terms });
  for (const account of ACCOUNTS) {
    await stack.api("links/create", { organization: await stack.sellInShop(account, `Shop ${account}`), company: 19, agreement: 101 });
  }
  const { organization } = await stack.sell();
  await until(async () => (await stack.rows("additions/list")).every(({ state }) => state === "synced"), "all additions are in sync");
  await stack.loseAddition("S-1004", () => stack.shop("subscriptions/update", {
    SubscriptionID: "S-1004", ProductID: "16921-6-3378-14", Account: { ID: "1004" }, ActionType: "Provision", Quantity: 3,
  }));
  const tickets = async (condition) => (await stack.rows("tickets/list")).filter(condition).length;
  const fails = async (...mailboxes) => {
    await stack.control(1, `/_sandbox/organizations/${organization}/mailboxes`, { emails: mailboxes });
    await stack.control(1, `/_sandbox/organizations/${organization}/backups`, { status: "Authentication Error" });
    await stack.monitor();
  };
  await fails("ann@bluelight.example", "ben@bluelight.example");
  await until(async () => (await tickets(({ ticket }) => ticket)) === 2, "two tickets exist");
  await stack.faults(2, [{ method: "POST", path: "/service/tickets", status: 400, body: { code: "InvalidObject", message: "The board is closed." } }]);
  await fails("cid@bluelight.example");
  await until(async () => (await tickets(({ state }) => state === "failed")) === 1, "the third ticket failed");
  await stack.faults(2, []);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Opens the portal with short pages, and signs in. */
async function home() {
  const page = await visit(browser, stack);
  await page.route(/\/portal\/(plans|links|additions|tickets)\/list/, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("limit", ROWS);
    return route.continue({ url: url.href });
  });
  await page.route(/\/portal\/companies\/list/, async (route) => {
    const response = await route.fetch({ url: `${stack.portal}/companies/list`, headers: { ...(await route.request().allHeaders()), "sec-fetch-site": "same-origin" } });
    const { companies } = await response.json();
    const after = Number(new URL(route.request().url()).searchParams.get("after") ?? 0);
    return route.fulfill({ response, json: { companies: companies.slice(after, after + 1), next: after + 1 < companies.length ? String(after + 1) : undefined } });
  });
  await signIn(page);
  await heading(page, "What needs attention");
  return page;
}

const rowsOf = (page) => page.locator("tbody tr");
const pager = (page, name) => page.getByRole("link", { name, exact: true });
const options = (page, label) => page.getByLabel(label).locator("option:not([value=''])").allInnerTexts();

test("Billing, Links and Tickets have a next page until each row was shown once", async () => {
  const page = await home();
  for (const [name, path] of [["Billing", "additions/list"], ["Links", "links/list"], ["Tickets", "tickets/list"]]) {
    await open(page, name);
    await axe(page, `${name}, first of several pages`);
    const shown = [];
    for (let more = true; more;) {
      assert.ok((await rowsOf(page).count()) <= ROWS, name);
      shown.push(...await rowsOf(page).allInnerTexts());
      more = await pager(page, "Next page").isVisible();
      if (more) await turn(page, () => pager(page, "Next page").click());
    }
    const all = await stack.rows(path);
    assert.ok(all.length > ROWS, name);
    assert.equal(new Set(shown).size, all.length, name);
    assert.equal(shown.length, all.length, name);
    await turn(page, () => pager(page, "First page").click());
    assert.deepEqual(await rowsOf(page).allInnerTexts(), shown.slice(0, ROWS), `${name} shows its first page again`);
  }
  await close(page);
});

test("a line at Home leads to its row on a later page, which is marked, in view and has the focus", async () => {
  const page = await home();
  for (const [line, name, text] of [[/^Open: Acme Corp: Business Backup/, "Billing", "Subscription S-1004"], [/^Open: Blue Light, Co.: cid/, "Tickets", "cid@bluelight.example"]]) {
    await open(page, "Home");
    await page.getByRole("link", { name: line }).click();
    await heading(page, name);
    const marked = page.locator("tr.marked");
    assert.equal(await marked.count(), 1);
    assert.ok((await marked.innerText()).includes(text), await marked.innerText());
    assert.ok(await pager(page, "First page").isVisible(), "it is a later page");
    assert.ok(await marked.evaluate((row) => row.getBoundingClientRect().top >= 0 && row.getBoundingClientRect().bottom <= innerHeight), "the row is in view");
    assert.ok(await marked.evaluate((row) => row === document.activeElement), "the row has the focus");
    await axe(page, `${name}, a marked row`);
  }
  await close(page);
});

test("the failing backups of a customer are those of all pages", async () => {
  const page = await home();
  await page.getByText("3 mailbox actions reported as failed").waitFor();
  await page.getByRole("link", { name: "Open: Blue Light, Co.", exact: true }).click();
  await heading(page, "Tickets");
  assert.equal(await rowsOf(page).count(), 3);
  await turn(page, () => page.getByRole("link", { name: "All tickets" }).click());
  assert.equal(await rowsOf(page).count(), ROWS);
  await close(page);
});

test("a form offers the rows of all pages, and a company that was sold to is refused", async () => {
  const page = await home();
  const plans = (await stack.rows("plans/list")).map(({ name }) => name);
  const companies = (await stack.rows("companies/list")).map(({ name }) => name);
  assert.ok(plans.length > ROWS && companies.length > 1);
  await open(page, "Plans");
  assert.equal(await rowsOf(page).count(), plans.length);
  await open(page, "Users");
  await page.getByRole("link", { name: "Create New User" }).click();
  await heading(page, "Create New User");
  assert.deepEqual(await options(page, "Plan"), plans);
  assert.deepEqual(await options(page, "Company"), companies);
  await page.getByLabel("Email", { exact: true }).fill("it2@acme.example");
  await page.getByLabel("First name").fill("Ann");
  await page.getByLabel("Last name").fill("Miller");
  await page.getByLabel("Company").selectOption({ label: "Acme Corp" });
  await page.getByLabel("Agreement").selectOption({ label: "Managed Services" });
  await page.getByLabel("Plan").selectOption({ label: "Business Backup" });
  await page.getByLabel("Seats").fill("3");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("has a subscription from your distributor's shop").waitFor();
  await go(page, "links/new");
  assert.deepEqual(await options(page, "Company"), companies);
  await close(page);
});

test("ending the only link of the last page stops its billing and leaves a way back", async () => {
  const page = await home();
  const links = await stack.rows("links/list");
  assert.equal(links.length % ROWS, 1, "the last page has one link");
  const last = links.at(-1);
  const company = last.company === 19 ? "Acme Corp" : "Blue Light, Co.";
  await open(page, "Links");
  while (await pager(page, "Next page").isVisible()) await turn(page, () => pager(page, "Next page").click());
  const button = page.getByRole("button", { name: `End link: ${last.organization}` });
  await button.click();
  const dialog = page.getByRole("dialog", { name: `End the link with ${company}?` });
  await dialog.getByText(`Organization ${last.organization} is no longer billed`).waitFor();
  await axe(page, "end a link");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal((await stack.rows("links/list")).length, links.length, "nothing ended");
  await button.click();
  await dialog.getByRole("button", { name: "End link" }).click();
  await page.getByRole("heading", { name: "Nothing on this page" }).waitFor();
  await axe(page, "a page without rows");
  assert.ok((await stack.rows("links/list")).every(({ account }) => account !== last.account));
  const row = (await stack.rows("additions/list")).find(({ account }) => account === last.account);
  assert.equal(row.state, "unlinked");
  await turn(page, () => pager(page, "First page").click());
  assert.equal(await rowsOf(page).count(), ROWS);
  await close(page);
});

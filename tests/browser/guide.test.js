// The guide's chapters in order: the settings at the first sign-in, plans, the sale, its change, its end.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Stack, assertFits, axe, close, heading, launch, loaded, open, shot, signIn, step, until, visit } from "./harness.js";

let stack, browser, page;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  page = await visit(browser, stack);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

step("wrong tokens are refused at the sign-in, which keeps what was typed", async () => {
  await heading(page, "Sign in");
  await axe(page, "sign-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Reseller Token is required.").waitFor();
  await axe(page, "sign-in with errors");
  await signIn(page, { reseller: "99999999-9999-4999-8999-999999999999", access: "22222222-2222-4222-8222-222222222222" });
  await page.getByRole("alert").getByText(/-1001/).waitFor();
  assert.equal(await page.getByLabel("Reseller Token").inputValue(), "99999999-9999-4999-8999-999999999999");
});

step("the first sign-in leads to the ConnectWise settings, and so does every other page", async () => {
  await signIn(page);
  await heading(page, "ConnectWise Settings");
  await page.getByText("Please update your ConnectWise settings").waitFor();
  for (const name of ["Users", "Plans", "Billing"]) {
    await open(page, name);
    await heading(page, "ConnectWise Settings");
  }
  await axe(page, "settings, step 1");
});

step("step 1 of the settings answers at each field", async () => {
  await page.getByLabel("Site URL").fill(`http://127.0.0.1:${stack.port + 2}`);
  await page.getByLabel("Company Identifier").fill("demo");
  await page.getByLabel("Public Key").fill("pub-limited");
  await page.getByLabel("Private Key").fill("priv-limited");
  await page.getByRole("button", { name: "Next" }).click();
  const publicKey = page.getByLabel("Public Key");
  await page.getByText(/security role lacks rights/).waitFor();
  assert.equal(await publicKey.getAttribute("aria-invalid"), "true");
  assert.equal(await publicKey.evaluate((element) => document.activeElement === element), true);
  assert.equal(await page.getByLabel("Company Identifier").inputValue(), "demo");
  await axe(page, "settings, step 1 refused");
  // The vendor is slow enough to see the progress.
  await stack.faults(2, [{ path: "/system/info", times: 1, delay_ms: 4500 }]);
  await publicKey.fill("pub");
  await page.getByLabel("Private Key").fill("priv");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Testing credentials…" }).waitFor();
  await page.getByText(/Still waiting for ConnectWise/).waitFor();
  await page.getByText(/The credentials work/).waitFor();
});

step("step 2 of the settings makes the menu entry in ConnectWise", async () => {
  await page.getByLabel("Service Board", { exact: true }).selectOption("1");
  await page.getByLabel("New Service Ticket Status").locator("option", { hasText: "New" }).waitFor({ state: "attached" });
  await axe(page, "settings, step 2");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.getByText("New Service Ticket Status is required.").waitFor();
  await page.getByLabel("New Service Ticket Status").selectOption({ label: "New" });
  await page.getByLabel("Closed Service Ticket Status").selectOption({ label: ">Closed" });
  await page.getByLabel("Cancelled Service Ticket Status").selectOption({ label: "Cancelled" });
  await page.getByLabel("Service Level").selectOption("Gold");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.getByText(/The settings are in force/).waitFor();
  await loaded(page);
  await page.getByText("Dropsuite Email Backup, under Service Desk").waitFor();
  await axe(page, "settings in force");
  const settings = await stack.api("settings/get");
  assert.deepEqual(settings.customFields, [{ id: 2, value: "Gold" }]);
  const entries = await stack.connectWise("system/menuentries?fields=caption");
  assert.ok(entries.some(({ caption }) => caption === "Dropsuite Email Backup"), JSON.stringify(entries));
});

step("a plan is created with the 16-character counter, changed, taken off sale and offered again", async () => {
  await open(page, "Home");
  await page.getByText("Nothing needs attention").waitFor();
  await axe(page, "home without anything");
  await open(page, "Plans");
  await page.getByText("No plans yet").waitFor();
  await axe(page, "plans without any");
  await page.getByRole("link", { name: "Create New Plan" }).click();
  await heading(page, "Create New Plan");
  await axe(page, "create new plan");
  await page.getByLabel("Name").fill("Business Backup Plus");
  await page.getByText("20 of 16 characters").waitFor();
  await page.getByLabel("Product type").selectOption("16921-6-3378-14");
  await page.getByLabel("Price").fill("3");
  await page.getByLabel("Category", { exact: true }).selectOption("1");
  await page.getByLabel("Sub category").selectOption("11");
  await page.getByLabel("Type", { exact: true }).selectOption("1");
  await page.getByRole("button", { name: "Create plan" }).click();
  await page.getByText("Enter at most 16 characters.").waitFor();
  // The typed values are still there after another page and a reload.
  await open(page, "Users");
  await open(page, "Plans");
  await page.getByRole("link", { name: "Create New Plan" }).click();
  await heading(page, "Create New Plan");
  await page.reload();
  await heading(page, "Create New Plan");
  assert.equal(await page.getByLabel("Name").inputValue(), "Business Backup Plus");
  assert.equal(await page.getByLabel("Price").inputValue(), "3");
  assert.equal(await page.getByLabel("Currency").inputValue(), "EUR");
  await page.getByLabel("Name").fill("Business Backup");
  await page.getByRole("button", { name: "Create plan" }).dblclick();
  await page.getByText("euwest.16921-6-3378-14").first().waitFor();
  await heading(page, "Plans");
  await axe(page, "plans");
  const plans = await stack.rows("plans/list");
  assert.equal(plans.length, 1);
  assert.equal(plans[0].name, "Business Backup");
  await page.getByRole("link", { name: "Change: Business Backup" }).click();
  await heading(page, "Change Business Backup");
  await page.getByLabel(/^Price/).fill("3.5");
  await axe(page, "change plan");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("EUR 3.50 / month").waitFor();
  await page.getByRole("button", { name: "Take off sale: Business Backup" }).click();
  await page.getByRole("dialog", { name: "Take Business Backup off sale?" }).waitFor();
  await axe(page, "confirmation");
  await page.keyboard.press("Escape");
  assert.equal((await stack.rows("plans/list"))[0].active, true);
  await page.getByRole("button", { name: "Take off sale: Business Backup" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take off sale" }).click();
  await page.getByText("Off sale", { exact: true }).waitFor();
  assert.equal((await stack.rows("plans/list"))[0].active, false);
  const terms = { currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
  await stack.api("plans/create", { name: "Business Backup", productType: "backup", price: 3, ...terms });
  await stack.api("plans/create", { name: "Business Archive", productType: "archive", price: 5, ...terms });
});

step("a user is created for a company, once however often the button is pressed", async () => {
  await open(page, "Users");
  await axe(page, "users");
  await page.getByRole("link", { name: "Create New User" }).first().click();
  await heading(page, "Create New User");
  await axe(page, "create new user");
  await page.getByLabel("Email", { exact: true }).fill("it@bluelight.example");
  await page.getByLabel("First name", { exact: true }).fill("Gordon");
  await page.getByLabel("Last name", { exact: true }).fill("Packard");
  await page.getByLabel(/^Company/).selectOption({ label: "Blue Light, Co." });
  await page.getByLabel(/^Agreement/).locator("option", { hasText: "Dropsuite Email Backup" }).waitFor({ state: "attached" });
  await page.getByLabel(/^Agreement/).selectOption({ label: "Dropsuite Email Backup" });
  await page.getByLabel(/^Plan/).selectOption({ label: "Business Backup" });
  await page.getByLabel(/^Seats/).fill("3");
  await page.getByLabel(/^Country/).selectOption("US");
  await page.getByLabel(/^Business name/).fill("Blue Light, Co.");
  await page.getByLabel(/Send sign in details/).check();
  await page.getByText("3 × EUR 3.00 / month = EUR 9.00 / month").waitFor();
  await shot(page, "create-new-user");
  await page.getByRole("button", { name: "Save" }).dblclick();
  await page.getByText(/The user is created/).waitFor();
  const { calls = [] } = await stack.calls(1);
  const creations = calls.filter((call) => call.method === "POST" && /\/users$/.test(call.path));
  assert.equal(creations.length, 1, JSON.stringify(creations));
  await until(async () => (await stack.additions()).length === 1, "one addition");
});

step("the user is managed in three tabs, changed, suspended, activated and unsubscribed", async () => {
  await heading(page, /Blue Light/);
  await axe(page, "manage, subscription");
  await page.getByRole("link", { name: "General" }).click();
  await heading(page, /Blue Light/);
  await axe(page, "manage, general");
  await page.getByRole("link", { name: "Login Accounts" }).click();
  await heading(page, /Blue Light/);
  await axe(page, "manage, login accounts");
  await page.getByRole("button", { name: "Send sign in details again" }).click();
  const invitation = page.getByRole("dialog", { name: /Send the sign in details of Blue Light/ });
  await invitation.getByText("it@bluelight.example").waitFor();
  await invitation.getByRole("button", { name: "Send sign in details again" }).click();
  await page.getByRole("region", { name: "Messages" }).getByText("Dropsuite mails the sign in details to it@bluelight.example.").waitFor();
  await open(page, "Users");
  await page.getByText("3 seats, Business Backup, EUR 9.00 / month").waitFor();
  await axe(page, "users with a row");
  await page.getByLabel("Search account by email or organization").fill("nothing like it");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No user matches").waitFor();
  await axe(page, "users without a match");
  await page.getByLabel("Search account by email or organization").fill("bluelight");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("row", { name: /Blue Light/ }).waitFor();
  await page.context().route("https://portal.dropsuite.example/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>Dashboard</title>" }));
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"), page.getByRole("button", { name: /^Impersonate: Blue Light/ }).click(),
  ]);
  await tab.waitForURL(/^https:\/\/portal\.dropsuite\.example\/sso\//);
  assert.equal(await tab.evaluate(() => globalThis.opener), null);
  await tab.close();
  await page.getByRole("link", { name: /^Manage: Blue Light/ }).click();
  await page.getByRole("link", { name: "Subscription" }).click();
  await page.getByLabel("Seats").fill("5");
  await page.getByText("5 × EUR 3.00 / month = EUR 15.00 / month").waitFor();
  await page.getByRole("button", { name: "Change Subscription Plan" }).click();
  await page.getByText("of 5 used").waitFor();
  await until(async () => (await stack.additions())[0].quantity === 5, "the addition has 5 seats");
  await page.getByRole("button", { name: "Suspend: Blue Light, Co." }).click();
  const dialog = page.getByRole("dialog", { name: "Suspend Blue Light, Co.?" });
  await dialog.getByText("will not be able to login to their dashboards but backup will still continue").waitFor();
  await axe(page, "suspend");
  await dialog.getByRole("button", { name: "Suspend Blue Light, Co." }).click();
  await page.getByText("Suspended", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Activate: Blue Light, Co." }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Activate Blue Light, Co." }).click();
  await page.getByText("Active", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Unsubscribe: Blue Light, Co." }).click();
  await page.getByRole("dialog", { name: "Unsubscribe Blue Light, Co.?" }).getByRole("button", { name: "Unsubscribe Blue Light, Co." }).click();
  await page.getByText("Unsubscribed", { exact: true }).first().waitFor();
  await until(async () => (await stack.additions()).every((one) => one.cancelledDate || one.billCustomer !== "Billable"), "the addition is cancelled");
  await open(page, "Billing");
  await axe(page, "billing");
});

step("a customer by storage has no seats and no business name, and changes the storage", async () => {
  const terms = { productType: "personal", currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
  await stack.api("plans/create", { name: "Basic 5 GB", plan: "16921-6-3386-14", price: 2, ...terms });
  await stack.api("plans/create", { name: "Basic 10 GB", plan: "16921-6-3387-14", price: 3, ...terms });
  await open(page, "Users");
  await page.getByRole("link", { name: "Create New User" }).first().click();
  await heading(page, "Create New User");
  await page.getByLabel(/^Plan/).selectOption({ label: "Business Backup" });
  await page.getByLabel(/^Seats/).waitFor();
  await page.getByLabel(/^Plan/).selectOption({ label: "Basic 5 GB" });
  await page.getByLabel(/^Seats/).waitFor({ state: "hidden" });
  await page.getByLabel(/^Business name/).waitFor({ state: "hidden" });
  await page.getByLabel("Email", { exact: true }).fill("ann@acme.example");
  await page.getByLabel("First name").fill("Ann");
  await page.getByLabel("Last name").fill("Miller");
  await page.getByLabel(/^Company/).selectOption("19");
  await page.getByLabel(/^Agreement/).locator('option[value="101"]').waitFor({ state: "attached" });
  await page.getByLabel(/^Agreement/).selectOption("101");
  await page.getByText("1 × EUR 2.00 / month = EUR 2.00 / month").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Not applicable: the plan is by storage").waitFor();
  await page.getByLabel("Plan", { exact: true }).selectOption({ label: "Basic 10 GB" });
  await page.getByRole("button", { name: "Change Subscription Plan" }).click();
  await page.getByText("EUR 3.00 / month", { exact: true }).waitFor();
  await axe(page, "manage, a plan by storage");
});

step("signing out ends the session", async () => {
  const cookies = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  assert.ok(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict"), JSON.stringify(cookies));
  await page.reload();
  await heading(page, "Sign in");
  await assertFits(page, "sign-in");
  await close(page);
});

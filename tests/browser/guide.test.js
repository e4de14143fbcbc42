// The guide's chapters in order: the settings at the first sign-in, plans, the sale, its change, its end. By the mouse, and by
// the keyboard alone.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { keyboard, mouse } from "./hands.js";
import { Stack, TOKENS, assertFits, axe, close, heading, launch, loaded, open, shot, shownMessage, signIn, story, until, visit } from "./harness.js";

for (const hands of [mouse, keyboard]) describe(hands.name, () => {
  const step = story();
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
    await hands.press(page.getByRole("button", { name: "Sign in" }));
    await page.getByText("Reseller Token is required.").waitFor();
    await axe(page, "sign-in with errors");
    await signIn(page, { reseller: "99999999-9999-4999-8999-999999999999", access: TOKENS.access }, hands);
    await page.getByRole("alert").getByText(/-1001/).waitFor();
    assert.equal(await page.getByLabel("Reseller Token").inputValue(), "99999999-9999-4999-8999-999999999999");
  });

  step("the first sign-in leads to the ConnectWise settings, and so does every other page", async () => {
    await signIn(page, TOKENS, hands);
    await heading(page, "ConnectWise Settings");
    await page.getByText("Please update your ConnectWise settings").waitFor();
    for (const name of ["Users", "Plans", "Billing"]) {
      await open(page, name, hands);
      await heading(page, "ConnectWise Settings");
    }
    await axe(page, "settings, step 1");
  });

  step("step 1 of the settings answers at each field", async () => {
    await hands.enter(page.getByLabel("Site URL"), `http://127.0.0.1:${stack.port + 2}`);
    await hands.enter(page.getByLabel("Company Identifier"), "demo");
    await hands.enter(page.getByLabel("Public Key"), "pub-limited");
    await hands.enter(page.getByLabel("Private Key"), "priv-limited");
    await hands.press(page.getByRole("button", { name: "Next" }));
    const publicKey = page.getByLabel("Public Key");
    await page.getByText(/security role lacks rights/).waitFor();
    assert.equal(await publicKey.getAttribute("aria-invalid"), "true");
    assert.equal(await publicKey.evaluate((element) => document.activeElement === element), true);
    assert.equal(await page.getByLabel("Company Identifier").inputValue(), "demo");
    await axe(page, "settings, step 1 refused");
    // The vendor is slow enough to see the progress.
    await stack.faults(2, [{ path: "/system/info", times: 1, delay_ms: 4500 }]);
    await hands.enter(publicKey, "pub");
    await hands.enter(page.getByLabel("Private Key"), "priv");
    await hands.press(page.getByRole("button", { name: "Next" }));
    await page.getByRole("button", { name: "Testing credentials…" }).waitFor();
    await page.getByText(/Still waiting for ConnectWise/).waitFor();
    await page.getByText(/The credentials work/).waitFor();
  });

  step("step 2 of the settings makes the menu entry in ConnectWise", async () => {
    await hands.choose(page.getByLabel("Service Board", { exact: true }), "Service Desk");
    await page.getByLabel("Service Level").waitFor();
    await axe(page, "settings, step 2");
    await hands.press(page.getByRole("button", { name: "Submit" }));
    await page.getByText("New Service Ticket Status is required.").waitFor();
    await hands.choose(page.getByLabel("New Service Ticket Status"), "New");
    await hands.choose(page.getByLabel("Closed Service Ticket Status"), ">Closed");
    await hands.choose(page.getByLabel("Cancelled Service Ticket Status"), "Cancelled");
    await hands.choose(page.getByLabel("Service Level"), "Gold");
    await hands.press(page.getByRole("button", { name: "Submit" }));
    await shownMessage(page, /The settings are in force/).waitFor();
    await loaded(page);
    await page.getByText("Dropsuite Email Backup, under Service Desk").waitFor();
    await axe(page, "settings in force");
    const settings = await stack.api("settings/get");
    assert.deepEqual(settings.customFields, [{ id: 2, value: "Gold" }]);
    const entries = await stack.connectWise("system/menuentries?fields=caption");
    assert.ok(entries.some(({ caption }) => caption === "Dropsuite Email Backup"), JSON.stringify(entries));
  });

  step("a plan is created with the 16-character counter, changed, taken off sale and offered again", async () => {
    await open(page, "Home", hands);
    await page.getByText("Nothing needs attention").waitFor();
    await axe(page, "home without anything");
    await open(page, "Plans", hands);
    await page.getByText("No plans yet").waitFor();
    await axe(page, "plans without any");
    await hands.press(page.getByRole("link", { name: "Create New Plan" }));
    await heading(page, "Create New Plan");
    await axe(page, "create new plan");
    await hands.enter(page.getByLabel("Name"), "Business Backup Plus");
    await page.getByText("20 of 16 characters").waitFor();
    await hands.choose(page.getByLabel("Product type"), /^Business Backup EUR monthly/);
    await hands.enter(page.getByLabel("Price"), "3");
    await hands.choose(page.getByLabel("Category", { exact: true }), "Software");
    await hands.choose(page.getByLabel("Sub category"), "Backup");
    await hands.choose(page.getByLabel("Type", { exact: true }), "Software");
    await hands.press(page.getByRole("button", { name: "Create plan" }));
    await page.getByText("Enter at most 16 characters.").waitFor();
    // The typed values are still there after another page and a reload.
    await open(page, "Users", hands);
    await open(page, "Plans", hands);
    await hands.press(page.getByRole("link", { name: "Create New Plan" }));
    await heading(page, "Create New Plan");
    await page.reload();
    await heading(page, "Create New Plan");
    assert.equal(await page.getByLabel("Name").inputValue(), "Business Backup Plus");
    assert.equal(await page.getByLabel("Price").inputValue(), "3");
    assert.equal(await page.getByLabel("Currency").inputValue(), "EUR");
    await hands.enter(page.getByLabel("Name"), "Business Backup");
    await hands.pressTwice(page.getByRole("button", { name: "Create plan" }));
    await page.getByText("euwest.16921-6-3378-14").first().waitFor();
    await heading(page, "Plans");
    await axe(page, "plans");
    const plans = await stack.rows("plans/list");
    assert.equal(plans.length, 1);
    assert.equal(plans[0].name, "Business Backup");
    await hands.press(page.getByRole("link", { name: "Change: Business Backup" }));
    await heading(page, "Change Business Backup");
    await hands.enter(page.getByLabel(/^Price/), "3.5");
    assert.equal(await page.getByLabel("When a trial ends").inputValue(), "ask");
    await hands.choose(page.getByLabel("When a trial ends"), /^Convert/);
    await axe(page, "change plan");
    await hands.press(page.getByRole("button", { name: "Save" }));
    await page.getByText("EUR 3.50 / month").waitFor();
    assert.equal((await stack.rows("plans/list"))[0].trialEnd, "convert");
    await hands.press(page.getByRole("button", { name: "Take off sale: Business Backup" }));
    await page.getByRole("dialog", { name: "Take Business Backup off sale?" }).waitFor();
    await axe(page, "confirmation");
    await page.keyboard.press("Escape");
    assert.equal((await stack.rows("plans/list"))[0].active, true);
    await hands.press(page.getByRole("button", { name: "Take off sale: Business Backup" }));
    await hands.press(page.getByRole("dialog").getByRole("button", { name: "Take off sale" }));
    await page.getByText("Off sale", { exact: true }).waitFor();
    assert.equal((await stack.rows("plans/list"))[0].active, false);
    const terms = { currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
    await stack.api("plans/create", { name: "Business Backup", productType: "backup", price: 3, ...terms });
    await stack.api("plans/create", { name: "Business Archive", productType: "archive", price: 5, ...terms });
  });

  step("a user is created for a company, once however often the button is pressed", async () => {
    await open(page, "Users", hands);
    await axe(page, "users");
    await hands.press(page.getByRole("link", { name: "Create New User" }).first());
    await heading(page, "Create New User");
    await axe(page, "create new user");
    await hands.enter(page.getByLabel("Email", { exact: true }), "it@bluelight.example");
    await hands.enter(page.getByLabel("First name", { exact: true }), "Gordon");
    await hands.enter(page.getByLabel("Last name", { exact: true }), "Packard");
    await hands.choose(page.getByLabel(/^Company/), "Blue Light, Co.");
    await hands.choose(page.getByLabel(/^Agreement/), "Dropsuite Email Backup");
    await hands.choose(page.getByLabel(/^Plan/), "Business Backup");
    await hands.enter(page.getByLabel(/^Seats/), "3");
    await hands.choose(page.getByLabel(/^Country/), "United States");
    await hands.enter(page.getByLabel(/^Business name/), "Blue Light, Co.");
    await hands.check(page.getByLabel(/Send sign in details/));
    await page.getByText("3 × EUR 3.00 / month = EUR 9.00 / month").waitFor();
    await shot(page, "create-new-user");
    await hands.pressTwice(page.getByRole("button", { name: "Save" }));
    await shownMessage(page, /The user is created/).waitFor();
    const { calls = [] } = await stack.calls(1);
    const creations = calls.filter((call) => call.method === "POST" && /\/users$/.test(call.path));
    assert.equal(creations.length, 1, JSON.stringify(creations));
    await until(async () => (await stack.additions()).length === 1, "one addition");
  });

  step("the user is managed in three tabs, changed, suspended, activated and unsubscribed", async () => {
    await heading(page, /Blue Light/);
    await axe(page, "manage, subscription");
    await hands.press(page.getByRole("link", { name: "General" }));
    await heading(page, /Blue Light/);
    await axe(page, "manage, general");
    await hands.press(page.getByRole("link", { name: "Login Accounts" }));
    await heading(page, /Blue Light/);
    await axe(page, "manage, login accounts");
    await hands.press(page.getByRole("button", { name: "Send sign in details again" }));
    const invitation = page.getByRole("dialog", { name: /Send the sign in details of Blue Light/ });
    await invitation.getByText("it@bluelight.example").waitFor();
    await hands.press(invitation.getByRole("button", { name: "Send sign in details again" }));
    await shownMessage(page, "Dropsuite mails the sign in details to it@bluelight.example.").waitFor();
    await open(page, "Users", hands);
    await page.getByText("3 seats, Business Backup, EUR 9.00 / month").waitFor();
    await axe(page, "users with a row");
    await hands.enter(page.getByLabel("Search account by email or organization"), "nothing like it");
    await hands.press(page.getByRole("button", { name: "Search" }));
    await page.getByText("No user matches").waitFor();
    await axe(page, "users without a match");
    await hands.enter(page.getByLabel("Search account by email or organization"), "bluelight");
    await hands.press(page.getByRole("button", { name: "Search" }));
    await page.getByRole("row", { name: /Blue Light/ }).waitFor();
    await page.context().route("https://portal.dropsuite.example/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>Dashboard</title>" }));
    const [tab] = await Promise.all([
      page.context().waitForEvent("page"), hands.press(page.getByRole("button", { name: /^Impersonate: Blue Light/ })),
    ]);
    await tab.waitForURL(/^https:\/\/portal\.dropsuite\.example\/sso\//);
    assert.equal(await tab.evaluate(() => globalThis.opener), null);
    await tab.close();
    await hands.press(page.getByRole("link", { name: /^Manage: Blue Light/ }));
    await hands.press(page.getByRole("link", { name: "Subscription" }));
    await hands.enter(page.getByLabel("Seats"), "5");
    await page.getByText("5 × EUR 3.00 / month = EUR 15.00 / month").waitFor();
    await hands.press(page.getByRole("button", { name: "Change Subscription Plan" }));
    await page.getByText("of 5 used").waitFor();
    await until(async () => (await stack.additions())[0].quantity === 5, "the addition has 5 seats");
    await hands.press(page.getByRole("button", { name: "Suspend: Blue Light, Co." }));
    const dialog = page.getByRole("dialog", { name: "Suspend Blue Light, Co.?" });
    await dialog.getByText("will not be able to login to their dashboards but backup will still continue").waitFor();
    await axe(page, "suspend");
    await hands.press(dialog.getByRole("button", { name: "Suspend Blue Light, Co." }));
    await page.getByText("Suspended", { exact: true }).first().waitFor();
    await hands.press(page.getByRole("button", { name: "Activate: Blue Light, Co." }));
    await hands.press(page.getByRole("dialog").getByRole("button", { name: "Activate Blue Light, Co." }));
    await page.getByText("Active", { exact: true }).first().waitFor();
    await hands.press(page.getByRole("button", { name: "Unsubscribe: Blue Light, Co." }));
    await hands.press(page.getByRole("dialog", { name: "Unsubscribe Blue Light, Co.?" }).getByRole("button", { name: "Unsubscribe Blue Light, Co." }));
    await page.getByText("Unsubscribed", { exact: true }).first().waitFor();
    await until(async () => (await stack.additions()).every((one) => one.cancelledDate || one.billCustomer !== "Billable"), "the addition is cancelled");
    await open(page, "Billing", hands);
    await axe(page, "billing");
  });

  step("a customer by storage has no seats and no business name, and changes the storage", async () => {
    const terms = { productType: "personal", currency: "EUR", periodicity: "monthly", category: 1, subcategory: 11, type: 1 };
    await stack.api("plans/create", { name: "Basic 5 GB", plan: "16921-6-3386-14", price: 2, ...terms });
    await stack.api("plans/create", { name: "Basic 10 GB", plan: "16921-6-3387-14", price: 3, ...terms });
    await open(page, "Users", hands);
    await hands.press(page.getByRole("link", { name: "Create New User" }).first());
    await heading(page, "Create New User");
    await hands.choose(page.getByLabel(/^Plan/), "Business Backup");
    await page.getByLabel(/^Seats/).waitFor();
    await hands.choose(page.getByLabel(/^Plan/), "Basic 5 GB");
    await page.getByLabel(/^Seats/).waitFor({ state: "hidden" });
    await page.getByLabel(/^Business name/).waitFor({ state: "hidden" });
    await hands.enter(page.getByLabel("Email", { exact: true }), "ann@acme.example");
    await hands.enter(page.getByLabel("First name"), "Ann");
    await hands.enter(page.getByLabel("Last name"), "Miller");
    await hands.choose(page.getByLabel(/^Company/), "Acme Corp");
    await hands.choose(page.getByLabel(/^Agreement/), "Managed Services");
    await page.getByText("1 × EUR 2.00 / month = EUR 2.00 / month").waitFor();
    await hands.press(page.getByRole("button", { name: "Save" }));
    await page.getByText("Not applicable: the plan is by storage").waitFor();
    await hands.choose(page.getByLabel("Plan", { exact: true }), "Basic 10 GB");
    await hands.press(page.getByRole("button", { name: "Change Subscription Plan" }));
    await page.getByText("EUR 3.00 / month", { exact: true }).waitFor();
    await axe(page, "manage, a plan by storage");
  });

  step("signing out ends the session", async () => {
    const cookies = await page.context().cookies();
    await hands.press(page.getByRole("button", { name: "Sign out" }));
    await heading(page, "Sign in");
    await shownMessage(page, "You are signed out.").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Sign in", "the heading has the focus");
    assert.ok(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict"), JSON.stringify(cookies));
    await page.reload();
    await heading(page, "Sign in");
    await assertFits(page, "sign-in");
    await close(page);
  });
});

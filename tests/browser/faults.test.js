// The answers that are slow, fail, or say that the session has ended.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OTHER_TOKENS, Stack, axe, close, heading, launch, loaded, open, shownMessage, signIn, until, visit } from "./harness.js";

let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Opens the portal and signs in. */
async function home(options) {
  const page = await visit(browser, stack, options);
  await signIn(page);
  await heading(page, "What needs attention");
  return page;
}

/** Opens the form of a new plan and fills it in. */
async function fillPlan(page, name) {
  await open(page, "Plans");
  await page.getByRole("link", { name: "Create New Plan" }).click();
  await heading(page, "Create New Plan");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Product type").selectOption("16921-6-3378-14");
  await page.getByLabel("Price").fill("4");
  await page.getByLabel("Category", { exact: true }).selectOption("1");
  await page.getByLabel("Sub category").selectOption("11");
  await page.getByLabel("Type", { exact: true }).selectOption("1");
}

test("an ended session keeps the form, and signing in again sends it", async () => {
  const page = await home();
  await fillPlan(page, "After session");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Create plan" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.waitFor();
  await axe(page, "sign in again");
  // Closing the dialog changes nothing and loses nothing.
  await page.keyboard.press("Escape");
  await page.getByText("You are not signed in, so nothing was changed.").waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "After session");
  await page.getByRole("button", { name: "Create plan" }).click();
  await dialog.getByLabel("Reseller Token").fill("11111111-1111-4111-8111-111111111111");
  await dialog.getByLabel("Authentication Token").fill("22222222-2222-4222-8222-222222222222");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "Plans");
  assert.equal((await stack.rows("plans/list")).find(({ plan }) => plan === "16921-6-3378-14").name, "After session");
  await close(page);
});

test("another MSP that signs in where a session has ended does not send the first one's form", async () => {
  const page = await home();
  await fillPlan(page, "Not theirs");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Create plan" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByLabel("Reseller Token").fill(OTHER_TOKENS.reseller);
  await dialog.getByLabel("Authentication Token").fill(OTHER_TOKENS.access);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "ConnectWise Settings");
  assert.ok((await stack.rows("plans/list")).every(({ name }) => name !== "Not theirs"));
  await close(page);
});

test("a vendor that answers after 20 seconds shows progress, and the change is made once", async () => {
  const page = await home();
  await fillPlan(page, "Slow");
  await stack.faults(2, [{ path: "/procurement/catalog*", times: 1, delay_ms: 20_000 }]);
  await page.getByRole("button", { name: "Create plan" }).dblclick();
  await page.getByRole("button", { name: "Creating…" }).waitFor();
  await page.getByText(/Still waiting for ConnectWise, \d+ seconds/).waitFor();
  await axe(page, "waiting for a slow vendor");
  await page.getByRole("button", { name: "Creating…" }).click({ force: true });
  // The endpoint answers in its own time: the plan is created, or the page says that the answer is missing.
  const alert = page.getByRole("alert").getByText(/\(-\d+\)/);
  await Promise.race([page.getByRole("heading", { level: 1, name: "Plans" }).waitFor(), alert.waitFor()]);
  await stack.faults(2, []);
  if (await alert.isVisible()) {
    assert.equal(await page.getByLabel("Name").inputValue(), "Slow");
    await page.getByRole("button", { name: "Create plan" }).click();
  }
  await heading(page, "Plans");
  const items = await stack.connectWise('procurement/catalog?conditions=identifier="euwest.16921-6-3378-14"');
  assert.equal(items.length, 1);
  assert.equal((await stack.rows("plans/list")).find(({ plan }) => plan === "16921-6-3378-14").name, "Slow");
  await close(page);
});

test("a 503 in the middle keeps the form, and the next try succeeds", async () => {
  const page = await home();
  await fillPlan(page, "After 503");
  await stack.faults(2, [{ path: "*", status: 503 }]);
  await page.getByRole("button", { name: "Create plan" }).click();
  await page.getByRole("alert").getByText(/\(-1020\)/).waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "After 503");
  await axe(page, "a vendor that does not answer");
  // A page that only reads says so, with a way to try again.
  await open(page, "Links");
  await page.getByRole("heading", { level: 1, name: "Links" }).waitFor();
  await page.evaluate(() => (location.hash = "#/links/new"));
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await axe(page, "a page that cannot be read");
  await stack.faults(2, []);
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(page, "Link an organization");
  await open(page, "Plans");
  await page.getByRole("link", { name: "Create New Plan" }).click();
  await heading(page, "Create New Plan");
  assert.equal(await page.getByLabel("Name").inputValue(), "After 503");
  await page.getByRole("button", { name: "Create plan" }).click();
  await heading(page, "Plans");
  await page.getByText("After 503", { exact: true }).waitFor();
  await close(page);
});

test("a portal that cannot be reached keeps the form", async () => {
  const page = await home();
  await fillPlan(page, "Offline");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Create plan" }).click();
  await page.getByRole("alert").getByText(/The portal did not answer, so the outcome is not known/).waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Create plan" }).click();
  await heading(page, "Plans");
  await page.getByText("Offline", { exact: true }).waitFor();
  await close(page);
});

test("two tabs change the same plan, and both show what is in force", async () => {
  const page = await home();
  await open(page, "Plans");
  const other = await page.context().newPage();
  await other.goto(stack.portal);
  await heading(other, "What needs attention");
  for (const tab of [page, other]) {
    await tab.evaluate(() => (location.hash = "#/plans/edit/16921-6-3382-14"));
    await heading(tab, "Change Business Archive");
  }
  await page.getByLabel(/^Price/).fill("6");
  await other.getByLabel(/^Price/).fill("7");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("EUR 6.00 / month").waitFor();
  await other.getByRole("button", { name: "Save" }).click();
  await other.getByText("EUR 7.00 / month").waitFor();
  await page.reload();
  await page.getByText("EUR 7.00 / month").waitFor();
  // A sign-out in one tab is a sign-out of the other.
  await other.getByRole("button", { name: "Sign out" }).click();
  await heading(other, "Sign in");
  await page.getByRole("link", { name: "Billing" }).click();
  await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  // Another MSP's sign-in in one tab closes what the other tab shows of the first one.
  await signIn(other, OTHER_TOKENS);
  await heading(other, "ConnectWise Settings");
  await heading(page, "ConnectWise Settings");
  await shownMessage(page, "Someone else signed in").waitFor();
  await close(page);
});

test("failed additions and tickets are shown at home, and put right at their rows", async () => {
  const sold = await stack.sell();
  await stack.loseAddition(sold.subscription, () => stack.api("organizations/update", { company: 20, seats: 4 }));
  const page = await home();
  await stack.control(1, `/_sandbox/organizations/${sold.organization}/mailboxes`, { emails: ["ann@bluelight.example"] });
  await stack.control(1, `/_sandbox/organizations/${sold.organization}/backups`, { status: "Authentication Error" });
  await stack.monitor();
  await until(async () => (await stack.api("tickets/list")).tickets.some(({ ticket }) => ticket), "the ticket exists");
  await page.reload();
  await heading(page, "What needs attention");
  await page.getByText("Billing: additions that failed").waitFor();
  await page.getByText("Failing backups by customer").waitFor();
  await axe(page, "home with failures");
  await page.getByRole("link", { name: /^Open: Blue Light, Co.: / }).first().click();
  await heading(page, "Billing");
  await axe(page, "billing with a failure");
  const row = page.getByRole("row", { name: /Blue Light/ });
  await until(async () => {
    if (await row.getByText("Failed", { exact: true }).isVisible()) return true;
    // Another attempt, which the check may begin, can run out of time on a busy machine, and is pending then.
    await stack.api("additions/retry", { subscription: sold.subscription });
    await page.reload();
    await heading(page, "Billing");
    return false;
  }, "the row says that it failed");
  assert.ok(!(await row.innerText()).includes("portal/additions/retry"), "the row speaks of buttons, not of endpoints");
  await row.getByRole("button", { name: /^Create again/ }).click();
  await page.getByRole("dialog", { name: "Create the addition again?" }).getByRole("button", { name: "Create again" }).click();
  await row.getByText("In sync", { exact: true }).waitFor();
  await open(page, "Tickets");
  await page.getByText("ann@bluelight.example").waitFor();
  await axe(page, "tickets");
  await open(page, "Links");
  await axe(page, "links");
  await page.getByRole("link", { name: "Link an organization" }).click();
  await heading(page, "Link an organization");
  await axe(page, "link an organization");
  await loaded(page);
  await close(page);
});

test("home names what background work was refused, also while it is accepted again", async () => {
  const page = await home();
  const message = "ConnectWise rejects the keys of your settings.";
  // The second refusal, which is believed, is a minute after the first.
  await page.route("**/portal/additions/list", async (route) => {
    await route.fulfill({ json: { ...await stack.api("additions/list"), refusedCredentials: [{ credentials: "connectWiseKeys", message }] } });
  });
  await page.reload();
  await page.getByText("ConnectWise refuses the credentials").waitFor();
  await page.getByText(message).waitFor();
  await page.getByRole("link", { name: /^Change credentials/ }).click();
  await heading(page, "ConnectWise Settings");
  await close(page);
});

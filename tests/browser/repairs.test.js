// What a person puts right at a row: an addition that failed, and a dashboard that the browser does not open.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { keyboard } from "./hands.js";
import { Stack, axe, close, go, heading, launch, open, shownMessage, signIn, story, until, visit } from "./harness.js";

const step = story();
let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

async function home() {
  const page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "What needs attention");
  return page;
}

/** Orders for Blue Light, whose agreement has an open addition of the plan already. Returns that addition. */
async function sellBesideAnother() {
  const [{ catalogItem }] = await stack.rows("plans/list");
  const { nextInvoiceDate: effectiveDate } = await stack.connectWise("finance/agreements/104");
  const { id } = await stack.connectWise("finance/agreements/104/additions", {
    method: "POST", body: { product: { id: catalogItem.id }, quantity: 9, unitPrice: 1.5, billCustomer: "Billable", effectiveDate },
  });
  await stack.order();
  await until(async () => (await stack.rows("additions/list"))[0].state === "failed", "the addition failed");
  return id;
}

step("an addition that a person made is used only after a confirmation, from Home and by the keyboard", async () => {
  const id = await sellBesideAnother();
  const page = await home();
  const main = page.locator("main");
  await page.getByText(`already has an open addition of the product, ${id}`).waitFor();
  await keyboard.press(page.getByRole("link", { name: /^Open: Blue Light/ }));
  await heading(page, "Billing");
  const row = page.getByRole("row", { name: /Blue Light/ });
  await row.getByText(`press Use addition ${id}.`).waitFor();
  assert.ok(!/portal\/|"adopt"/.test(await main.innerText()), "the page speaks of buttons, not of endpoints");
  const button = row.getByRole("button", { name: `Use addition ${id}: Blue Light, Co., 20-1` });
  await keyboard.press(button);
  const dialog = page.getByRole("dialog", { name: `Use addition ${id}?` });
  await dialog.getByText("Blue Light, Co.'s subscription. Its quantity becomes that of the subscription. Its price stays").waitFor();
  await axe(page, "use an addition");
  await keyboard.press(dialog.getByRole("button", { name: "Cancel" }));
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual((await stack.additions()).map(({ quantity }) => quantity), [9], "nothing was changed");
  await keyboard.press(button);
  await keyboard.press(dialog.getByRole("button", { name: `Use addition ${id}` }));
  await row.getByText("In sync", { exact: true }).waitFor();
  await row.getByText("was taken over").waitFor();
  assert.equal(await row.getByRole("button").count(), 0, "nothing is left to do");
  assert.deepEqual((await stack.additions()).map((one) => [one.id, one.quantity, one.unitPrice]), [[id, 3, 1.5]], "its price stays");
  // The button is gone, so its row has the focus.
  assert.equal(await row.evaluate((element) => element === document.activeElement), true);
  await open(page, "Home", keyboard);
  await page.getByText("Nothing needs attention").waitFor();
  await close(page);
});

step("a deleted addition is created again from the customer's page, from next month on", async () => {
  const [{ subscription, organization, addition }] = await stack.rows("additions/list");
  await stack.loseAddition(subscription, () => stack.api("organizations/update", { company: 20, seats: 4 }));
  const page = await home();
  await go(page, `manage/${organization}/subscription`);
  const billing = page.locator("section", { has: page.getByRole("heading", { name: "Billing" }) });
  await billing.getByText("Failed", { exact: true }).waitFor();
  await billing.getByText(`The addition ${addition} of agreement 104 was deleted`).waitFor();
  await axe(page, "manage, a failed addition");
  // Retry alone does not bring it back: the page keeps saying what to do.
  await keyboard.press(billing.getByRole("button", { name: "Retry: Blue Light, Co., 20-1" }));
  await shownMessage(page, "1 failed").waitFor();
  assert.equal((await stack.additions()).length, 0);
  await keyboard.press(billing.getByRole("button", { name: "Create again: Blue Light, Co., 20-1" }));
  const dialog = page.getByRole("dialog", { name: "Create the addition again?" });
  await dialog.getByText("Blue Light, Co. gets a new addition, which is billed as if it were sold today, by the link's billing dates.").waitFor();
  await keyboard.press(dialog.getByRole("button", { name: "Create again" }));
  await billing.getByText("In sync", { exact: true }).waitFor();
  const [made, ...others] = await stack.additions();
  assert.deepEqual(others, []);
  assert.equal(made.quantity, 4);
  await billing.getByText(`Addition ${made.id} of agreement 104`).waitFor();
  await close(page);
});

step("where the browser blocks the new tab, the dashboard opens in this one", async () => {
  const page = await home();
  let links = 0;
  page.on("request", (request) => (links += request.url().endsWith("/organizations/impersonate") ? 1 : 0));
  await page.context().route("https://portal.dropsuite.example/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>Dashboard</title>" }));
  await page.evaluate(() => (globalThis.open = () => null));
  await open(page, "Users", keyboard);
  const button = page.getByRole("button", { name: /^Impersonate: Blue Light/ });
  await keyboard.press(button);
  const dialog = page.getByRole("dialog", { name: "The browser blocked the new tab" });
  await dialog.getByText("allow pop-ups for this address").waitFor();
  await axe(page, "a blocked tab");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(links, 0, "no link was spent");
  await keyboard.press(button);
  await keyboard.press(dialog.getByRole("button", { name: "Open in this tab" }));
  await page.waitForURL(/^https:\/\/portal\.dropsuite\.example\/sso\//);
  assert.equal(links, 1);
  await page.goBack();
  await heading(page, "Users");
  await close(page);
});

step("the end of a trial and what follows it are shown at the user and in the billing", async () => {
  const sold = await stack.sell({ company: 19, agreement: 101, email: "it@acme.example", firstName: "Ann", lastName: "Miller", trial: true });
  const page = await home();
  await go(page, `manage/${sold.organization}/subscription`);
  await page.getByText(/The trial ends on .* Then nothing changes until you convert it/).first().waitFor();
  await axe(page, "manage, a trial");
  await stack.api("plans/update", { plan: sold.plan, trialEnd: "convert" });
  await page.reload();
  await page.getByText("Then it is converted to paid.").first().waitFor();
  await open(page, "Billing", keyboard);
  await page.getByRole("row", { name: /Acme/ }).getByText("Then it is converted to paid.").waitFor();
  await open(page, "Users", keyboard);
  await page.getByRole("row", { name: /Acme/ }).getByText(/trial until 20\d\d-\d\d-\d\d/).waitFor();
  await close(page);
});

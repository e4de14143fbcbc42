// From 360 px to wide, light and dark, without a shift, and where the focus is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keyboard } from "./hands.js";
import { Stack, TOKENS, assertFits, axe, close, go, heading, launch, open, signIn, until, visit } from "./harness.js";

const PAGES = ["users", "new-user", "plans", "plans/new", "plans/edit/16921-6-3378-14", "billing", "audit", "audit/history", "tickets", "links", "links/new", "settings", "settings/credentials",
  "settings/mappings", "history", "people", "identity", "manage/440032-6", "manage/440032-6/logins", "manage/440032-6/subscription", ""];

/** ConnectWise allows 50 characters. */
const COMPANY = "Donaudampfschifffahrtselektrizitätenwerk GmbH & Co";

let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  const { organization, subscription } = await stack.sell({ businessName: `${COMPANY}. KG, Niederlassung Süd` });
  await stack.control(1, `/_sandbox/organizations/${organization}/mailboxes`, { emails: ["a.rather.long.address@department.subsidiary.customer.example"] });
  await stack.control(1, `/_sandbox/organizations/${organization}/backups`, { status: "Authentication Error" });
  await stack.monitor();
  await until(async () => (await stack.rows("tickets/list")).some(({ ticket }) => ticket), "the ticket exists");
  await stack.loseAddition(subscription, () => stack.api("organizations/update", { company: 20, seats: 4 }));
  await stack.faults(2, [{ path: "/company/companies", patch: [{ op: "replace", path: "/1/name", value: COMPANY }] }]);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

for (const [name, options] of [
  ["360 px, light", { viewport: { width: 360, height: 740 } }],
  ["360 px, dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
  ["820 px, light", { viewport: { width: 820, height: 1180 } }],
  ["1280 px, dark", { colorScheme: "dark" }],
  ["2560 px, light", { viewport: { width: 2560, height: 1300 } }],
]) {
  test(`each page fits and has no violation: ${name}`, async () => {
    const page = await visit(browser, stack, options);
    await heading(page, "Sign in");
    await axe(page, `sign-in, ${name}`);
    await assertFits(page, "sign-in");
    await signIn(page);
    await heading(page, "What needs attention");
    for (const address of PAGES) {
      await go(page, address);
      assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0, `${address} could not be shown`);
      await axe(page, `${address || "home"}, ${name}`);
      await assertFits(page, address || "home");
    }
    await go(page, "manage/440032-6/subscription");
    await page.getByRole("button", { name: `Unsubscribe: ${COMPANY}` }).click();
    await page.getByRole("dialog", { name: `Unsubscribe ${COMPANY}?` }).waitFor();
    await axe(page, `confirmation, ${name}`);
    await assertFits(page, "confirmation");
    await close(page);
  });
}

test("nothing shifts while a page loads", async () => {
  const page = await visit(browser, stack);
  await page.evaluate(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await signIn(page);
  await heading(page, "What needs attention");
  for (const address of PAGES) await go(page, address);
  const shifts = await page.evaluate(() => globalThis.shifts);
  console.log(`# layout shifts of ${PAGES.length} pages together: ${shifts.toFixed(4)}`);
  assert.ok(shifts < 0.1, `${shifts}`);
  await close(page);
});

test("the first Tab skips to the content, and a closed dialog gives the focus back", async () => {
  const page = await visit(browser, stack);
  await heading(page, "Sign in");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.getByLabel("Reseller Token").evaluate((element) => element === document.activeElement), true);
  await signIn(page, TOKENS, keyboard);
  await heading(page, "What needs attention");
  assert.equal(await focused(), "What needs attention", "the heading of a new page has the focus");
  await open(page, "Plans", keyboard);
  await keyboard.pressTwice(page.getByRole("button", { name: "Take off sale: Business Backup" }));
  assert.ok((await stack.rows("plans/list")).every(({ active }) => active), "a key pressed twice confirms nothing");
  await keyboard.press(page.getByRole("button", { name: "Take off sale: Business Backup" }));
  const dialog = page.getByRole("dialog", { name: "Take Business Backup off sale?" });
  await dialog.waitFor();
  assert.equal(await focused(), "Cancel");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(), "Take off sale: Business Backup");
  await close(page);
});

// From 360 px to wide, light and dark, without a shift, by keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stack, TOKENS, assertFits, axe, close, go, heading, launch, visit, signIn } from "./harness.js";

const PAGES = ["users", "new-user", "plans", "plans/new", "plans/edit/16921-6-3378-14", "billing", "tickets", "links", "links/new", "settings", "settings/credentials",
  "settings/mappings", "manage/440032-6", "manage/440032-6/logins", "manage/440032-6/subscription", ""];

let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  await stack.sell();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

for (const [name, options] of [
  ["360 px, light", { viewport: { width: 360, height: 740 } }],
  ["360 px, dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
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

test("the keyboard alone signs in, opens a page, and works a dialog", async () => {
  const page = await visit(browser, stack);
  await heading(page, "Sign in");
  const press = async (key, times = 1) => {
    for (let n = 0; n < times; n++) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  /** Presses Tab until an element with this name has the focus. */
  const reach = async (name) => {
    for (let n = 0; n < 60; n++) {
      if ((await focused()).trim() === name) return;
      await press("Tab");
    }
    assert.fail(`the keyboard does not reach ${name}`);
  };
  await press("Tab");
  assert.equal(await focused(), "Skip to content");
  await press("Enter");
  await press("Tab");
  await page.keyboard.type(TOKENS.reseller);
  await press("Tab");
  await page.keyboard.type(TOKENS.access);
  await press("Enter");
  await heading(page, "What needs attention");
  assert.equal(await focused(), "What needs attention", "the heading of the new page has the focus");
  await reach("Plans");
  await press("Enter");
  await heading(page, "Plans");
  await reach("Take off sale: Business Backup");
  await press("Enter");
  const dialog = page.getByRole("dialog", { name: "Take Business Backup off sale?" });
  await dialog.waitFor();
  assert.equal(await dialog.evaluate((element) => element.contains(document.activeElement)), true);
  await press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(), "Take off sale: Business Backup", "the focus is back where it was");
  await reach("Create New Plan");
  await press("Enter");
  await heading(page, "Create New Plan");
  await close(page);
});

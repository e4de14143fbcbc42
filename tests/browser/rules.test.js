// The ticket rules by the keyboard alone: quiet hours, snoozes, and the fields of a company.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { keyboard } from "./hands.js";
import { Stack, assertFits, axe, close, go, heading, launch, shownMessage, signIn, story, until, visit } from "./harness.js";

const step = story();
let stack, browser, page;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  await stack.sell();
  page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "Home");
  await go(page, "rules");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

step("the page without any rule says so", async () => {
  await heading(page, "Ticket rules");
  await page.getByText("Nothing is snoozed").waitFor();
  await page.getByText("No company has fields of its own").waitFor();
  await axe(page, "ticket rules without any");
  await assertFits(page, "ticket rules without any");
});

step("quiet hours are saved, and one that leaves no hour of the day is refused", async () => {
  const times = page.locator("#times");
  const enter = async (start, end) => {
    await keyboard.enter(times.getByLabel(/^From/), start);
    await keyboard.enter(times.getByLabel(/^To/), end);
    await keyboard.press(times.getByRole("button", { name: "Save" }));
  };
  await enter("22:00", "21:30");
  await times.getByText("They must leave at least one hour of the day").waitFor();
  await axe(page, "quiet hours refused");
  await enter("22:00", "06:00");
  await shownMessage(page, "The rules are saved.").waitFor();
  assert.deepEqual(await stack.api("ticketrules/get"), { quietHours: { start: "22:00", end: "06:00" } });
});

step("a digest is a ticket of a company that is chosen with it", async () => {
  const times = page.locator("#times");
  await times.getByLabel("Company of its ticket").waitFor({ state: "hidden" });
  await keyboard.choose(times.getByLabel("Digest"), "Each Monday");
  await keyboard.choose(times.getByLabel("Company of its ticket"), "Demo MSP");
  await axe(page, "a digest");
  await keyboard.press(times.getByRole("button", { name: "Save" }));
  await until(async () => (await stack.api("ticketrules/get")).digest, "the digest is switched on");
  const { digest, quietHours } = await stack.api("ticketrules/get");
  assert.deepEqual([digest, quietHours], [{ every: "weekly", company: 2 }, { start: "22:00", end: "06:00" }]);
});

const WEEK = 7 * 86_400_000;

step("a mailbox is snoozed for a week, and a change of the reason keeps its end", async () => {
  await keyboard.press(page.getByRole("button", { name: "Snooze failures" }));
  let dialog = page.getByRole("dialog", { name: "Snooze failures" });
  await axe(page, "snooze failures");
  await keyboard.enter(dialog.getByLabel("Mailbox"), "Gordon@BlueLight.example");
  await keyboard.enter(dialog.getByLabel("Days"), "7");
  await keyboard.enter(dialog.getByLabel("Reason"), "Moves to another server");
  await keyboard.press(dialog.getByRole("button", { name: "Save" }));
  const row = page.getByRole("row", { name: /gordon@bluelight\.example/ });
  await row.getByText("Moves to another server").waitFor();
  await axe(page, "ticket rules with a snooze");
  const [before] = await stack.rows("snoozes/list");
  assert.ok(Math.abs(Date.parse(before.until) - Date.now() - WEEK) < 600_000, before.until);

  await keyboard.press(row.getByRole("button", { name: "Change: gordon@bluelight.example" }));
  dialog = page.getByRole("dialog", { name: "Change the snooze of gordon@bluelight.example" });
  assert.equal(await dialog.getByLabel("Days").inputValue(), "7");
  await keyboard.enter(dialog.getByLabel("Reason"), "Moves later");
  await keyboard.press(dialog.getByRole("button", { name: "Save" }));
  await row.getByText("Moves later").waitFor();
  const after = await stack.rows("snoozes/list");
  assert.deepEqual(after.map(({ mailbox, until, reason }) => [mailbox, until, reason]), [["gordon@bluelight.example", before.until, "Moves later"]]);
});

step("a snooze is ended", async () => {
  await keyboard.press(page.getByRole("button", { name: "End: gordon@bluelight.example" }));
  const dialog = page.getByRole("dialog", { name: "End the snooze of gordon@bluelight.example?" });
  await keyboard.press(dialog.getByRole("button", { name: "End", exact: true }));
  await page.getByText("Nothing is snoozed").waitFor();
  assert.deepEqual(await stack.rows("snoozes/list"), []);
});

step("a company has a priority and a contact of its own, and those of the settings again", async () => {
  await keyboard.press(page.getByRole("button", { name: "Add a company" }));
  const dialog = page.getByRole("dialog", { name: "Fields of a company's new tickets" });
  await keyboard.choose(dialog.getByLabel("Company"), "Blue Light, Co.");
  const { priorities } = await stack.api("settings/options?board=1");
  const { contacts } = await stack.api("settings/options?company=20");
  await keyboard.choose(dialog.getByLabel("Priority"), priorities[0].name);
  await keyboard.choose(dialog.getByLabel("Contact"), contacts[0].name);
  await axe(page, "fields of a company");
  await keyboard.press(dialog.getByRole("button", { name: "Save" }));
  await page.getByRole("row", { name: new RegExp(`Priority: ${priorities[0].name}, Contact: number ${contacts[0].id}`) }).waitFor();
  await axe(page, "ticket rules with a company");
  await assertFits(page, "ticket rules with a company");
  const [saved] = await stack.rows("ticketfields/list");
  assert.deepEqual([saved.company, saved.priority, saved.contact], [20, priorities[0].id, contacts[0].id]);

  await keyboard.press(page.getByRole("button", { name: "Remove: Blue Light, Co." }));
  await keyboard.press(page.getByRole("dialog", { name: "Remove the fields of Blue Light, Co.?" }).getByRole("button", { name: "Remove" }));
  await page.getByText("No company has fields of its own").waitFor();
  assert.deepEqual(await stack.rows("ticketfields/list"), []);
  await close(page);
});

// Many links at once, by the keyboard alone: what is exact is selected, and the rest is chosen by a person.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { keyboard } from "./hands.js";
import { Stack, assertFits, axe, close, go, heading, launch, shownMessage, signIn, story, visit } from "./harness.js";

const step = story();
let stack, browser, page;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  // The address of each is at a domain of its own.
  await stack.sellInShop("a-1", "Blue Light");
  await stack.sellInShop("a-2", "Other Name");
  page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "Home");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

step("an exact company is chosen, and a person chooses its agreement", async () => {
  await go(page, "links/many");
  await heading(page, "Link many organizations");
  const exact = page.getByRole("row", { name: /Blue Light/ });
  const box = exact.getByRole("checkbox", { name: "Link Blue Light" });
  assert.equal(await exact.getByRole("combobox", { name: "Company of Blue Light" }).inputValue(), "20");
  assert.equal(await box.isChecked(), false, "it has several agreements");
  const agreement = exact.getByRole("combobox", { name: "Agreement of Blue Light" });
  await keyboard.choose(agreement, "Dropsuite Email Backup");
  assert.equal(await box.isChecked(), true);
  const other = page.getByRole("row", { name: /Other Name/ });
  await other.getByText("No company matches").waitFor();
  await other.getByRole("link", { name: "Link it by hand" }).waitFor();
  await axe(page, "link many");
  await assertFits(page, "link many");
});

step("choices stay after a reload", async () => {
  await page.reload();
  await heading(page, "Link many organizations");
  const row = page.getByRole("row", { name: /Blue Light/ });
  assert.equal(await row.getByRole("checkbox", { name: "Link Blue Light" }).isChecked(), true);
  assert.equal(await row.getByRole("combobox", { name: "Agreement of Blue Light" }).inputValue(), "104");
});

step("a row without an agreement is told, and nothing is sent", async () => {
  const row = page.getByRole("row", { name: /Blue Light/ });
  await keyboard.choose(row.getByRole("combobox", { name: "Agreement of Blue Light" }), "Choose…");
  await keyboard.check(row.getByRole("checkbox", { name: "Link Blue Light" }));
  await keyboard.press(page.getByRole("button", { name: "Link the selected ones" }));
  await row.getByText("Choose a company and an agreement.").waitFor();
  assert.deepEqual(await stack.rows("links/list"), []);
  await keyboard.choose(row.getByRole("combobox", { name: "Agreement of Blue Light" }), "Dropsuite Email Backup");
});

step("what Dropsuite does not answer is left, and says so", async () => {
  await stack.faults(1, [{ method: "GET", path: "/users/*", status: 503 }]);
  await keyboard.press(page.getByRole("button", { name: "Link the selected ones" }));
  await shownMessage(page, "0 linked, 1 left: link them again.").waitFor();
  await page.getByRole("row", { name: /Blue Light/ }).getByText("Not yet linked").waitFor();
  await stack.faults(1, []);
});

step("the selected ones are linked, and are gone the next time", async () => {
  await keyboard.press(page.getByRole("button", { name: "Link the selected ones" }));
  await shownMessage(page, "1 linked.").waitFor();
  await page.getByRole("row", { name: /Blue Light/ }).getByText("Linked", { exact: true }).waitFor();
  const box = page.getByRole("checkbox", { name: "Link Blue Light" });
  assert.deepEqual([await box.isChecked(), await box.isDisabled()], [false, true], "it is not sent again");
  await axe(page, "many linked");
  const links = await stack.rows("links/list");
  assert.deepEqual(links.map(({ account, company }) => [account, company]), [["a-1", 20]]);
  await page.reload();
  await heading(page, "Link many organizations");
  await page.getByRole("row", { name: /Other Name/ }).waitFor();
  assert.equal(await page.getByRole("row", { name: /Blue Light/ }).count(), 0);
  await close(page);
});

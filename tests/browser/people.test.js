// People sign in at an identity provider: the connection, the roles, what each page leaves out, and the history.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Stack, assertFits, axe, close, go, heading, launch, loaded, open, shownMessage, signIn, story, visit } from "./harness.js";

const CLIENT = { id: "portal-client", secret: "local-client-secret-5c1e" };

const step = story();
let stack, browser, owner, sue, signInUrl;
/** What the pages of people sent and said, and the addresses that the portal had. */
const traces = [];
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
  owner = await visit(browser, stack);
  await signIn(owner);
  await heading(owner, "What needs attention");
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Opens the address for people in a new profile. */
async function arrive() {
  const page = await visit(browser, stack);
  await page.goto(signInUrl);
  await page.reload();
  await heading(page, "Sign in");
  return page;
}

/** Goes to the provider, and signs in there as a person. */
async function choose(page, address) {
  await page.getByRole("button", { name: "Sign in with your identity provider" }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByRole("link", { name: address, exact: true }).click();
}

step("an owner connects the provider", async () => {
  await open(owner, "Settings");
  await owner.getByRole("link", { name: "Identity provider" }).click();
  await heading(owner, "Identity provider");
  const { redirectUrl } = await stack.api("identity/get");
  await owner.getByText(redirectUrl, { exact: true }).waitFor();
  await axe(owner, "no identity provider");
  await owner.getByLabel("Issuer").fill(`http://127.0.0.1:${stack.port + 6}/`);
  await owner.getByLabel("Client id").fill(CLIENT.id);
  await owner.getByLabel("Client secret").fill(CLIENT.secret);
  await owner.getByRole("button", { name: "Connect a provider" }).click();
  await owner.getByText(/No identity provider answers at this address, or its description names another issuer/).waitFor();
  await owner.getByLabel("Issuer").fill(`http://127.0.0.1:${stack.port + 6}`);
  await owner.getByRole("button", { name: "Connect a provider" }).click();
  await shownMessage(owner, "The identity provider is connected.").waitFor();
  ({ signInUrl } = await stack.api("identity/get"));
  await owner.getByText(signInUrl, { exact: true }).waitFor();
  assert.ok(!(await owner.content()).includes(CLIENT.secret));
  await axe(owner, "an identity provider");
  await assertFits(owner, "an identity provider");
});

step("an owner adds people", async () => {
  await go(owner, "people");
  for (const [address, role] of [["sue@msp.example", "Support"], ["rita@msp.example", "Read-only"]]) {
    await owner.getByRole("button", { name: "Add a person" }).click();
    const asked = owner.getByRole("dialog", { name: "Add a person" });
    await asked.getByLabel("Email address").fill(address);
    await asked.getByLabel("Role").selectOption(role);
    await axe(owner, "add a person");
    await asked.getByRole("button", { name: "Save" }).click();
    await asked.waitFor({ state: "detached" });
    await owner.getByRole("cell", { name: address }).first().waitFor();
  }
  const people = (await stack.rows("people/list")).map(({ address, role }) => [address, role]);
  assert.deepEqual(people, [["rita@msp.example", "readOnly"], ["sue@msp.example", "support"]]);
  await axe(owner, "people");
  await assertFits(owner, "people");
});

step("a person signs in at the provider, and the address keeps nothing of it", async () => {
  sue = await arrive();
  assert.equal(await sue.getByLabel("Reseller Token").count(), 0);
  await axe(sue, "sign-in at the provider");
  sue.on("console", (message) => traces.push(message.text()));
  sue.on("framenavigated", (frame) => frame.url().startsWith(stack.portal) && traces.push(frame.url()));
  await choose(sue, "sue@msp.example");
  await heading(sue, "What needs attention");
  assert.equal(sue.url(), `${stack.portal}#/`);
  await sue.getByText("sue@msp.example", { exact: true }).waitFor();
  assert.equal(await sue.evaluate(() => document.cookie), "");
  const kept = await sue.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  assert.doesNotMatch(kept, /code-/);
  await assertFits(sue, "home of a person");
});

step("a page leaves out what the role may not do", async () => {
  await go(sue, "plans");
  await sue.getByText("Business Backup", { exact: true }).waitFor();
  assert.equal(await sue.getByRole("button", { name: /^Take off sale/ }).count(), 0);
  assert.equal(await sue.getByRole("link", { name: "Create New Plan" }).count(), 0);
  for (const [address, role] of [["plans/new", "Billing"], ["new-user", "Billing"], ["links/many", "Billing"], ["settings/credentials", "Owner"]]) {
    await go(sue, address);
    await sue.getByText(`It needs the role ${role};`).waitFor();
  }
  await go(sue, "people");
  await sue.getByRole("cell", { name: "rita@msp.example" }).first().waitFor();
  assert.equal(await sue.getByRole("button", { name: /Add a person|^Change|^Remove/ }).count(), 0);
  // The service manager refuses it too.
  const code = await sue.evaluate(async () => {
    const answer = await fetch("portal/plans/deactivate", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ plan: "16921-6-3378-14" }) });
    return [answer.status, (await answer.json()).code];
  });
  assert.equal(code[1], -1022);
});

step("a change is in the history, with who made it and what it was before", async () => {
  await go(sue, "rules");
  const times = sue.locator("#times");
  await times.getByLabel(/^From/).fill("22:00");
  await times.getByLabel(/^To/).fill("06:00");
  await times.getByRole("button", { name: "Save" }).click();
  await shownMessage(sue, "The rules are saved.").waitFor();
  await go(sue, "history");
  const row = sue.getByRole("row").filter({ hasText: "ticketrules/save" });
  await row.getByText("sue@msp.example").waitFor();
  await row.getByText(/22:00/).first().waitFor();
  // The same again changes nothing, and is no entry.
  await go(sue, "rules");
  await times.getByRole("button", { name: "Save" }).click();
  await shownMessage(sue, "The rules are saved.").waitFor();
  await go(sue, "history");
  assert.equal(await row.count(), 1);
  await axe(sue, "history");
  await assertFits(sue, "history");
});

step("the history can be filtered, and downloaded as CSV", async () => {
  await sue.getByLabel("Area").selectOption("People");
  await sue.getByRole("button", { name: "Show", exact: true }).click();
  await sue.getByText("person rita@msp.example").first().waitFor();
  assert.equal(await sue.getByRole("row").filter({ hasText: "ticketrules/save" }).count(), 0);
  const [file] = await Promise.all([sue.waitForEvent("download"), sue.getByRole("link", { name: "Download as CSV" }).click()]);
  assert.equal(file.suggestedFilename(), "history.csv");
});

step("a person who is not listed, and one whose token is wrong, are refused", async () => {
  const page = await arrive();
  await choose(page, "Bill@msp.example");
  await page.getByRole("alert").getByText(/is not one of the people .*\(-1023\)/).waitFor();
  await axe(page, "a refused sign-in");
  await stack.control(6, "/_sandbox/tokens", [{ foreignKey: true }]);
  await choose(page, "rita@msp.example");
  await page.getByRole("alert").getByText(/\(-1023\)/).waitFor();
  await choose(page, "rita@msp.example");
  await heading(page, "What needs attention");
  await go(page, "tickets");
  assert.equal(await page.getByRole("button", { name: /^Retry/ }).count(), 0);
  await close(page);
});

step("a removed person is signed out, and asked to sign in at the provider", async () => {
  await owner.reload();
  await loaded(owner);
  await owner.getByRole("button", { name: "Remove: sue@msp.example" }).click();
  const asked = owner.getByRole("dialog", { name: "Remove sue@msp.example?" });
  await asked.getByRole("button", { name: "Remove" }).click();
  await shownMessage(owner, "sue@msp.example is removed.").waitFor();
  await sue.getByRole("link", { name: "Billing", exact: true }).click();
  const again = sue.getByRole("dialog", { name: "Sign in again" });
  await again.waitFor();
  await axe(sue, "the dialog of an ended session of a person");
  await choose(sue, "sue@msp.example");
  await sue.getByRole("alert").getByText(/is not one of the people .*\(-1023\)/).waitFor();
  assert.ok(!traces.some((trace) => /client-secret|id_token/.test(trace)), traces.join("\n"));
  await close(sue);
  await close(owner);
});

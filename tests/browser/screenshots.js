// Makes the screenshots of the README, from a local stack with a few customers. Usage: node tests/browser/screenshots.js
import { fileURLToPath } from "node:url";
import { Stack, heading, launch, loaded, open, signIn, until, visit } from "./harness.js";

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const [stack, browser] = await Promise.all([Stack.start(), launch()]);
try {
  await stack.configure();
  const sold = await stack.sell({ businessName: "Blue Light, Co." });
  await stack.control(1, `/_sandbox/organizations/${sold.organization}/mailboxes`, { emails: ["gordon@bluelight.example", "ann@bluelight.example"] });
  await stack.control(1, `/_sandbox/organizations/${sold.organization}/backups`, { status: "Authentication Error", mailboxes: ["ann@bluelight.example"] });
  for (const name of ["Contoso GmbH", "Fabrikam Ltd"]) {
    const email = `it@${name.split(" ")[0].toLowerCase()}.example`;
    await stack.control(1, "/_sandbox/organizations", { email, organization_name: name, seats: 12, seats_used: 9, plan_id: "16921-6-3382-14" });
  }
  await stack.monitor();
  await until(async () => (await stack.api("tickets/list")).tickets.some(({ ticket }) => ticket), "the ticket exists");
  const page = await visit(browser, stack, { viewport: { width: 1280, height: 760 } });
  await signIn(page);
  await heading(page, "What needs attention");
  await open(page, "Users");
  await page.screenshot({ path: `${folder}portal-users.png` });
  await page.getByRole("link", { name: /^Manage: Blue Light/ }).click();
  await loaded(page);
  await page.getByRole("link", { name: "Subscription" }).click();
  await heading(page, /Blue Light/);
  await page.getByLabel("Seats").fill("5");
  await page.getByLabel("Seats").blur();
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${folder}portal-manage.png` });
} finally {
  await browser.close();
  await stack.stop();
}

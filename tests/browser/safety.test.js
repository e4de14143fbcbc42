// The headers, the session's cookie, and texts of vendors and people that look like markup.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stack, TOKENS, assertQuiet, axe, close, go, heading, launch, loaded, open, signIn, visit } from "./harness.js";

/** A text that would be seen if it became markup: in text, in an attribute, and as an address. */
const EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>';

let stack, browser;
before(async () => {
  [stack, browser] = await Promise.all([Stack.start(), launch()]);
  await stack.configure();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const assets = async () => [...(await (await fetch(stack.portal)).text()).matchAll(/"\.\/(portal\/[^"]+)"/g)].map(([, path]) => new URL(path, stack.portal));

test("the page and its assets have strict headers", async () => {
  const page = await fetch(stack.portal);
  assert.equal(page.headers.get("cache-control"), "no-store");
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
  const policy = page.headers.get("content-security-policy").split("; ");
  for (const part of ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(policy.includes(part), part);
  assert.ok(!/unsafe/.test(policy.join()), policy.join());
  const html = await page.text();
  assert.ok(!/<style|<script(?![^>]*\bsrc=)| style=| on[a-z]+=/.test(html), "nothing is inline");
  const urls = await assets();
  assert.ok(urls.length > 4);
  for (const url of urls) {
    const asset = await fetch(url);
    assert.equal(asset.status, 200, url.href);
    assert.match(asset.headers.get("cache-control"), /max-age=31536000, immutable/);
    assert.equal(asset.headers.get("x-content-type-options"), "nosniff");
    assert.match(url.pathname, /\/[0-9a-f]{16}-[\w.-]+$/);
  }
  const unknown = await fetch(new URL("portal/app.js", stack.portal));
  assert.equal(unknown.status, 404);
  assert.equal(unknown.headers.get("cache-control"), "no-store");
});

test("the first view has less than 60 KB compressed", async () => {
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0, requests = 0;
  session.on("Network.loadingFinished", (event) => {
    bytes += event.encodedDataLength;
    requests += 1;
  });
  await page.goto(stack.portal);
  await heading(page, "Sign in");
  await page.waitForLoadState("networkidle");
  console.log(`# first view: ${bytes} bytes, headers included, in ${requests} requests`);
  assert.ok(bytes > 5_000 && bytes < 60 * 1024, `${bytes} bytes`);
  await page.close();
});

test("the session's cookie counts with requests of the page's own origin only", async () => {
  const page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "What needs attention");
  assert.equal(await page.evaluate(() => document.cookie), "");
  const [{ name, value, httpOnly, sameSite }] = await page.context().cookies();
  assert.deepEqual([httpOnly, sameSite], [true, "Strict"]);
  const cookie = `${name}=${value}`;
  const status = async (headers, body) => (await fetch(`${stack.portal}/${body ? "plans/deactivate" : "plans/list"}`, { method: body ? "POST" : "GET", body, headers: { cookie, ...headers } })).status;
  assert.equal(await status({ "sec-fetch-site": "same-origin" }), 200);
  assert.equal(await status({}), 401, "a stolen cookie without the headers of the page");
  assert.equal(await status({ "sec-fetch-site": "cross-site" }), 401);
  assert.equal(await status({ "sec-fetch-site": "same-origin", "content-type": "text/plain" }, '{"plan":"16921-6-3378-14"}'), 401, "a form's post");
  // Another site can neither post a form nor show the portal in a frame.
  const other = await page.context().newPage();
  await other.route("http://other.test/", (route) => route.fulfill({ contentType: "text/html", body: `<iframe src="${stack.portal}"></iframe>
    <form method="post" enctype="text/plain" action="${stack.portal}/plans/deactivate"><input name='{"plan":"16921-6-3378-14","x":"' value='"}'></form>` }));
  await other.goto("http://other.test/");
  const frame = other.frames().find((one) => one !== other.mainFrame());
  assert.equal(await frame.locator("#main").count(), 0, "the portal is in a frame");
  const [answer] = await Promise.all([other.waitForNavigation(), other.evaluate(() => document.forms[0].submit())]);
  assert.equal(answer.status(), 401);
  assert.equal((await stack.rows("plans/list")).every(({ active }) => active), true);
  await other.close();
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  assert.equal(await status({ "sec-fetch-site": "same-origin" }), 401, "the cookie after the sign-out");
  await close(page);
});

test("markup in a text of a vendor or a person is shown as text, on every page", async () => {
  await stack.sell();
  const page = await visit(browser, stack);
  await signIn(page);
  await heading(page, "What needs attention");
  // Every text of every answer of the API, as the vendors could have sent it.
  await page.route(/\/portal\/[a-z]+\/(list|get|options|credentials|save)/, async (route) => {
    const response = await route.fetch({ headers: { ...(await route.request().allHeaders()), "sec-fetch-site": "same-origin" } });
    const poisoned = poison(await response.json());
    await route.fulfill({ response, json: poisoned });
  });
  const addresses = ["plans", "plans/new", "users", "new-user", "billing", "audit", "audit/history", "tickets", "links", "links/new", "settings", "settings/credentials", "settings/mappings", "history", "people", "identity",
    "manage/440032-6", "manage/440032-6/logins", "manage/440032-6/subscription", `manage/${encodeURIComponent(EVIL)}`, `users?search=${encodeURIComponent(EVIL)}`, ""];
  for (const address of addresses) {
    await go(page, address);
    assert.equal(await page.locator("main img, main script, main iframe").count(), 0, address);
  }
  // The texts were there: as text.
  await open(page, "Plans");
  await page.getByText(EVIL).first().waitFor();
  await page.getByRole("button", { name: /^Take off sale/ }).first().click();
  await page.getByRole("dialog").getByText(EVIL).first().waitFor();
  await axe(page, "texts that look like markup");
  assertQuiet(page);
  // And typed by a person, through the API and back.
  await page.unrouteAll();
  await page.reload();
  await stack.api("plans/update", { plan: "16921-6-3378-14", name: "<b>x</b>" });
  await open(page, "Plans");
  await page.getByText("<b>x</b>", { exact: true }).first().waitFor();
  await loaded(page);
  await close(page);
});

/** Adds the evil text to each text but those that are ids, codes and times. */
function poison(value, name = "") {
  if (Array.isArray(value)) return value.map((one) => poison(one, name));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one, key)]));
  const kept = /^(plan|organization|state|soldBy|productType|periodicity|type|subscription|application|account|.*(At|Date|Since|Backup|In))$/;
  return typeof value === "string" && !kept.test(name) ? value + EVIL : value;
}

test("a sign-in with markup as token is refused, not shown as markup", async () => {
  const page = await visit(browser, stack);
  await signIn(page, { reseller: EVIL, access: TOKENS.access });
  await page.getByRole("alert").waitFor();
  await page.getByText(/-1000|invalid/i).first().waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  await close(page);
});

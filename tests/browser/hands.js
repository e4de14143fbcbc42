// The two ways to work a page. A story is told with either; each takes the control that a person would look for.
import assert from "node:assert/strict";

export const mouse = {
  name: "by the mouse",
  press: (control) => control.click(),
  pressTwice: (control) => control.dblclick(),
  enter: (control, text) => control.fill(text),
  choose: async (control, label) => control.selectOption({ label: await labelOf(control, label) }),
  check: (control) => control.check(),
  uncheck: (control) => control.uncheck(),
};

export const keyboard = {
  name: "by the keyboard alone",
  async press(control) {
    await reach(control);
    await control.press("Enter");
  },
  async pressTwice(control) {
    await reach(control);
    await control.page().keyboard.press("Enter");
    await control.page().keyboard.press("Enter");
  },
  async enter(control, text) {
    await reach(control);
    await control.press("ControlOrMeta+a");
    await control.page().keyboard.type(text);
  },
  /** Takes the first choice, or goes to the next one that begins with the letter, then down to the choice. */
  async choose(control, label) {
    const wanted = await labelOf(control, label);
    const chosen = () => control.evaluate((select) => select.selectedOptions[0].label);
    await reach(control);
    await control.press("Home");
    if (await chosen() === wanted) return;
    await control.press(wanted[0]);
    for (let n = 0; n < 60; n++) {
      if (await chosen() === wanted) return;
      await control.press("ArrowDown");
    }
    assert.fail(`the keyboard does not choose ${wanted}`);
  },
  async check(control) {
    await reach(control);
    if (!await control.isChecked()) await control.press("Space");
  },
  async uncheck(control) {
    await reach(control);
    if (await control.isChecked()) await control.press("Space");
  },
};

/** Returns the label of the choice with this text, once there is one. */
async function labelOf(control, text) {
  const choice = control.getByText(text, { exact: true }).first();
  await choice.waitFor({ state: "attached" });
  return choice.evaluate((option) => option.label);
}

/** Waits until the page has nothing under way. */
export const idle = (page) => page.locator("main[aria-busy]").waitFor({ state: "detached" });

/** The longest way to a control, in presses of Tab. */
const MAX_TABS = 100;

/** Presses Tab, or Shift and Tab, until the control has the focus. It must be in view, not busy, and nothing may lie over it. */
async function reach(control) {
  const page = control.page();
  await control.and(page.locator(":not([aria-disabled])")).waitFor();
  await idle(page);
  await assertFocus(page);
  for (let n = 0; ; n++) {
    const way = await control.evaluate((element) => {
      const from = document.activeElement;
      if (from === element) return "";
      return from.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING && from !== document.body ? "Shift+Tab" : "Tab";
    });
    if (way === "") break;
    assert.ok(n < MAX_TABS, `the keyboard does not reach ${control}`);
    await page.keyboard.press(way);
  }
  const over = await control.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + height / 2);
    return there && (element.contains(there) || element.labels?.[0]?.contains(there)) ? "" : (there?.outerHTML.slice(0, 200) ?? "the edge of the window");
  });
  assert.equal(over, "", `what lies over ${control}`);
}

/** Fails if the focus was lost: to nothing, or to what is not in view. A page that was just loaded has no focus yet. */
async function assertFocus(page) {
  const lost = await page.evaluate(() => {
    const isFirst = !globalThis.wasReached;
    globalThis.wasReached = true;
    const element = document.activeElement;
    if (element === document.body || element === null) return isFirst ? "" : "nothing has the focus";
    const { top, bottom, width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && bottom > 0 && top < innerHeight ? "" : `${element.outerHTML.slice(0, 200)} is out of view`;
  });
  assert.equal(lost, "");
}

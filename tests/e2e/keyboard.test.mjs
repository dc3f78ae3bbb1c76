// Everything without a mouse, from the moment the page is loaded.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, lockedToken, openLive, panel, place, settled, statusText, STORY, tokens } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
  await settled(page);
}

/** Where the focus is, and whether it can be seen there. */
const focus = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    const box = it.getBoundingClientRect();
    const style = getComputedStyle(it);
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    const isSame = (other) => other && (it.contains(other) || other.contains(it));
    return {
      name: `${it.tagName.toLowerCase()}.${it.className} ${it.getAttribute("aria-label") ?? it.textContent.trim().slice(0, 24)}`,
      isBody: it === document.body,
      zone: it.closest("[data-zone]")?.dataset.zone,
      panel: it.closest("[data-place]")?.dataset.place,
      hasRing: style.outlineStyle !== "none" && 1.5 <= parseFloat(style.outlineWidth),
      isInView: 0 < box.width && 0 < box.height &&
        -1 <= box.left && box.right <= innerWidth + 1 && -1 <= box.top && box.bottom <= innerHeight + 1,
      isOnTop: isSame(document.elementFromPoint(...middle)) === true,
    };
  });

async function assertSeen(page) {
  const it = await focus(page);
  assert.ok(!it.isBody, "something has the focus");
  assert.ok(it.hasRing, `a ring around ${it.name}`);
  assert.ok(it.isInView, `${it.name} is in view`);
  assert.ok(it.isOnTop, `nothing covers ${it.name}`);
  return it;
}

test("from the prompt to every part of the cursor", async () => {
  const { page, problems, close } = await openLive(browser);
  await press(page, "/");
  assert.equal((await assertSeen(page)).zone, "prompt");
  assert.equal(await page.inputValue("#prompt"), STORY, "the key itself is not typed");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Tom had a key. Anna had a bell.");
  await press(page, "ArrowLeft", "Escape");
  assert.equal((await tokens(page)).length, 11);
  assert.equal(await lockedToken(page), 10, "arrows in the field move its caret, not the cursor");

  await press(page, "ArrowLeft", "ArrowLeft");
  assert.equal((await place(page)).pos, 8);
  await press(page, "ArrowRight");
  assert.equal((await place(page)).pos, 9);
  await press(page, "Home");
  assert.equal((await place(page)).pos, 0);
  await press(page, "End");
  assert.equal((await place(page)).pos, 10);

  await press(page, "PageDown", "PageDown", "PageDown", "PageDown");
  assert.deepEqual([(await place(page)).layer, (await place(page)).depth], [0, "L0"]);
  await press(page, "PageUp");
  assert.deepEqual([(await place(page)).layer, (await place(page)).depth], [1, "L1"]);
  await press(page, "ArrowUp");
  assert.deepEqual([(await place(page)).layer, (await place(page)).depth], [2, "L2 mid"]);
  await press(page, "ArrowDown", "ArrowDown");
  assert.deepEqual([(await place(page)).layer, (await place(page)).depth], [1, "L1 mid"]);

  await press(page, "[", "[", "[", "[");
  assert.equal((await place(page)).head, 0);
  await press(page, "]", "]");
  assert.equal((await place(page)).head, 2);
  for (let n = 0; n < 12; n++) await page.keyboard.press(",");
  await settled(page);
  assert.equal((await place(page)).source, 0);
  await press(page, ".", ".");
  assert.equal((await place(page)).source, 2);
  assert.notEqual((await place(page)).percent, undefined, "the weight is read");
  assert.equal((await place(page)).layer, 1, "the layer stayed");

  await press(page, "Escape");
  assert.equal(await lockedToken(page), 10);
  assert.deepEqual(problems, []);
  await close();
});

test("what is locked is said politely, once it rests", async () => {
  const { page, close } = await openLive(browser);
  await press(page, "ArrowLeft", "ArrowLeft", "ArrowLeft");
  const said = page.locator(".status [aria-live=polite]");
  await eventually(async () => assert.equal(await said.textContent(), await statusText(page)));
  assert.match(await said.textContent(), /^Head \d\.\d at “lantern” \(13\)|^Head \d\.\d at “the” \(12\)/);
  assert.match(await said.textContent(), /\d+ % on “/);
  assert.equal(await page.locator(".status output").getAttribute("aria-live"), "off");
  await close();
});

test("F6 goes round the zones, both ways", async () => {
  const { page, close } = await openLive(browser);
  const zones = [];
  for (let n = 0; n < 6; n++) {
    await page.keyboard.press("F6");
    zones.push((await assertSeen(page)).zone);
  }
  assert.deepEqual(zones, ["top", "prompt", "spine", "stage", "rail", "top"]);
  await page.keyboard.press("Shift+F6");
  assert.equal((await assertSeen(page)).zone, "rail");
  await close();
});

test("T shows the focused panel's table, and again its figure", async () => {
  const { page, close } = await openLive(browser);
  for (let n = 0; n < 4; n++) await page.keyboard.press("F6");
  assert.equal((await focus(page)).panel, "main");
  await press(page, "t");
  await panel(page, "attention").locator(".table table").waitFor();
  assert.equal((await focus(page)).panel, "main", "the focus stays in the panel");
  await assertSeen(page);
  await press(page, "Shift+T");
  await panel(page, "attention").locator(".figure").waitFor();
  assert.equal((await focus(page)).panel, "main", "the focus stays in the panel");
  await close();
});

test("a letter typed into a field of a panel is a letter", async () => {
  const { page, close } = await openLive(browser, "#v=1&basis=words");
  await page.locator(".own-words input").first().focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("tent");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await panel(page, "paths").locator(".table").count(), 0);
  assert.equal(await page.locator(".own-words input").first().inputValue(), "tent");
  await close();
});

test("M maximises the focused panel and Escape restores it", async () => {
  const { page, close } = await openLive(browser);
  await panel(page, "lens").locator(".figure").focus();
  const before = await panel(page, "lens").boundingBox();
  await press(page, "m");
  const stage = await page.locator(".stage").boundingBox();
  const large = await panel(page, "lens").boundingBox();
  assert.ok(before.width + 100 < large.width && Math.abs(large.width - stage.width) <= 1);
  assert.ok(Math.abs(large.height - stage.height) <= 1);
  await assertSeen(page);
  for (let n = 0; n < 12; n++) {
    await page.keyboard.press("Tab");
    await assertSeen(page);
  }
  await panel(page, "lens").locator(".figure").focus();
  await press(page, "ArrowLeft");
  assert.equal(await lockedToken(page), 14, "keys move the cursor in it");
  await press(page, "Escape");
  assert.deepEqual(await panel(page, "lens").boundingBox(), before);
  assert.equal(await lockedToken(page), 14, "the lock stays until the next Escape");
  await close();
});

test("F6 reaches what can be seen of the stage while a panel is maximised", async () => {
  const { page, close } = await openLive(browser, "#v=1&maximised=side");
  for (let n = 0; n < 4; n++) await page.keyboard.press("F6");
  const here = await assertSeen(page);
  assert.equal(here.panel, "side");
  await page.keyboard.press("F6");
  assert.equal((await assertSeen(page)).zone, "rail");
  await close();
});

test("? shows the keys, takes the focus and gives it back", async () => {
  const { page, close } = await openLive(browser);
  await panel(page, "lens").locator(".figure").focus();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys and help" });
  await help.waitFor();
  for (const key of ["Page Up", "F6", "Esc"]) assert.match(await help.textContent(), new RegExp(key));
  const isInside = (orNowhere = false) =>
    page.evaluate((orNowhere) => {
      const it = document.activeElement;
      return it.closest("dialog") !== null || (orNowhere && it === document.body);
    }, orNowhere);
  assert.ok(await isInside(), "the focus is in the dialog");
  for (let n = 0; n < 4; n++) {
    await page.keyboard.press("Tab");
    assert.ok(await isInside(true), "and stays in it, or goes to the browser's own buttons");
  }
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  assert.equal((await focus(page)).panel, "lower");
  await close();
});

test("Tab goes through the whole page, and the focus can always be seen", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&prompt=Anna+put+the");
  const [seen, zones] = [[], []];
  for (let n = 0; n < 250; n++) {
    await page.keyboard.press("Tab");
    const it = await focus(page);
    if (it.isBody) break;
    await assertSeen(page);
    seen.push(it.name);
    if (it.zone && zones.at(-1) !== it.zone) zones.push(it.zone);
  }
  assert.ok(seen.length < 250, "the end comes");
  assert.deepEqual(zones, ["top", "prompt", "spine", "stage", "rail"]);
  for (const name of ["attention", "paths", "lens", "side"]) {
    assert.equal(await panel(page, name).locator(".figure[tabindex='0']").count(), 1);
  }
  assert.deepEqual(problems, []);
  await close();
});

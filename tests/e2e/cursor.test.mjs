// One cursor: hovering previews, pressing locks, Escape lets go, and every panel follows.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, lockedToken, openLive, panel, place, pointIn, press, settled, statusText } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const figure = (page, name) => panel(page, name).locator(".figure");

/** Puts the pointer where nothing is previewed. */
async function away(page) {
  await page.mouse.move(720, 10);
  await settled(page);
}

/** Looks for a point of the figure at which the status says something that `fits`. */
async function find(page, name, fits) {
  const was = await place(page);
  for (const down of [0.35, 0.5, 0.65, 0.8, 0.9]) {
    for (const across of [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]) {
      const point = await pointIn(figure(page, name), across, down);
      await page.mouse.move(...point);
      await settled(page);
      const here = await place(page);
      if (here && fits(here, was)) return { point, here };
    }
  }
  assert.fail(`no such point in ${name}`);
}

test("a token chip locks its position in every panel", async () => {
  const { page, problems, close } = await openLive(browser);
  assert.equal(await lockedToken(page), 15, "the last token by default");
  await page.locator(".token").nth(5).click();
  await away(page);
  assert.equal(await lockedToken(page), 5);
  assert.equal((await place(page)).pos, 5);
  assert.match(page.url(), /[&#]pos=5(&|$)/);
  assert.match(await figure(page, "attention").getAttribute("aria-label"), /“in” reads/);
  assert.match(await page.locator(".frame small").first().textContent(), /after token 5$/);
  assert.match(await page.locator(".row-bars h3").last().textContent(), /“in” 5/);
  assert.deepEqual(problems, []);
  await close();
});

test("hovering previews, leaves the lock alone, and ends", async () => {
  const { page, problems, close } = await openLive(browser);
  await page.locator(".token").nth(9).click();
  await away(page);
  const before = { status: await statusText(page), url: page.url() };

  await page.locator(".token").nth(4).hover();
  await settled(page);
  assert.equal((await place(page)).pos, 4);
  assert.equal(await lockedToken(page), 9);
  assert.ok(await page.locator(".token").nth(4).evaluate((it) => it.matches(".preview")));
  assert.equal(page.url(), before.url, "a preview is not for the link");
  const { layer, head } = await place(page);
  await away(page);
  assert.equal(await statusText(page), before.status);
  const back = await place(page);
  assert.deepEqual([back.layer, back.head], [layer, head], "hovering a token keeps layer and head");

  await find(page, "lens", (here, was) => here.pos !== was.pos && here.depth !== was.depth);
  assert.equal(await lockedToken(page), 9);
  await away(page);
  assert.equal(await statusText(page), before.status);
  assert.deepEqual(problems, []);
  await close();
});

test("a cell of the map of attention locks query and source", async () => {
  const { page, close } = await openLive(browser);
  const { point, here } = await find(page, "attention", (here) => 1 < here.pos && here.pos < 15 && here.source < here.pos);
  await page.mouse.click(...point);
  await away(page);
  const now = await place(page);
  assert.deepEqual([now.pos, now.source], [here.pos, here.source]);
  assert.equal(now.percent, here.percent, "the preview said what the lock says");
  assert.equal(await lockedToken(page), here.pos);
  assert.ok(await page.locator(".token").nth(here.source).evaluate((it) => it.matches(".source")));
  await close();
});

test("a cell of the lens locks position and depth", async () => {
  const { page, close } = await openLive(browser);
  const { point, here } = await find(page, "lens", (here) => here.pos < 15 && !/^L3$/.test(here.depth));
  await page.mouse.click(...point);
  await away(page);
  const now = await place(page);
  assert.deepEqual([now.pos, now.depth, now.said], [here.pos, here.depth, here.said]);
  assert.match(await panel(page, "lens").locator("h2 em").textContent(), new RegExp(`after ${here.depth}$`));
  assert.equal(await page.locator(".dot-button.locked").count(), 1);
  await close();
});

test("stream, paths and the small maps lock too", async () => {
  const { page, close } = await openLive(browser);
  const side = await find(page, "side", (here, was) => here.layer !== was.layer);
  await page.mouse.click(...side.point);
  await away(page);
  assert.deepEqual([(await place(page)).layer, (await place(page)).head], [side.here.layer, side.here.head]);

  await press(page, "attention", "all heads");
  await settled(page);
  const small = await find(page, "attention", (here, was) => here.layer !== was.layer && here.head !== was.head);
  await page.mouse.click(...small.point);
  await away(page);
  assert.deepEqual([(await place(page)).layer, (await place(page)).head], [small.here.layer, small.here.head]);

  const path = await find(page, "paths", (here, was) => here.pos !== was.pos);
  await page.mouse.click(...path.point);
  await away(page);
  assert.equal((await place(page)).pos, path.here.pos);
  await close();
});

test("the spine chooses heads, layers and depths", async () => {
  const { page, problems, close } = await openLive(browser);
  const head = page.getByRole("button", { name: /^Head 2\.1, adds [+−]?\d/ });
  await head.click();
  await away(page);
  assert.match(await statusText(page), /^Head 2\.1 /);
  assert.ok(await head.evaluate((it) => it.matches(".locked")));
  assert.match(await panel(page, "attention").locator("h2 em").textContent(), /L2 · head 1/);

  await page.getByRole("button", { name: "The stream at L1 mid", exact: true }).click();
  await away(page);
  assert.equal((await place(page)).depth, "L1 mid");
  assert.equal((await place(page)).layer, 1);
  await page.getByRole("button", { name: "The stream at emb", exact: true }).click();
  await away(page);
  assert.equal((await place(page)).depth, "emb");

  await page.getByRole("button", { name: "L3", exact: true }).click();
  await away(page);
  assert.deepEqual([(await place(page)).layer, (await place(page)).depth], [3, "L3"]);
  await page.getByRole("button", { name: /^MLP of layer 0, adds/ }).click();
  await away(page);
  assert.equal((await place(page)).layer, 0);

  await page.locator(".heads button", { hasText: "3" }).click();
  await away(page);
  assert.match(await statusText(page), /^Head 0\.3 /);
  await page.locator(".bar-row").nth(2).click();
  await away(page);
  assert.ok(await page.locator(".bar-row").nth(2).evaluate((it) => it.matches(".chosen")));
  assert.deepEqual(problems, []);
  await close();
});

test("Escape ends the preview, then the lock", async () => {
  const { page, close } = await openLive(browser);
  const first = await statusText(page);
  await page.locator(".token").nth(6).click();
  await page.getByRole("button", { name: /^Head 1\.2/ }).click();
  await page.locator(".token").nth(3).hover();
  await settled(page);
  assert.equal((await place(page)).pos, 3);
  await page.keyboard.press("Escape");
  await settled(page);
  assert.equal((await place(page)).pos, 6, "back to the lock");
  await page.keyboard.press("Escape");
  await eventually(async () => assert.equal(await statusText(page), first));
  assert.equal(await lockedToken(page), 15);
  await close();
});

test("a lock on a place that is gone moves to the end", async () => {
  const { page, problems, close } = await openLive(browser);
  await page.locator(".token").nth(12).click();
  await away(page);
  await page.fill("#prompt", "Anna put the");
  await settled(page);
  assert.equal(await lockedToken(page), 3);
  assert.equal((await place(page)).pos, 3);
  assert.notEqual((await place(page)).percent, undefined, "the row of the new place is read");
  assert.deepEqual(problems, []);
  await close();
});

// Windows of every size: nothing is cut, covered or out of reach, and the map has room.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { drawn, openLive, panel, settled } from "./page.mjs";

/** Tablets, halves of a screen, letters of twice the size, phones both ways up. */
const SIZES = [
  [768, 1024], [834, 1112], [960, 720], [1024, 768], [1100, 800], [1280, 720], [720, 450], [844, 390], [390, 844],
];
const MODELS = ["tales", "tales-mamba2", "tales-hybrid"];
/** Below this side a map of sixteen tokens has no letters beside its rows. */
const LEAST_PX = 200;
/** What stands around the cells of a map: the names of its tokens. */
const NAMES_PX = 60;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const isPhone = (width) => width <= 560;
const options = ([width, height]) => ({
  viewport: { width, height },
  ...(isPhone(width) || width === 844 ? { hasTouch: true, isMobile: true } : {}),
});

/** Runs in the page: what is wrong with what can be seen now. */
function faults() {
  const found = [];
  const root = document.scrollingElement;
  if (innerWidth < root.scrollWidth) found.push(`the page is ${root.scrollWidth - innerWidth} px wider than the window`);
  /** The part of an element that no scroller around it cuts away. */
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    let { left, top, right, bottom } = box;
    for (let it = element.parentElement; it && it !== document.body; it = it.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(it);
      const around = it.getBoundingClientRect();
      if (overflowX !== "visible") [left, right] = [Math.max(left, around.left), Math.min(right, around.right)];
      if (overflowY !== "visible") [top, bottom] = [Math.max(top, around.top), Math.min(bottom, around.bottom)];
    }
    return { left, top, right, bottom };
  };
  const name = (it) => {
    const owner = it.closest("[data-place]")?.dataset.place ?? it.closest("[data-zone]")?.dataset.zone ?? "";
    return `${owner} ${it.tagName.toLowerCase()} “${it.getAttribute("aria-label") ?? it.textContent.trim().slice(0, 20)}”`;
  };
  const controls = [...document.querySelectorAll("button, select, input, summary, textarea, a[href]")];
  const shown = controls.filter((it) => it.checkVisibility() && !it.matches(".skip:not(:focus)"));
  const boxes = [];
  for (const it of shown) {
    const whole = it.getBoundingClientRect();
    if (whole.width < 1 || whole.height < 1) found.push(`${name(it)} has no size`);
    // The strip of tokens is one that is pushed to the side.
    const isStrip = it.closest(".tokens") !== null;
    if (!isStrip && (whole.left < -1 || innerWidth + 1 < whole.right)) found.push(`${name(it)} is outside the window`);
    const around = it.closest(".panel")?.getBoundingClientRect();
    const isOut = around && (whole.left < around.left - 1 || around.right + 1 < whole.right ||
      whole.top < around.top - 1 || around.bottom + 1 < whole.bottom);
    if (isOut && !it.closest(".row-bars, .table")) found.push(`${name(it)} is outside its panel`);
    const part = seen(it);
    if (1 < part.right - part.left && 1 < part.bottom - part.top) boxes.push([it, part]);
  }
  for (const [at, [one, a]] of boxes.entries()) {
    for (const [other, b] of boxes.slice(at + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (1.5 < across && 1.5 < down) found.push(`${name(one)} and ${name(other)} overlap by ${across.toFixed(0)} × ${down.toFixed(0)}`);
    }
  }
  for (const it of document.querySelectorAll(".panel h2, .panel .line, .panel .legend, .spine h2")) {
    if (!it.checkVisibility()) continue;
    if (it.clientWidth + 1 < it.scrollWidth || it.clientHeight + 1 < it.scrollHeight) {
      found.push(`cut: “${it.textContent.trim().slice(0, 60)}”`);
    }
    const around = it.closest(".panel, .spine").getBoundingClientRect();
    const box = it.getBoundingClientRect();
    if (around.bottom + 1 < box.bottom || around.right + 1 < box.right) found.push(`out of its panel: “${it.textContent.trim().slice(0, 60)}”`);
  }
  return found;
}

/** The places of the stage that are looked at one after another. */
const STOPS = [0, 0.5, 1];

async function assertFaultless(page, what) {
  for (const stop of STOPS) {
    const moves = await page.evaluate((stop) => {
      const stage = document.querySelector(".stage");
      const room = stage.scrollHeight - stage.clientHeight;
      stage.scrollTop = stop * room;
      return 1 < room;
    }, stop);
    await drawn(page);
    assert.deepEqual(await page.evaluate(faults), [], `${what}, ${stop} of the way down`);
    if (!moves) break;
  }
}

for (const size of SIZES) {
  const [width, height] = size;
  test(`at ${width} × ${height} nothing is cut or covered, and the map has room`, async () => {
    for (const model of MODELS) {
      const { page, problems, close } = await openLive(browser, `#v=1&model=${model}`, options(size));
      if (isPhone(width)) {
        for (const tab of await page.getByRole("tab").all()) {
          await tab.tap();
          await settled(page);
          await assertFaultless(page, `${model}, ${await tab.textContent()}`);
        }
        await page.getByRole("tab", { name: "Attention" }).tap();
        await settled(page);
      } else {
        await assertFaultless(page, model);
        const panels = await page.locator(".stage .panel").evaluateAll((all) => all.filter((it) => it.checkVisibility()).length);
        assert.equal(panels, 5, "every panel can be reached");
      }
      const figure = panel(page, "attention").locator(".figure");
      await figure.scrollIntoViewIfNeeded();
      const room = await figure.evaluate((it) => [it.clientWidth, it.clientHeight]);
      // Where the stage scrolls there is no reason for less.
      const least = 1240 < width ? LEAST_PX : LEAST_PX + NAMES_PX;
      assert.ok(room.every((it) => least <= it), `the map of ${model} has ${room.join(" × ")}`);
      assert.deepEqual(problems, []);
      await close();
    }
  });
}

test("a panel of a scrolled stage fills it when it is maximised, and the place is kept", async () => {
  const { page, close } = await openLive(browser, "", { viewport: { width: 768, height: 1024 } });
  const side = panel(page, "side");
  await side.scrollIntoViewIfNeeded();
  await side.getByRole("button", { name: "Maximise" }).click();
  await drawn(page);
  const [large, stage] = await Promise.all([side.boundingBox(), page.locator(".stage").boundingBox()]);
  for (const edge of ["x", "y", "width", "height"]) assert.ok(Math.abs(large[edge] - stage[edge]) <= 1, edge);
  await page.keyboard.press("Escape");
  await drawn(page);
  assert.equal(await page.locator(".panel.maximised").count(), 0);
  await close();
});

const MENUS = [["model", ".menu.model > summary"], ["compare", ".menu.compare > summary"], ["export", ".place-main .menu > summary"]];

for (const size of [[390, 844], [768, 1024], [1440, 900]]) {
  test(`menus at ${size.join(" × ")} are in the window, can be read, and close`, async () => {
    const { page, problems, close } = await openLive(browser, "", options(size));
    const open = page.locator("details.menu[open]");
    for (const [name, selector] of MENUS) {
      const summary = page.locator(selector);
      await summary.click();
      await drawn(page);
      assert.equal(await open.count(), 1, `${name} alone is open`);
      const sheet = page.locator("details.menu[open] > div");
      const box = await sheet.boundingBox();
      assert.ok(0 <= box.x && box.x + box.width <= size[0] + 1, `${name} from ${box.x}, ${box.width} wide`);
      assert.ok(box.y + box.height <= size[1] + 1, `${name} ends in the window`);
      const cut = await sheet.locator("button").evaluateAll((all) =>
        all.filter((it) => it.clientWidth + 1 < it.scrollWidth || it.textContent.trim() === "").map((it) => it.textContent));
      assert.deepEqual(cut, [], `${name}: entries are whole`);
      // Arrows stay inside; the page's cursor does not move.
      const before = await page.locator(".status output").textContent();
      await page.keyboard.press("ArrowDown");
      assert.ok(await sheet.evaluate((it) => it.contains(document.activeElement)), `${name}: the focus is inside`);
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowDown");
      assert.ok(await sheet.locator("button").first().evaluate((it) => it === document.activeElement), `${name}: arrows go round`);
      assert.equal(await page.locator(".status output").textContent(), before);
      await page.keyboard.press("Escape");
      assert.equal(await open.count(), 0, `Escape closes ${name}`);
      assert.ok(await summary.evaluate((it) => it === document.activeElement), `the focus is back on ${name}`);
      await summary.click();
      await page.mouse.click(size[0] / 2, size[1] - 6);
      assert.equal(await open.count(), 0, `a press elsewhere closes ${name}`);
    }
    await page.locator(MENUS[0][1]).click();
    await page.locator(MENUS[1][1]).focus();
    assert.equal(await open.count(), 0, "a menu closes when the focus goes elsewhere");
    await page.locator(MENUS[1][1]).click();
    await page.locator(".compare button").first().click();
    await page.locator(".column").nth(1).waitFor();
    assert.equal(await open.count(), 0, "a choice closes it");
    assert.deepEqual(problems, []);
    await close();
  });
}

test("one stop of the Tab key for the tokens, and arrows go from one to the next", async () => {
  const { page, close } = await openLive(browser, "", { viewport: { width: 1440, height: 900 } });
  await page.locator("#prompt").focus();
  await page.keyboard.press("Tab");
  const here = () => page.evaluate(() => document.activeElement.querySelector("small")?.textContent);
  assert.equal(await here(), "15");
  await page.keyboard.press("ArrowLeft");
  await settled(page);
  assert.equal(await here(), "14");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".tokens") === null));
  let stops = 0;
  while (stops < 60 && !(await page.evaluate(() => document.activeElement.closest("[data-place]") !== null))) {
    await page.keyboard.press("Tab");
    stops += 1;
  }
  assert.ok(stops < 12, `${stops} stops from the tokens to the first panel`);
  // From the very top one stop is enough.
  await page.reload();
  await settled(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.closest("[data-place]")?.dataset.place), "main");
  await close();
});

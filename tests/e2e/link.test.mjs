// The link restores all that is seen, and says what it could not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { chosen, eventually, listenToEngine, noticed, notices, openLive, panel, place, press, settled, sight, STORY, tokens, type } from "./page.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const lensMode = async (page) => (await chosen(page, "lens")).at(-1);
const fragment = (page) => new URL(page.url()).hash;

test("a link brings a stranger to the same sight", async () => {
  const first = await openLive(browser);
  const { page } = first;
  await page.fill("#prompt", "Tom & Anna put 100 % of the \"lanterns\" = #1 in the barn + 家. Anna looked for the");
  await settled(page);
  await page.locator(".token").nth(7).click();
  await page.getByRole("button", { name: /^Head 1\.2/ }).click();
  await page.getByRole("button", { name: "The stream at L1 mid", exact: true }).click();
  await page.keyboard.press(",");
  await page.getByLabel("Token A", { exact: true }).fill("garden");
  await page.getByLabel("Token A", { exact: true }).press("Enter");
  await page.getByLabel("Token B", { exact: true }).fill("barn");
  await page.getByLabel("Token B", { exact: true }).press("Enter");
  await page.getByText("scale without the first token").click();
  await press(page, "attention", "heads overlaid");
  await page.locator(".overlay-heads button").nth(1).click();
  await press(page, "lens", "KL");
  await press(page, "chart", "rank");
  await press(page, "side", "lengths");
  await press(page, "paths", "two words");
  await page.locator(".own-words input").first().fill("tent");
  await page.locator(".own-words input").first().press("Enter");
  await page.getByLabel("temperature").fill("0.7");
  await page.getByLabel("top-k").fill("5");
  await page.getByLabel("top-p").fill("0.9");
  await page.getByLabel("seed").fill("42");
  await page.getByLabel("seed").press("Enter");
  await page.mouse.move(720, 10);
  await settled(page);
  const seen = await sight(page);
  assert.equal(seen.locked.length, 1);
  assert.deepEqual(seen.frame, ["garden", "barn"]);

  const second = await openLive(browser, fragment(page));
  await eventually(async () => assert.deepEqual(await sight(second.page), seen));
  assert.equal(fragment(second.page), fragment(page), "the second link is the first");
  assert.deepEqual(await notices(second.page), []);
  assert.deepEqual([...first.problems, ...second.problems], []);
  await Promise.all([first.close(), second.close()]);
});

test("a maximised panel is in the link too", async () => {
  const { page, close } = await openLive(browser, "#v=1&maximised=lens&lens=ab&skipfirst=on");
  const seen = await sight(page);
  assert.deepEqual(seen.maximised, ["lens"]);
  assert.ok(seen.skipsFirst);
  assert.ok(seen.pressed.includes("A − B"));
  await close();
});

test("the share button copies the address", async () => {
  const { page, close } = await openLive(browser, "#v=1&lens=kl", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Share link" }).click();
  await page.getByRole("button", { name: "Link copied" }).waitFor();
  const [address, result] = (await page.evaluate(() => navigator.clipboard.readText())).split("&result=");
  assert.equal(address, page.url());
  const headline = await page.locator(".headline b").textContent();
  assert.equal(Number(result).toFixed(2), Number(headline.replace("−", "-")).toFixed(2));
  await close();
});

test("back and forward", async () => {
  const { page, problems, close } = await openLive(browser);
  const pressed = () => lensMode(page);
  await press(page, "lens", "entropy");
  await press(page, "lens", "KL");
  await page.locator(".token").nth(4).click();
  await page.mouse.move(720, 10);
  await settled(page);
  assert.equal((await place(page)).pos, 4);
  const back = () => page.evaluate(() => history.back());
  const forward = () => page.evaluate(() => history.forward());

  await back();
  await eventually(async () => assert.equal((await place(page)).pos, 15));
  assert.equal(await pressed(), "KL");
  await back();
  await eventually(async () => assert.equal(await pressed(), "entropy"));
  await back();
  await eventually(async () => assert.equal(await pressed(), "top-1"));
  await forward();
  await eventually(async () => assert.equal(await pressed(), "entropy"));
  await forward();
  await forward();
  await eventually(async () => assert.equal((await place(page)).pos, 4));
  assert.deepEqual(problems, []);
  await close();
});

test("typing is one step back, not one for each letter", async () => {
  const { page, close } = await openLive(browser);
  await press(page, "lens", "KL");
  const before = await page.evaluate(() => history.length);
  await page.locator("#prompt").press("End");
  await page.locator("#prompt").pressSequentially(" barn. Tom", { delay: 5 });
  await settled(page);
  const steps = (await page.evaluate(() => history.length)) - before;
  assert.ok(1 <= steps && steps <= 3, `${steps} steps`);
  for (let n = 0; n < steps; n++) await page.evaluate(() => history.back());
  await eventually(async () => assert.equal(await page.inputValue("#prompt"), STORY));
  assert.equal(await lensMode(page), "KL");
  await close();
});

test("a link that is put into the address of an open page is followed", async () => {
  const { page, problems, close } = await openLive(browser);
  await page.evaluate(() => (location.hash = "#v=1&prompt=Anna+put+the&lens=rank"));
  await eventually(async () => assert.deepEqual(await tokens(page), ["⟨bos⟩", "Anna", "put", "the"]));
  assert.equal(await lensMode(page), "rank A");
  assert.deepEqual(problems, []);
  await close();
});

test("a newer link keeps what it can and names the rest", async () => {
  const { page, problems, close } = await openLive(browser, "#v=2&prompt=Anna+put+the&hologram=on&layer=many&lens=kl");
  assert.deepEqual(await tokens(page), ["⟨bos⟩", "Anna", "put", "the"]);
  assert.equal(await lensMode(page), "KL");
  const said = (await notices(page)).join("\n");
  for (const part of ["version 2", "hologram", "“many” is no layer"]) assert.ok(said.includes(part), said);
  assert.equal((await notices(page)).length, 3);
  await page.locator(".notice").first().getByRole("button", { name: "Put away" }).click();
  assert.equal((await notices(page)).length, 2);
  assert.deepEqual(problems, []);
  await close();
});

test("places beyond the end are brought in", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&prompt=Anna+put+the&pos=99&layer=99&head=99&source=99&depth=999");
  const here = await place(page);
  assert.deepEqual([here.layer, here.head, here.pos, here.depth], [3, 3, 3, "L3"]);
  assert.ok(here.source <= 3);
  await noticed(page, "layer 99 is not in this model", "3 is shown");
  assert.deepEqual(problems, []);
  await close();
});

test("a link made with other weights says so", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&digest=0123456789ab");
  await noticed(page, "other weights", "may differ");
  assert.doesNotMatch(fragment(page), /digest=0123456789ab/);
  assert.deepEqual(problems, []);
  await close();
});

test("random bytes are a page with notices, not a page without", async () => {
  let state = 7;
  const byte = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  for (let n = 0; n < 4; n++) {
    const bytes = Array.from({ length: 200 }, byte);
    const letter = (it) => (it < 0x21 || 0x7e < it ? `%${it.toString(16).padStart(2, "0")}` : String.fromCharCode(it));
    const { page, problems, close } = await openLive(browser, `#${bytes.map(letter).join("")}`);
    assert.ok(0 < (await notices(page)).length);
    assert.equal((await tokens(page)).length, 16, "the rest is as on a first visit");
    assert.deepEqual(problems, []);
    await close();
  }
});

test("a model that is not there is said, and the page stays of use", async () => {
  const { page, close } = await browser.open("#v=1&model=nobody");
  await noticed(page, "nobody", "404");
  await page.fill("#prompt", "Anna");
  assert.match(fragment(page), /prompt=Anna/);
  const list = page.locator(".missing");
  assert.match(await list.locator("h2").textContent(), /There is no model “nobody” here/);
  assert.equal(await list.getByRole("button").count(), 16);
  await list.getByRole("button", { name: /^parity-gru/ }).click();
  await eventually(async () => assert.match(await page.locator(".headline b").textContent(), /^[+−]\d/));
  assert.equal(await list.count(), 0);
  assert.equal(await page.inputValue("#prompt"), "1 0 1 1 0 1 0 0 1");
  await close();
});

test("a link that names a model alone opens that model's own prompt and question", async () => {
  for (const [model, prompt, frame] of [
    ["parity-mamba", "1 0 1 1 0 1 0 0 1", ["odd", "even"]],
    ["a5-gru", "a b a a b b a b", ["21435", "13425"]],
    ["recall-transformer", "q w e r t y u | q w e", ["r", "t"]],
  ]) {
    const { page, problems, close } = await openLive(browser, `#v=1&model=${model}`);
    const seen = await sight(page);
    assert.deepEqual([seen.prompt, seen.frame], [prompt, frame]);
    assert.equal(await page.locator(".token.unknown").count(), 0, "every word is known");
    assert.deepEqual(problems, []);
    await close();
  }
});

test("a link says what its writer saw, and the page whether it comes out again", async () => {
  const writer = await openLive(browser, "#v=1&pos=9", { permissions: ["clipboard-read", "clipboard-write"] });
  await writer.page.getByRole("button", { name: "Share link" }).click();
  await writer.page.getByRole("button", { name: "Link copied" }).waitFor();
  const link = new URL(await writer.page.evaluate(() => navigator.clipboard.readText())).hash;
  await writer.close();

  const reader = await openLive(browser, link);
  await reader.page.locator(".proof", { hasText: "as in the link, to the last digit" }).waitFor();
  assert.ok(!reader.page.url().includes("result="), "what is computed is not for the address");
  await type(reader.page, "Anna put the");
  assert.equal(await reader.page.locator(".proof").count(), 0, "another sight, no word on it");
  assert.deepEqual(reader.problems, []);
  await reader.close();

  const result = Number(link.match(/&result=(.*)$/)[1]);
  const other = await openLive(browser, link.replace(/&result=.*$/, `&result=${result + 1}`));
  await noticed(other.page, "the writer of this link saw A − B =", "here it is");
  assert.equal(await other.page.locator(".proof").count(), 0);
  await other.close();

  // What was said of one sight is not held against another.
  const typing = await browser.open(link.replace(/&result=.*$/, `&result=${result + 1}`), {
    before: (page) => page.addInitScript(listenToEngine),
  });
  await typing.page.fill("#prompt", "Anna put the");
  await settled(typing.page);
  assert.deepEqual(await notices(typing.page), []);
  await typing.close();
});

test("words of a link that the model does not know are named and left out", async () => {
  const { page, problems, close } = await openLive(browser, "#v=1&a=xyzzy&basis=words&words=barn+plugh");
  await noticed(page, "“xyzzy” is not in the vocabulary");
  await noticed(page, "“plugh” is not in the vocabulary");
  await settled(page);
  assert.notEqual(await page.getByLabel("Token A", { exact: true }).inputValue(), "");
  assert.ok(!page.url().includes("xyzzy"));
  assert.deepEqual(problems, []);
  await close();
});

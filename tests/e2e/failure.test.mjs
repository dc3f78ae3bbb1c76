// What goes wrong ends in a notice that says what to do; the page and its last picture stay.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import {
  eventually, listenToEngine, noticed, notices, openLive, panel, press, settled, sight, STORY, statusText, tokens, type,
} from "./page.mjs";

const WEIGHTS = "**/models/tales/weights.safetensors*";
const DESCRIPTION = "**/models/tales/model.json*";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Without what the browser itself says of a file that did not come. */
const faults = (visit) =>
  visit.problems.filter((it) => !/Failed to load resource|^4\d\d: |^console: .*(TypeError|net::ERR)/.test(it));

/** Opens the page with a fault in what it fetches. */
function openBroken(where, answer) {
  return browser.open("", {
    async before(page) {
      await page.addInitScript(listenToEngine);
      await page.route(where, answer);
    },
  });
}

/** The prompt can still be edited, and the page says that nothing runs. */
async function isUsable(visit) {
  const { page } = visit;
  assert.equal(await page.locator(".live .dot.on").count(), 0, "not called live");
  await page.fill("#prompt", "Anna put the");
  assert.match(page.url(), /prompt=Anna\+put\+the/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(faults(visit), []);
}

for (const [name, change, words] of [
  ["cut short", (bytes) => bytes.subarray(0, bytes.length >> 1), ["bytes"]],
  ["of other weights", (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1) ^ 1])]), ["SHA-256"]],
  ["empty", () => Buffer.alloc(0), ["bytes"]],
]) {
  test(`a model file that is ${name}`, async () => {
    const visit = await openBroken(WEIGHTS, async (route) => {
      const response = await route.fetch();
      const body = change(await response.body());
      const { "content-length": _, "content-encoding": __, ...headers } = response.headers();
      await route.fulfill({ status: 200, headers, body });
    });
    await noticed(visit.page, "the model did not open", ...words);
    await isUsable(visit);
    await visit.close();
  });
}

test("a model file that is not there", async () => {
  const visit = await openBroken(WEIGHTS, (route) => route.fulfill({ status: 404, body: "no" }));
  await noticed(visit.page, "the model did not open", "404");
  await isUsable(visit);
  await visit.close();
});

test("a network that gives up", async () => {
  const visit = await openBroken(WEIGHTS, (route) => route.abort("connectionreset"));
  await noticed(visit.page, "the model did not open", "network");
  await isUsable(visit);
  await visit.close();
});

for (const [name, body, words] of [
  ["broken", "{", ["description cannot be read"]],
  ["of a newer version", '{"version": 99}', ["version"]],
  ["of another kind", "[1, 2]", ["description cannot be read"]],
]) {
  test(`a description that is ${name}`, async () => {
    const visit = await openBroken(DESCRIPTION, (route) => route.fulfill({ contentType: "application/json", body }));
    await noticed(visit.page, "the model did not open", ...words);
    await isUsable(visit);
    await visit.close();
  });
}

test("an engine that cannot start is tried a few times and then left", async () => {
  const visit = await openBroken("**/engine-cpu.js", (route) => route.abort());
  await noticed(visit.page, "again and again", "Reload the page");
  await isUsable(visit);
  const tries = await visit.page.evaluate(() => engineLine.workers.length);
  assert.ok(2 <= tries && tries <= 6, `${tries} tries`);
  await visit.close();
});

/** Does what kills or hurts the engine, on a live page; gives what was to be seen before. */
async function hurt(visit, bytes) {
  const before = await sight(visit.page);
  await visit.page.evaluate((bytes) => {
    const worker = engineLine.workers.at(-1);
    if (bytes) worker.postMessage(new Uint8Array(bytes));
    else worker.terminate();
  }, bytes);
  return before;
}

test("a worker that is gone is noticed and started again; the picture stays until then", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  const before = await hurt(visit, null);
  await page.fill("#prompt", "Anna put the");
  await noticed(page, "does not answer", "started again");
  const meanwhile = await sight(page);
  assert.deepEqual(meanwhile.next, before.next, "the last good picture stands");
  assert.equal(await page.locator(".absent").count(), 0);
  await settled(page);
  assert.deepEqual(await tokens(page), ["⟨bos⟩", "Anna", "put", "the"]);
  await type(page, STORY);
  await eventually(async () => assert.deepEqual((await sight(page)).next, before.next));
  assert.equal(await page.evaluate(() => engineLine.workers.length), 2);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

test("a worker that is gone is noticed while one types on", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await hurt(visit, null);
  const typing = setInterval(() => {
    page.locator("#prompt").press("a").catch(() => {});
  }, 1000);
  await noticed(page, "does not answer").finally(() => clearInterval(typing));
  await settled(page);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

test("a panic of the worker is told, and it is started again", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await page.locator(".token").nth(5).click();
  await page.mouse.move(720, 10);
  await settled(page);
  const before = await hurt(visit, [3]);
  await noticed(page, "the engine stopped", "a panic was asked for", "started again");
  await page.waitForFunction(() => 1 < engineLine.workers.length);
  await settled(page);
  await eventually(async () => assert.deepEqual(await sight(page), before, "everything is as before"));
  assert.equal((await notices(page)).length, 1, "the panic is all that is said");
  assert.deepEqual(faults(visit), []);

  await hurt(visit, [3]);
  await page.waitForFunction(() => 2 < engineLine.workers.length);
  await settled(page);
  await type(page, "Anna put the");
  assert.equal((await tokens(page)).length, 4);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

test("bytes that are no message are told, and the worker goes on", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  for (const bytes of [[255, 1, 2], [], [1], [2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]]) {
    await hurt(visit, bytes);
    await noticed(page, "unknown message");
    await type(page, `Anna put the ${"lantern ".repeat(1 + bytes.length)}`);
    assert.equal((await tokens(page)).length, 5 + bytes.length);
  }
  assert.equal(await page.evaluate(() => engineLine.workers.length), 1);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

test("an answer that the page does not understand", async () => {
  const visit = await openLive(browser);
  const { page } = visit;
  await page.evaluate(() => {
    const worker = engineLine.workers.at(-1);
    worker.dispatchEvent(new MessageEvent("message", { data: new Uint8Array([250, 1]) }));
  });
  await noticed(page, "different versions");
  await page.waitForFunction(() => 1 < engineLine.workers.length);
  await settled(page);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

test("without WebGPU the page says so and works", async () => {
  const visit = await openLive(browser, "#v=1&paint=gpu", {
    before: (page) => page.addInitScript(() => delete Navigator.prototype.gpu),
  });
  const { page } = visit;
  const choice = page.locator(".device option[value=gpu]");
  assert.match(await choice.textContent(), /WebGPU \(not in this browser\)/);
  assert.ok(await choice.evaluate((it) => it.disabled));
  await type(page, "Anna put the");
  assert.equal((await tokens(page)).length, 4);
  // Marks and texts of the figure, and of what moves with the cursor.
  assert.equal(await panel(page, "lens").locator("canvas").count(), 4);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("a link that asks for WebGPU where there is none goes on with the CPU", async () => {
  const visit = await browser.open("#v=1&device=gpu", { before: (page) => page.addInitScript(listenToEngine) });
  const { page } = visit;
  await noticed(page, "goes on with the CPU");
  await settled(page);
  assert.equal(await page.locator(".device select").inputValue(), "cpu");
  assert.match(await statusText(page), /\d+ % on/);
  assert.equal((await notices(page)).length, 1);
  assert.deepEqual(faults(visit), []);
  await visit.close();
});

/** The files of a network of tests, without the sample that is stored at the start of its weights. */
function withoutSample(model) {
  const read = (name) => readFileSync(new URL(`models/${model}/${name}`, import.meta.url));
  const bytes = read("weights.safetensors");
  const start = 8 + Number(bytes.readBigUInt64LE());
  const tensors = JSON.parse(bytes.subarray(8, start));
  const n = tensors["basis.mean"].data_offsets[1];
  const kept = Object.entries(tensors).filter(([name]) => !name.startsWith("basis."));
  for (const [, it] of kept) it.data_offsets = it.data_offsets?.map((at) => at - n);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(kept)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const weights = Buffer.concat([length, header, bytes.subarray(start + n)]);
  const weights_sha256 = createHash("sha256").update(weights).digest("hex");
  const card = { ...JSON.parse(read("model.json")), weights_sha256, weights_bytes: weights.length };
  return { "model.json": JSON.stringify(card), "weights.safetensors": weights };
}

test("a model without writers and without a stored sample runs, and its panels say why they are empty", async () => {
  const files = withoutSample("alibi_post");
  const visit = await openLive(browser, `#v=1&model=alibi_post&prompt=${encodeURIComponent(STORY)}`, {
    before: (page) =>
      page.context().route("**/models/alibi_post/*", (route) => {
        const name = new URL(route.request().url()).pathname.split("/").at(-1);
        return route.fulfill({ body: files[name] });
      }),
  });
  const { page } = visit;
  const why = (name) => panel(page, name).locator(".absent.why").textContent();
  assert.match(await why("side"), /norms after each sum/);
  assert.match(await why("paths"), /stored sample/);
  await press(page, "side", "lengths");
  await press(page, "paths", "two words");
  await settled(page);
  await eventually(async () => assert.equal(await page.locator(".absent").count(), 0, "what it has is shown"));
  await type(page, "Anna put the");
  assert.equal((await tokens(page)).length, 4);
  assert.deepEqual(await notices(page), []);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

// Interventions: made at the cursor, dragged, ordered, undone, carried by the link, and the unchanged
// run beside them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness.mjs";
import { eventually, openLive, settled, STORY } from "./page.mjs";

const MAMBA = `#v=1&model=tales-mamba2&prompt=${encodeURIComponent(STORY)}`;
const frame = (rest) => `#v=1&prompt=${encodeURIComponent(STORY)}&a=barn&b=garden${rest}`;

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const section = (page) => page.locator(".interventions");
const rows = (page) => section(page).locator(".list li");
const button = (page, name) => section(page).getByRole("button", { name, exact: true });
const headline = async (page) => number(await page.locator(".headline b").first().textContent());
const number = (text) => Number(text.replace("−", "-").replace("+", ""));
const hash = (page) => page.evaluate(() => decodeURIComponent(location.hash.replaceAll("+", " ")));
const effect = async (page) => {
  const text = await section(page).locator(".effect").textContent();
  return text.match(/[+−]?\d+\.\d+/g)?.map(number);
};

/** Presses a button of one of the menus at the cursor. */
async function make(page, menu, name) {
  const opener = button(page, menu);
  if ((await opener.getAttribute("aria-expanded")) !== "true") await opener.click();
  await button(page, name).click();
  await settled(page);
}

test("a head that is ablated is crossed out, and the cursor stays where it is", async () => {
  const { page, problems, close } = await openLive(browser);
  const locked = () => page.locator(".spine .head.locked").getAttribute("aria-label");
  const [head] = (await locked()).match(/\d\.\d/);
  const [layer, number] = head.split(".");
  const whole = await headline(page);
  await make(page, "Ablate", `Ablate head ${number} of L${layer}: 0`);
  await eventually(async () => assert.notEqual(await headline(page), whole));
  assert.match(await locked(), new RegExp(`Head ${head}.*ablated`));
  assert.equal(await page.locator(".spine .head.out").count(), 1);
  assert.match(await hash(page), new RegExp(`do=head\\.${layer}\\.${number} scale 0`));
  const [now, unchanged] = await effect(page);
  assert.ok(Math.abs(unchanged - whole) < 0.006, `${unchanged}, not ${whole}`);
  assert.ok(Math.abs(now - (await headline(page))) < 0.006);
  // Its mean is another value than 0.
  await make(page, "Ablate", `Ablate head ${number} of L${layer}: mean`);
  assert.equal(await rows(page).count(), 2);
  assert.deepEqual(problems, []);
  await close();
});

test("a link with interventions shows the unchanged run beside them", async () => {
  const plain = await openLive(browser, frame(""));
  const whole = await headline(plain.page);
  await plain.close();
  const { page, problems, close } = await openLive(browser, frame("&do=head.2.1 scale 0;mlp.1 set mean"));
  assert.equal(await rows(page).count(), 2);
  const [now, unchanged] = await effect(page);
  assert.ok(Math.abs(unchanged - whole) < 0.006, `${unchanged}, not ${whole}`);
  assert.ok(Math.abs(now - whole) > 0.01);
  assert.match(await page.locator(".next .bar[role=img]").first().getAttribute("aria-label"), /unchanged/);
  assert.ok(0 < (await page.locator(".next .bar s").count()));
  assert.deepEqual(problems, []);
  await close();
});

test("strength is dragged, switched off, and each is one step of undo and redo", async () => {
  const { page, problems, close } = await openLive(browser, frame("&do=blocks.1.resid_post@last add 0 token(barn)-token(garden)"));
  const slider = section(page).getByRole("slider");
  const whole = await headline(page);
  for (const value of ["-8", "-12", "-16"]) {
    await slider.evaluate((it, to) => {
      it.value = to;
      it.dispatchEvent(new Event("input", { bubbles: true }));
    }, value);
  }
  await slider.evaluate((it) => it.dispatchEvent(new Event("change", { bubbles: true })));
  await settled(page);
  await eventually(async () => assert.ok((await headline(page)) < whole - 0.5));
  const steered = await headline(page);
  await section(page).getByRole("checkbox").click();
  await settled(page);
  await eventually(async () => assert.equal(await headline(page), whole));
  assert.match(await hash(page), /do=~blocks/);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("z");
  await eventually(async () => assert.equal(await headline(page), steered));
  await page.keyboard.press("z");
  await eventually(async () => assert.equal(await headline(page), whole));
  assert.match(await hash(page), /add 0 token/);
  assert.ok(await button(page, "Undo").isDisabled());
  await page.keyboard.press("Shift+Z");
  await eventually(async () => assert.equal(await headline(page), steered));
  assert.deepEqual(problems, []);
  await close();
});

test("the keyboard moves a slider by its arrows", async () => {
  const { page, close } = await openLive(browser, frame("&do=mlp.1 scale 1"));
  const whole = await headline(page);
  await section(page).getByRole("slider").focus();
  for (let at = 0; at < 5; at++) await page.keyboard.press("ArrowLeft");
  await settled(page);
  assert.match(await hash(page), /mlp\.1 scale 0\.75/);
  await eventually(async () => assert.notEqual(await headline(page), whole));
  await close();
});

test("the order is the reader's, and matters where two meet", async () => {
  const out = "blocks.1.resid_post@last project-out token(barn)-token(garden)";
  const add = "blocks.1.resid_post@last add 12 token(barn)-token(garden)";
  const { page, problems, close } = await openLive(browser, frame(`&do=${add};${out}`));
  const first = await headline(page);
  await section(page).getByRole("button", { name: /^Move down/ }).first().click();
  await settled(page);
  await eventually(async () => assert.ok(0.5 < (await headline(page)) - first));
  assert.match(await hash(page), /project-out.*;.*add 12/);
  await section(page).getByRole("button", { name: /^Remove/ }).first().click();
  await settled(page);
  assert.equal(await rows(page).count(), 1);
  assert.deepEqual(problems, []);
  await close();
});

test("blocks are skipped, repeated, swapped and put back", async () => {
  const { page, problems, close } = await openLive(browser, frame("&layer=2&head=1"));
  const whole = await headline(page);
  await make(page, "Blocks", "Repeat L2");
  assert.match(await hash(page), /blocks=0,1,2,2,3/);
  await eventually(async () => assert.notEqual(await headline(page), whole));
  assert.match(await page.locator(".spine .layer.again .layer-name").textContent(), /L2/);
  await make(page, "Blocks", "Skip L2");
  assert.match(await hash(page), /blocks=0,1,3/);
  assert.equal(await page.locator(".spine .layer.out").count(), 1);
  await section(page).locator(".order").getByRole("button", { name: "As trained" }).click();
  await settled(page);
  await eventually(async () => assert.equal(await headline(page), whole));
  await make(page, "Blocks", "Swap with next: L2");
  assert.match(await hash(page), /blocks=0,1,3,2/);
  assert.deepEqual(await page.locator(".notice[role=alert]").allTextContents(), []);
  assert.deepEqual(problems, []);
  await close();
});

test("an intervention can be written by hand, and what is wrong is said", async () => {
  const { page, problems, close } = await openLive(browser, frame(""));
  await button(page, "By hand").click();
  const field = section(page).getByRole("textbox");
  await field.fill("mlp.1 break");
  await page.keyboard.press("Enter");
  assert.match(await section(page).getByRole("alert").textContent(), /“break” is no op/);
  assert.equal(await rows(page).count(), 0);
  await field.fill("blocks.*.attn.pattern freeze; mlp.1 set mean");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await rows(page).count(), 2);
  assert.equal(await field.inputValue(), "");
  // What the model lacks is said in its row, and the run goes on.
  await field.fill("head.9.1 scale 0");
  await page.keyboard.press("Enter");
  await settled(page);
  await eventually(async () => assert.match(await rows(page).nth(2).textContent(), /none with number 9/));
  assert.deepEqual(problems, []);
  await close();
});

test("a state is cleared at one position, forgotten, or a token is not written", async () => {
  const { page, problems, close } = await openLive(browser, `${MAMBA}&a=barn&b=garden&layer=1&head=2&pos=8`);
  for (const [name, text] of [
    [/^Skip token/, "write.1.2@8 scale 0"],
    [/^Clear state/, "state.1.2@8 scale 0"],
    [/^Forget/, "carry.1.2@8 scale 0"],
  ]) {
    if ((await button(page, "State").getAttribute("aria-expanded")) !== "true") await button(page, "State").click();
    await section(page).locator(".offers").getByRole("button", { name }).click();
    await settled(page);
    assert.ok((await hash(page)).includes(text), text);
  }
  assert.equal(await rows(page).count(), 3);
  assert.deepEqual(problems, []);
  await close();
});

// The page in another language: one file of texts, and nothing that a reader sees is left in English.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./harness.mjs";
import { drawn, eventually, openLive, settled } from "./page.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A language that nobody translates the page into by chance; its “translation” is the English in brackets. */
const LANGUAGE = "eo";

/**
 * What is not the page's own text, by the nearest element that holds it: words that links, models,
 * labs and lessons bring along, and names.
 */
const CONTENT = [
  // The title of a lab whose text comes in steps.
  ".lab.reader > header h2",
  // Names: of the page, of models and networks, and what their cards say.
  ".brand", ".model summary b", ".models b", ".column-head h2", ".net span", ".digest", ".model p", ".model th",
  // Tokens, prompts, and words of the vocabulary.
  "#prompt", "datalist", ".token", ".tokens .button", ".word", ".slot", ".near", ".bar-row", ".film-row",
  ".chart text", ".legend .key.a", ".legend .key.b", ".row-bars h3", ".own-words input",
  // What a lab says itself, and what the trainer measured.
  ".lab > h3", ".lab > p", ".lab .tries", ".lab .claims .text", ".lab .claims dd", ".lab .claims details p", ".papers",
  ".lab .exact th", ".labs .models b", ".place-tile1", ".place-tile2", ".place-tile3", ".place-tile4", ".net",
  // Lessons have a language of their own.
  ".lesson.reader .body", ".lesson.reader h2 b", ".lesson.reader .marks",
  // Letters, chords and units.
  "kbd", "code", ".device option",
];

let browser, translation;
before(async () => {
  translation = bracketed(execFileSync("cargo", ["xtask", "text"], { cwd: ROOT, encoding: "utf8" }));
  browser = await launch();
});
after(() => browser.close());

/** A file of translations in which each text has brackets around it, each form of a plural too. */
function bracketed(template) {
  const wrapped = (key) => key.split(" | ").map((it) => `⟦${it}⟧`).join(" | ");
  const line = (it) => (it === "" || it.startsWith("#") ? it : `${it}\n${wrapped(it)}`);
  return template.split("\n").map(line).join("\n");
}

/** Serves the page as if there were a file for the language. */
async function translated(page, file = translation) {
  await page.route((url) => url.pathname === "/", async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    const meta = '<meta name="languages" content="';
    assert.ok(html.includes(meta), "index.html has a place for the languages");
    await route.fulfill({ response, body: html.replace(meta, `${meta}${LANGUAGE} `) });
  });
  await page.route(`**/text/${LANGUAGE}.txt`, (route) => route.fulfill({ body: file, contentType: "text/plain; charset=utf-8" }));
}

const open = (fragment = "", options = {}) =>
  openLive(browser, fragment, { locale: LANGUAGE, before: (page) => translated(page), ...options });

/** Texts that a reader can see or hear, have two letters in a row, and have no bracket. */
function english(page, content = CONTENT) {
  return page.evaluate((content) => {
    const isOwn = (element) => element && !content.some((it) => element.closest(it));
    const hasWord = (text) => /\p{L}\p{L}/u.test(text);
    // A sentence may be put together from texts, each in its brackets, and have words of a prompt in quotes.
    const left = (text) => {
      const less = text.replace(/⟦[^⟦⟧]*⟧/gu, "").replace(/“[^“”]*”/gu, "");
      return less === text ? text : left(less);
    };
    const found = [];
    const tell = (element, how, text) => {
      const said = text?.trim() ?? "";
      if (hasWord(left(said))) {
        found.push(`${how} of ${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}: ${said}`);
      }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const isHidden = ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName);
      // A sentence with elements in it has its brackets around all of them.
      const isInSentence = !hasWord(left(element.textContent));
      if (!isHidden && !isInSentence && isOwn(element) && element.checkVisibility()) tell(element, "text", node.data);
    }
    for (const name of ["aria-label", "title", "placeholder", "aria-valuetext"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (isOwn(element)) tell(element, name, element.getAttribute(name));
      }
    }
    return [...new Set(found)];
  }, content);
}

async function assertTranslated(page, where) {
  await drawn(page);
  assert.deepEqual(await english(page), [], `${where} has texts in English`);
}

test("the workspace, its menus and the help speak the reader's language", async () => {
  const { page, problems, close } = await open();
  assert.equal(await page.getAttribute("html", "lang"), LANGUAGE);
  await assertTranslated(page, "the workspace");
  for (const menu of [".model", ".compare", ".labs", ".export"]) {
    await page.locator(`details.menu${menu} summary`).first().click();
    await page.locator(`details.menu${menu}[open]`).waitFor();
    if (menu === ".labs") await page.locator(".labs .models button").first().waitFor();
    await assertTranslated(page, `the menu ${menu}`);
    await page.keyboard.press("Escape");
  }
  await page.keyboard.press("?");
  await page.locator("dialog.help[open]").waitFor();
  await assertTranslated(page, "the help");
  assert.deepEqual(problems, []);
  await close();
});

test("panels of a state-space model and tables speak it too", async () => {
  const stage = "#v=1&model=tales-mamba2&prompt=Anna+put+the+lantern+in+the&layer=1&second=eigenvalues&side=half-life";
  const { page, problems, close } = await open(stage);
  await assertTranslated(page, "the stage");
  // The chart's table has the tokens A and B as headings.
  for (const place of ["second", "lower", "side"]) {
    await page.locator(`[data-place=${place}] .tools button`).first().click();
  }
  await drawn(page);
  const headings = await page.locator(".panel .table th").allTextContents();
  const words = headings.filter((it) => /\p{L}\p{L}/u.test(it));
  assert.ok(0 < words.length, "tables have headings");
  assert.deepEqual(words.filter((it) => !it.includes("⟦")), [], "headings are translated");
  assert.deepEqual(problems, []);
  await close();
});

test("an intervention is a sentence in the language, and links stay as they are", async () => {
  const { page, problems, close } = await open("#v=1&do=head.2.1+scale+0;mlp.1@last+set+mean&attention=heads");
  const sentences = await page.locator(".interventions .sentence").allTextContents();
  assert.equal(sentences.length, 2);
  assert.ok(sentences.every((it) => it.includes("⟦")), `${sentences}`);
  assert.match(page.url(), /do=head\.2\.1/);
  await page.locator("[data-place=main] header .line select").first().selectOption("lines");
  await settled(page);
  assert.match(page.url(), /attention=lines/, "a choice goes by its name, whatever it is called");
  await assertTranslated(page, "the workspace with interventions");
  assert.deepEqual(problems, []);
  await close();
});

test("a lab's stage speaks it, but for the lab's own text", async () => {
  const { page, problems, close } = await open("#lab=mess3");
  await page.locator(".lab .claims li").first().waitFor();
  await eventually(() => assertTranslated(page, "the lab"));
  assert.deepEqual(problems, []);
  await close();
});

test("a file that is broken, or not there, leaves the page in English", async () => {
  const file = "Prompt\nPeto\nPetoj\n";
  const { page, problems, close } = await open("", { before: (page) => translated(page, file) });
  assert.equal(await page.getAttribute("html", "lang"), "en");
  assert.equal(await page.locator(".prompt-label b").textContent(), "Prompt");
  assert.deepEqual(problems, []);
  await close();
});

test("where no language is listed none is asked for", async () => {
  const asked = [];
  const { page, close } = await openLive(browser, "", {
    locale: LANGUAGE,
    before: (page) => page.on("request", (it) => it.url().includes("/text/") && asked.push(it.url())),
  });
  assert.deepEqual(asked, []);
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await close();
});

// Where the time of a key goes, by function and by phase: `cargo xtask profile [MODEL [N_TOKENS]]`.
//
// The browser's own sampling profiler looks at the page and at the engine's worker while words are
// typed. It needs a dist/ whose functions have names, which the command makes.

import { createServer } from "node:net";
import { launch } from "./harness.mjs";
import { listenToEngine, settled } from "./page.mjs";

const N_WARM = 60;
const N_KEYS = 60;
const EVERY_US = 250;
const N_FUNCTIONS = 25;
const [model = "tales", tokens = "32"] = process.argv.slice(2);
const N_TOKENS = Number(tokens);

/** What a function belongs to: the first of these that fits it or any of its callers. */
const WORKER = [
  ["read-back", /to_data|into_data|try_into_vec/],
  ["questions", /engine::ask::/],
  ["forward", /engine::model::/],
  ["message", /postcard|trace::protocol|postMessage|serde/],
  ["the rest of a request", /engine::|worker/],
];
const PAGE = [
  ["scenes", /page::view::/],
  ["paint", /page::paint::/],
  ["message", /postcard|trace::protocol|postMessage|serde/],
  ["the link in the address", /page::share::|replaceState/],
  ["signals and views", /page::|leptos|tachys|reactive_graph|wasm-to-js|any_spawner/],
];

/** The browser's DevTools, over one socket. */
class DevTools {
  #socket;
  #next = 1;
  #owed = new Map();
  #heard = [];

  static async at(port) {
    const { webSocketDebuggerUrl } = await (await fetch(`http://127.0.0.1:${port}/json/version`)).json();
    const it = new DevTools();
    it.#socket = new WebSocket(webSocketDebuggerUrl);
    it.#socket.onmessage = ({ data }) => it.#take(JSON.parse(data));
    await new Promise((done, fail) => Object.assign(it.#socket, { onopen: done, onerror: fail }));
    return it;
  }

  #take({ id, result, error, method, params }) {
    if (id === undefined) return this.#heard.forEach((listen) => listen(method, params));
    const { done, fail } = this.#owed.get(id);
    this.#owed.delete(id);
    if (error) fail(new Error(error.message));
    else done(result);
  }

  on(listen) {
    this.#heard.push(listen);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((done, fail) => this.#owed.set(id, { done, fail }));
  }

  close() {
    this.#socket.close();
  }
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Sessions of the page and of its worker. */
async function attach(devtools, address) {
  const workers = [];
  devtools.on((method, params) => {
    if (method === "Target.attachedToTarget" && params.targetInfo.type === "worker") workers.push(params.sessionId);
  });
  const { targetInfos } = await devtools.send("Target.getTargets");
  const target = targetInfos.find((it) => it.type === "page" && it.url.startsWith(address));
  const { sessionId } = await devtools.send("Target.attachToTarget", { targetId: target.targetId, flatten: true });
  await devtools.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true }, sessionId);
  for (let n = 0; workers.length === 0 && n < 100; n++) await new Promise((done) => setTimeout(done, 50));
  if (workers.length === 0) throw new Error("the page has no worker that can be looked into");
  return { page: sessionId, worker: workers[0] };
}

/** Runs in the page: types each text and waits until it is answered and painted. */
async function typeAll(texts) {
  const field = document.querySelector("#prompt");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const text of texts) {
    const n = window.engineLine.got.length;
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const isDone = () => window.engineLine.got.length > n && !window.engineLine.owedRun && !window.engineLine.owedLook;
    do await frame();
    while (!isDone());
  }
}

/** Self time of functions and of phases, in microseconds, and how long the profile is. */
function summed(profile, phases) {
  const nodes = new Map(profile.nodes.map((it) => [it.id, it]));
  const parent = new Map();
  for (const node of profile.nodes) for (const child of node.children ?? []) parent.set(child, node.id);
  const name = (node) => shortened(node.callFrame.functionName || `${node.callFrame.url.split("/").pop()}:${node.callFrame.lineNumber}`);
  const stack = (id) => {
    const all = [];
    for (let at = id; at !== undefined; at = parent.get(at)) all.unshift(nodes.get(at).callFrame.functionName);
    return all;
  };
  const phaseOf = (id) => {
    const own = nodes.get(id).callFrame.functionName;
    if (/^\((idle|program|garbage collector)\)$/.test(own)) return own;
    const frames = stack(id);
    return phases.find(([, pattern]) => frames.some((frame) => pattern.test(frame)))?.[0] ?? "all else";
  };
  const [functions, byPhase, cache] = [new Map(), new Map(), new Map()];
  const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time);
  profile.samples.forEach((id, at) => {
    const time = profile.timeDeltas[at];
    if (!cache.has(id)) cache.set(id, [name(nodes.get(id)), phaseOf(id)]);
    const [own, phase] = cache.get(id);
    add(functions, own, time);
    add(byPhase, phase, time);
  });
  return { functions, byPhase };
}

/** A name without hashes and the types in it. */
function shortened(name) {
  let text = name.replace(/::h[0-9a-f]{16}$/, "");
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(/<[^<>]*>/g, "‹›");
  }
  return text.replaceAll("‹›", "").replaceAll("|", "/").slice(0, 100) || name.slice(0, 100);
}

function table(title, map) {
  const all = [...map].filter(([name]) => name !== "(idle)").sort((a, b) => b[1] - a[1]);
  const total = all.reduce((sum, it) => sum + it[1], 0);
  console.log(`\n| ${title} | ms a key | share |\n|---|---:|---:|`);
  for (const [name, time] of all.slice(0, N_FUNCTIONS)) {
    console.log(`| ${name} | ${(time / 1000 / N_KEYS).toFixed(2)} | ${((100 * time) / total).toFixed(1)} % |`);
  }
  console.log(`| together | ${(total / 1000 / N_KEYS).toFixed(2)} | |`);
}

/** A prompt of `N_TOKENS`, and others that differ in the last word. */
function texts(vocabulary) {
  const story = "Anna put the lantern in the barn . Tom looked for the key in the garden . ".repeat(40).trim().split(" ");
  const begin = story.slice(0, N_TOKENS - 2).join(" ");
  const words = vocabulary.filter((it) => /^[a-z]{3,}$/.test(it));
  return Array.from({ length: N_WARM + N_KEYS }, (_, at) => `${begin} ${words[(at * 7) % words.length]}`);
}

const port = await freePort();
const browser = await launch({ flags: [`--remote-debugging-port=${port}`] });
const { page, close } = await browser.open(`#v=1&device=cpu&model=${model}`, {
  viewport: { width: 1440, height: 900 },
  before: (page) => page.addInitScript(listenToEngine),
});
await settled(page);
const all = texts(await page.locator("#vocabulary option").evaluateAll((options) => options.map((it) => it.value)));
await page.evaluate(typeAll, all.slice(0, N_WARM));
const devtools = await DevTools.at(port);
const sessions = await attach(devtools, browser.address);
for (const session of Object.values(sessions)) {
  await devtools.send("Profiler.enable", {}, session);
  await devtools.send("Profiler.setSamplingInterval", { interval: EVERY_US }, session);
  await devtools.send("Profiler.start", {}, session);
}
await page.evaluate(typeAll, all.slice(N_WARM));
const profiles = {};
for (const [name, session] of Object.entries(sessions)) {
  profiles[name] = (await devtools.send("Profiler.stop", {}, session)).profile;
}
devtools.close();
console.log(`${model}, ${N_TOKENS} tokens, ${N_KEYS} keys after ${N_WARM}; the profiler itself slows what it looks at.`);
for (const [name, phases] of [["worker", WORKER], ["page", PAGE]]) {
  const { functions, byPhase } = summed(profiles[name], phases);
  table(`${name}, by phase`, byPhase);
  table(`${name}, by function`, functions);
}
await close();
await browser.close();

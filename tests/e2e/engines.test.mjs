// The engine for the CPU and the one for WebGPU give the same value at every site of tiny networks
// that together have every part. In software (SwiftShader) unless there is a card.
//
// The networks lie in models/; each was made by `cargo xtask train tests/e2e/models/NAME.json
// --out tests/e2e/models/NAME`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./harness.mjs";

const MODELS = fileURLToPath(new URL("models/", import.meta.url));
const PROMPT = "Anna put the lantern in the barn. Tom looked for the";
/** Largest difference, as a share of the largest value at the site: 32-bit floats in another order. */
const MOST = 1e-5;
const SLOW_MS = 300_000;

let browser;
before(async () => (browser = await launch({ gpu: true })));
after(() => browser.close());

/** Every part of a block, in the order of trace::Part. */
const PARTS = [
  "resid_pre", "attn.norm", "attn.q", "attn.k", "attn.v", "attn.score", "attn.pattern", "attn.z", "attn.result",
  "attn.out", "ssm.norm", "ssm.conv", "ssm.gate", "ssm.step", "ssm.decay", "ssm.value", "ssm.write", "ssm.remove",
  "ssm.erase", "ssm.read", "ssm.state", "ssm.y", "ssm.z", "ssm.out", "resid_mid", "mlp.norm", "mlp.pre",
  "mlp.linear", "mlp.act", "mlp.out", "resid_post",
];

/** The parts of a recurrent mixer. */
function partsOf({ kind, rule, d_conv }) {
  const flow = ["value", "write", "read", "y"];
  const delta = ["step", "remove", "erase"];
  const own = {
    s4d: ["value", "y"],
    mamba: [...flow, "conv", "gate", "step", "decay"],
    mamba2: [...flow, "conv", "gate", "step", "decay"],
    linear_attention: flow,
    ret_net: [...flow, "decay", "gate"],
    gla: [...flow, "decay", "gate"],
    delta_net: [...flow, ...delta],
    gated_delta_net: [...flow, ...delta, "decay", "gate"],
    rwkv7: [...flow, "remove", "erase", "decay", "gate"],
    gru: [],
    lstm: [],
  }[rule ?? kind];
  const conv = rule && d_conv ? ["conv"] : [];
  return ["norm", "state", "z", "out", ...own, ...conv].map((it) => `ssm.${it}`);
}

/** The sites that a network has, each as `[name, bytes of postcard]`; the order is that of trace::Site. */
function sitesOf({ n_layers, positions, residual, mlp, mixers = [{ kind: "attention" }] }) {
  const hasWaves = ["learned", "sinusoidal"].includes(positions.kind);
  const has = (layer, name) => {
    const mixer = mixers[layer % mixers.length];
    const isParallel = mixer.kind === "parallel";
    const ssm = isParallel ? mixer.ssm : mixer.kind === "attention" ? undefined : mixer;
    if (name === "ssm.out" && mixer.join?.block_state) return false;
    if (name.startsWith("attn.")) return isParallel || mixer.kind === "attention";
    if (name.startsWith("ssm.")) return ssm !== undefined && partsOf(ssm).includes(name);
    if (name === "resid_mid") return residual !== "parallel";
    return name !== "mlp.linear" || mlp.kind === "gated";
  };
  const blocks = Array.from({ length: n_layers }, (_, layer) =>
    PARTS.flatMap((name, part) => (has(layer, name) ? [[`blocks.${layer}.${name}`, [2, layer, 0, part]]] : [])));
  const waves = hasWaves ? [["pos_embed", [1]]] : [];
  return [["embed", [0]], ...waves, ...blocks.flat(), ["final_norm", [3]], ["logits", [4]]];
}

/** Runs in the page: one engine, one network, one prompt; gives the value at each site. */
async function valuesAt([engine, model, prompt, sites]) {
  const OPENED = 2, RAN = 3, FAILED = 5;
  const worker = new Worker(`./engine-${engine}-worker.js`, { type: "module" });
  const inbox = [];
  let wake = () => {};
  worker.onmessage = ({ data }) => (inbox.push(data), wake());
  worker.onerror = (event) => (inbox.push(event.message ?? "the worker stopped"), wake());
  const heard = async (...kinds) => {
    for (;;) {
      while (inbox.length === 0) await new Promise((done) => (wake = done));
      const bytes = inbox.shift();
      if (typeof bytes === "string" || bytes[0] === FAILED) {
        throw new Error(`${engine}: ${typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)}`);
      }
      if (kinds.includes(bytes[0])) return bytes;
    }
  };
  const text = (it) => [...varint(it.length), ...new TextEncoder().encode(it)];
  const varint = (it) => (it < 128 ? [it] : [(it % 128) + 128, ...varint(Math.floor(it / 128))]);

  /** Reads postcard: numbers of seven bits a byte, floats as they lie in memory. */
  const reader = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    const it = {
      int() {
        let value = 0;
        for (let scale = 1; ; scale *= 128) {
          const byte = bytes[at++];
          value += (byte & 127) * scale;
          if (byte < 128) return value;
        }
      },
      float: () => view.getFloat32((at += 4) - 4, true),
      skip: (n) => (at += n),
      skipText: () => it.skip(it.int()),
      list: (each) => Array.from({ length: it.int() }, each),
    };
    return it;
  };

  const STARTED = 0;
  const device = new TextDecoder().decode((await heard(STARTED)).slice(3));
  worker.postMessage(new Uint8Array([0, ...text(`./models/${model}`)]));
  await heard(OPENED);
  const ask = sites.flatMap(([, bytes]) => [8, ...bytes]);
  // A program of no interventions and blocks as trained; nothing is asked of the unchanged run.
  worker.postMessage(new Uint8Array([1, 1, ...text(prompt), 0, 0, ...varint(sites.length), ...ask, 0]));
  const said = reader(await heard(RAN));
  const [, id] = [said.int(), said.int()];
  const tokens = said.list(() => {
    const token = said.int();
    said.skipText();
    said.skipText();
    said.skip(1);
    said.list(() => said.skipText());
    return token;
  });
  said.int();
  said.skip(8);
  const skipSite = () => said.int() === 2 && said.skip(3);
  const values = said.list(() => {
    // A reply: the question, that there is an answer, and the answer.
    said.int();
    skipSite();
    const isAbsent = said.int();
    if (isAbsent) throw new Error(`${engine}: no value`);
    said.int();
    skipSite();
    const values = said.list(said.float);
    const dims = said.list(() => [said.int(), said.int()][1]);
    return { values, dims };
  });
  worker.terminate();
  return { device, id, tokens, values };
}

const models = readdirSync(MODELS, { withFileTypes: true }).filter((it) => it.isDirectory()).map((it) => it.name);

test("the networks are there", () => assert.ok(8 <= models.length, models.join()));

for (const model of models) {
  test(`CPU and WebGPU agree at every site: ${model}`, { timeout: SLOW_MS }, async (t) => {
    const { page, problems, close } = await browser.open("tokens.css", {
      before: (page) =>
        page.context().route(`**/models/${model}/*`, (route) => {
          const name = new URL(route.request().url()).pathname.split("/").at(-1);
          return route.fulfill({ body: readFileSync(`${MODELS}${model}/${name}`) });
        }),
    });
    const { config } = JSON.parse(readFileSync(`${MODELS}${model}/model.json`, "utf8"));
    const sites = sitesOf(config);
    const [cpu, gpu] = [
      await page.evaluate(valuesAt, ["cpu", model, PROMPT, sites]),
      await page.evaluate(valuesAt, ["gpu", model, PROMPT, sites]),
    ];
    assert.deepEqual(gpu.tokens, cpu.tokens);
    assert.notEqual(gpu.device, cpu.device);
    let worst = [0, ""];
    for (const [at, [name]] of sites.entries()) {
      const [one, other] = [cpu.values[at], gpu.values[at]];
      assert.deepEqual(other.dims, one.dims, name);
      const largest = Math.max(...one.values.map(Math.abs));
      assert.ok(0 < largest, `${name} is not nought`);
      const apart = Math.max(...one.values.map((it, at) => Math.abs(it - other.values[at])));
      assert.ok(apart <= MOST * largest, `${name}: ${apart} apart, the largest value is ${largest}`);
      if (worst[0] < apart / largest) worst = [apart / largest, name];
    }
    t.diagnostic(`${sites.length} sites; the farthest is ${worst[1]}, ${worst[0].toExponential(1)} of its largest value`);
    assert.deepEqual(problems, []);
    await close();
  });
}

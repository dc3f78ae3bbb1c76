// The module worker of the engine for WebGPU. A start that fails reaches the page as an `error` event.
import init from "./engine-gpu.js";
init().catch(reportError);

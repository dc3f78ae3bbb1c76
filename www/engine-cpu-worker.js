// The module worker of the engine for the CPU. A start that fails reaches the page as an `error` event.
import init from "./engine-cpu.js";
init().catch(reportError);

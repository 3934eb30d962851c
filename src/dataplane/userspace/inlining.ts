// PERF: the engine is many short functions, and V8 stops inlining them into one another after 920 bytes of their code:
// each frame then pays for a dozen calls. With more of it a known unicast takes a quarter to a third less (bench/engine:
// encapsulation 216 to 150 ns, decapsulation 160 to 131, local 128 to 110; Node 20). Refuses to touch anything else of V8.

import { setFlagsFromString } from "node:v8";

const INLINED_BYTECODE_BYTES = 4000;

/** For the whole process, and for what is optimised from now on: before the first frame. */
export function inlineEngine(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTECODE_BYTES}`);
}

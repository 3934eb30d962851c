// PERF: the engine is many short functions, and V8 stops inlining them into one another after 920 bytes of their code:
// each frame then pays for a dozen calls. With all of it in one piece a known unicast takes half the time (bench/README.md,
// "What bounds each row"; Node 20). Refuses to touch anything else of V8.

import { setFlagsFromString } from "node:v8";

/** V8's words for what may be inlined, in bytes of bytecode: all that a frame can come by is less. */
const LIMITS = {
  "max-inlined-bytecode-size": 2000,
  "max-inlined-bytecode-size-cumulative": 15_000,
  "max-inlined-bytecode-size-absolute": 20_000,
};

/** For the whole process, and for what is optimised from now on: before the first frame. */
export function inlineEngine(): void {
  for (const [limit, bytes] of Object.entries(LIMITS)) setFlagsFromString(`--${limit}=${bytes}`);
}

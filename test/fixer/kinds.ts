import type { Kind } from "./cases.js";

/** By the number of enum vtep_fix_kind. */
export const KINDS: readonly Kind[] = ["passed", "fixed4", "fixed6", "suspicious"];

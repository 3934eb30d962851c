// The engine: decides what happens to one frame. Pure over the tables and the frame: no I/O, no clock,
// no allocation, no exception. This is the specification; bpf/ caches its outcomes.

import type { Tables } from "../tables/tables.js";
import { decideDestination } from "./bridge.js";
import { parseUnderlay } from "./decap.js";
import { Decision, type Frame } from "./decision.js";
import { checkAddresses, classifyAccess, refuseSecondTag } from "./ingress.js";
import { admitLocal, admitRemote } from "./security.js";

/** Fills `out`. `tick` is the present time in units of 100 ms, unsigned 32 bit, wrapping. */
export function processFrame(tables: Tables, frame: Frame, tick: number, out: Decision): void {
  out.reset(frame);
  if (tables.interfaces.isUplink(frame.slot)) processUnderlay(tables, frame, out, tick);
  else processAccess(tables, frame, out, tick);
}

function processAccess(tables: Tables, frame: Frame, out: Decision, tick: number): void {
  if (!classifyAccess(tables, frame, out)) return;
  if (!refuseSecondTag(frame.view, out) || !checkAddresses(out)) return;
  if (!admitLocal(tables, out, tick)) return;
  decideDestination(tables, frame.view, out, tick);
}

function processUnderlay(tables: Tables, frame: Frame, out: Decision, tick: number): void {
  if (!parseUnderlay(tables, frame, out)) return;
  if (!admitRemote(tables, out)) return;
  decideDestination(tables, frame.view, out, tick);
}

#!/usr/bin/env node
// npm run demo: set-up, then the EVPN fabric with real FRR, told step by step; without FRR the overlay that needs no BGP.
// --vtep kernel puts the kernel's VTEP in our place, for comparison; --datapath userspace|ebpf picks ours.
import { parseArgs } from "node:util";
import { SetupError } from "./setup/report.mjs";
import { main, setup } from "./setup.mjs";

await main(async () => {
  const { values } = parseArgs({
    options: { vtep: { type: "string", default: "vtepd" }, datapath: { type: "string", default: "auto" } },
  });
  if (process.getuid() !== 0) {
    throw new SetupError("The demo makes network namespaces, which needs root: sudo npm run demo");
  }
  await setup();
  // Not before: set-up compiles it.
  const { demo } = await import("../dist/lab/demo.js");
  const variant = values.vtep === "kernel" ? "kernel" : values.datapath;
  const good = await demo(variant, (line) => console.log(line)).catch(inOneSentence);
  return good ? 0 : 1;
});

/** What a lab cannot have or do stands in its message; anything else is a defect. */
function inOneSentence(error) {
  throw String(error.code).startsWith("lab_") ? new SetupError(error.message) : error;
}

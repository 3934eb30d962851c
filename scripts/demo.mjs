#!/usr/bin/env node
// npm run demo: set-up, then the interop lab with real traffic and a table of what happened.
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
  const good = await demo(values.vtep === "kernel" ? "kernel" : values.datapath, (line) => console.log(line));
  return good ? 0 : 1;
});

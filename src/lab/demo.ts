/** What `npm run demo` shows: the EVPN fabric, or without FRR the overlay that needs no BGP. Nothing of it stays. */
import { cpus, release } from "node:os";
import { BRIDGED_LAB, showBridged } from "./demo/bridged.js";
import { FABRIC_LAB, showFabric } from "./demo/fabric.js";
import { drawingOf, type Print, secondsSince } from "./demo/text.js";
import { missingPrograms } from "./frr/speakers.js";
import { loadLab } from "./load.js";
import { withLab } from "./runner.js";
import type { Lab, Variant } from "./topology.js";

/** Tells whether everything went as it must. */
export async function demo(variant: Variant, print: Print): Promise<boolean> {
  const fabric = loadLab(FABRIC_LAB);
  const missing = missingPrograms(fabric);
  if (missing.length === 0) return showFabricLab(fabric, variant, print);
  print(
    `\nNote: ${missing.join(" and ")} is not installed, so this is the demo without BGP. With it: apt-get install frr`,
  );
  return showBridgedLab(loadLab(BRIDGED_LAB), variant, print);
}

async function showFabricLab(lab: Lab, variant: Variant, print: Print): Promise<boolean> {
  const start = Date.now();
  introduce(lab, print);
  const problems = await withLab(lab, variant, (context) => showFabric(context, start, print));
  for (const problem of problems) print(`✗ ${problem}`);
  print(
    problems.length === 0
      ? `\nPASSED: everything went as it must, in ${secondsSince(start)}. The lab is removed.`
      : `\nFAILED: see above. The lab is removed. 'bin/vtepd lab up ${lab.name}' leaves it standing, to look around.`,
  );
  return problems.length === 0;
}

async function showBridgedLab(lab: Lab, variant: Variant, print: Print): Promise<boolean> {
  introduce(lab, print);
  const good = await withLab(lab, variant, (context) => showBridged(context, print));
  print(
    good
      ? "\nPASSED: everybody reached everybody. The lab is removed."
      : "\nFAILED: something did not arrive, see above. The lab is removed.",
  );
  return good;
}

function introduce(lab: Lab, print: Print): void {
  print(`\nThe lab: ${lab.title}.\n\n${drawingOf(lab)}`);
  print(`Making it, on Linux ${release()} with ${cpus().length} CPUs ...`);
}

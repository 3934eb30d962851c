// Waits until a running zebra has taken a new network namespace for a VRF (`zebra -n`). While it reads the interfaces of one
// for the first time, a VXLAN device that is already up makes zebra 8.4.4 read neighbours through the same buffer in
// between: "data remnant" in its log, and every interface behind that one is unknown to it for good. So the first device
// comes when zebra has looked, and is told of by notification.

import type { Clock } from "../../clock.js";
import { VtyConnection } from "./connection.js";

/** zebra looks again after 2 s when it came too early. */
const PATIENCE_MS = 8_000;
const LOOK_MS = 100;

/** Resolves at once where no zebra runs: it reads all namespaces before it does anything with EVPN. */
export async function whenNoticed(folder: string, namespace: string, clock: Clock): Promise<void> {
  const zebra = await VtyConnection.open(`${folder}/zebra.vty`).catch(() => undefined);
  if (zebra === undefined) return;
  const known = new RegExp(`^vrf ${namespace} id \\d+`, "m");
  try {
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
      if (known.test(await zebra.text("show vrf"))) return;
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    }
  } catch {
    // zebra has gone meanwhile.
  } finally {
    zebra.close();
  }
}

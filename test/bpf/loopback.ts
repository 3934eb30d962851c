// A test run has no interface but the one it is told of, which has to exist: the loopback.
import type { Programs } from "../../src/dataplane/ebpf/load.js";
import { encodeIndex, encodeInterface, encodeTagKey, MapName } from "../../src/dataplane/ebpf/maps.js";
import type { Tables } from "../../src/tables/tables.js";

const LOOPBACK = 1;

/** The loopback takes the place of the slot's interface. `carried`: all of it goes to the engine, by no port. */
export function enterAtLoopback(programs: Programs, { interfaces }: Tables, slot: number, carried = false): void {
  const interfaceMap = programs.map(MapName.INTERFACE);
  const own = interfaceMap.lookup(encodeIndex(interfaces.ifindex[slot]!));
  interfaceMap.update(encodeIndex(LOOPBACK), own ?? encodeInterface(slot, interfaces.flags[slot]!));
  if (carried) return;
  interfaces.portByVlan[slot]?.forEach((port, vlan) => {
    if (port !== 0) programs.map(MapName.TAG).update(encodeTagKey(LOOPBACK, vlan), encodeIndex(port));
  });
}

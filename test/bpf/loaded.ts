// The programs that ship, loaded once for a test file: the kernel takes about a second of CPU time to verify them, and
// live tests start dozens of drivers. Each driver gets a set of its own, with empty maps.
import { afterAll, afterEach } from "vitest";
import { Programs, readObjectFiles } from "../../src/dataplane/ebpf/load.js";
import { MapName } from "../../src/dataplane/ebpf/maps.js";
import { emptyMap } from "./empty_map.js";

const sets: Programs[] = [];
let taken = 0;

/** Whoever gets a set has it until the test is over. */
export function loadedPrograms(): Programs {
  const programs = sets[taken] ?? Programs.load(readObjectFiles());
  sets[taken++] = programs;
  for (const name of Object.values(MapName)) emptyMap(programs.map(name));
  return programs;
}

/** To be called by each file that starts drivers. */
export function shareProgramsAmongTests(): void {
  afterEach(() => {
    taken = 0;
  });
  afterAll(() => {
    for (const programs of sets.splice(0)) programs.close();
  });
}

// Loads the two objects of bpf/ so that they share one set of maps. Everything belongs to this process:
// when it dies, programs, links and maps go with it.

import { readFileSync } from "node:fs";
import { type BpfMap, BpfObject, type BpfProgram } from "../../native/index.js";
import { VtepError } from "../../wire/error.js";
import { MapName } from "./maps.js";

export interface ObjectFiles {
  readonly access: Uint8Array;
  readonly underlay: Uint8Array;
}

export type Role = "access" | "uplink";
export type ProgramHook = "xdp" | "tc";

/** src/dataplane/ebpf and dist/dataplane/ebpf are equally deep. */
const BUILT = new URL("../../../build/bpf/", import.meta.url);

export function readObjectFiles(folder: URL = BUILT): ObjectFiles {
  const read = (name: string): Uint8Array => {
    try {
      return readFileSync(new URL(name, folder));
    } catch (cause) {
      const message = `The eBPF programs are not built: ${name} is missing. Run: npm run build`;
      throw new VtepError("bpf_object_missing", message, { file: name }, cause);
    }
  };
  return { access: read("vtep_access.bpf.o"), underlay: read("vtep_underlay.bpf.o") };
}

export class Programs {
  private constructor(
    private readonly objects: Readonly<Record<Role, BpfObject>>,
    private readonly mapByName: Readonly<Record<MapName, BpfMap>>,
    private readonly programByName: ReadonlyMap<string, BpfProgram>,
  ) {}

  static load(files: ObjectFiles, maxEntries: Readonly<Record<string, number>> = {}): Programs {
    const access = loadObject(files.access, { name: "vtep_access", maxEntries });
    const maps = Object.fromEntries(Object.values(MapName).map((name) => [name, access.map(name)]));
    const underlay = loadObject(files.underlay, { name: "vtep_underlay", maxEntries, reuseMaps: maps });
    const programs = new Map<string, BpfProgram>();
    for (const object of [access, underlay]) {
      for (const name of object.programNames) programs.set(name, object.program(name));
    }
    return new Programs({ access, uplink: underlay }, maps as Record<MapName, BpfMap>, programs);
  }

  map(name: MapName): BpfMap {
    return this.mapByName[name];
  }

  object(role: Role): BpfObject {
    return this.objects[role];
  }

  program(role: Role, hook: ProgramHook): BpfProgram {
    return this.programByName.get(`vtep_${role}_${hook}`)!;
  }

  close(): void {
    const groups = [this.objects, this.mapByName, Object.fromEntries(this.programByName)];
    for (const handle of groups.flatMap((group): { close(): void }[] => Object.values(group))) handle.close();
  }
}

function loadObject(bytes: Uint8Array, options: Parameters<typeof BpfObject.load>[1]): BpfObject {
  try {
    return BpfObject.load(bytes, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VtepError("bpf_load_failed", `eBPF programs: ${why}`, { object: options.name }, cause);
  }
}

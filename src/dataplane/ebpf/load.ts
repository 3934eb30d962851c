// Loads the programs of bpf/, each when it is wanted first, on one set of maps. Everything belongs to this process:
// when it dies, programs, links and maps go with it.

import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { Limit } from "../../abi/generated.js";
import { type BpfMap, BpfObject, type BpfProgram, type NativeError } from "../../native/index.js";
import { VtepError } from "../../wire/error.js";
import { MapName } from "./maps.js";

export interface ObjectFiles {
  readonly access: Uint8Array;
  readonly underlay: Uint8Array;
}

export type Role = "access" | "uplink";
export type ProgramHook = "xdp" | "tc";

/** How program names end. `sg`: XDP that also takes frames in several buffers, and so any MTU (kernel >= 5.18). */
export type ProgramKind = ProgramHook | "sg";

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

/** Of the maps that both objects share, and of their programs those that somebody asked for. */
export class Programs {
  private readonly objectByName = new Map<string, BpfObject>();
  private readonly programByName = new Map<string, BpfProgram>();

  private constructor(
    private readonly files: ObjectFiles,
    private readonly maxEntries: Readonly<Record<string, number>>,
    private readonly owner: BpfObject,
    private readonly mapByName: Readonly<Record<MapName, BpfMap>>,
    private readonly constants: Uint8Array,
  ) {}

  /** `remembers`: whether a CPU may keep what the tables said of a frame's addresses for the next frame. */
  static load(
    files: ObjectFiles,
    maxEntries: Readonly<Record<string, number>> = {},
    remembers = !isRealtimeKernel(),
  ): Programs {
    const recent = {
      [MapName.RECENT]: Limit.RECENT_PAIRS * cpus().length,
      [MapName.RECENT_HOSTS]: Limit.RECENT_HOSTS * cpus().length,
    };
    const sizes = { ...recent, ...maxEntries };
    const owner = loadObject(files.access, { name: "vtep_maps", maxEntries: sizes, programs: [] });
    const maps = Object.fromEntries(Object.values(MapName).map((name) => [name, owner.map(name)]));
    const constants = new Uint8Array(Uint32Array.of(Number(remembers)).buffer);
    return new Programs(files, sizes, owner, maps as Record<MapName, BpfMap>, constants);
  }

  map(name: MapName): BpfMap {
    return this.mapByName[name];
  }

  /** With the one program. The kernel takes some 300 ms to verify it, when it is asked for the first time. */
  object(role: Role, kind: ProgramKind): BpfObject {
    const name = nameOf(role, kind);
    const object = this.objectByName.get(name) ?? this.loadOne(role, name);
    this.objectByName.set(name, object);
    return object;
  }

  program(role: Role, kind: ProgramKind): BpfProgram {
    const name = nameOf(role, kind);
    const program = this.programByName.get(name) ?? this.object(role, kind).program(name);
    this.programByName.set(name, program);
    return program;
  }

  close(): void {
    const loaded = [...this.programByName.values(), ...this.objectByName.values()];
    for (const handle of [...loaded, ...Object.values(this.mapByName), this.owner]) handle.close();
  }

  private loadOne(role: Role, program: string): BpfObject {
    const { maxEntries, mapByName } = this;
    const bytes = role === "access" ? this.files.access : this.files.underlay;
    const name = `vtep_${role}`;
    const initialValues = { [constantsOf(name)]: this.constants };
    return loadObject(bytes, { name, maxEntries, initialValues, reuseMaps: mapByName, programs: [program] });
  }
}

/** libbpf keeps eight characters of the object's name. */
function constantsOf(name: string): string {
  return `${name.slice(0, 8)}.rodata`;
}

/** PREEMPT_RT: there a program may be interrupted by another on its CPU. */
function isRealtimeKernel(): boolean {
  return existsSync("/sys/kernel/realtime");
}

function nameOf(role: Role, kind: ProgramKind): string {
  return `vtep_${role}_${kind}`;
}

function loadObject(bytes: Uint8Array, options: Parameters<typeof BpfObject.load>[1]): BpfObject {
  try {
    return BpfObject.load(bytes, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const verifier = lastWords((cause as Partial<NativeError>).verifierLog);
    throw new VtepError("bpf_load_failed", `eBPF programs: ${why}${verifier}`, { object: options.name }, cause);
  }
}

/** The verifier tells at length what it went through, and its reason last, before what it counted. */
function lastWords(log = ""): string {
  const lines = log
    .split("\n")
    .filter((line) => line !== "" && !/^(processed|verification time|stack depth) /.test(line));
  const last = lines.at(-1);
  return last === undefined ? "" : `: ${last}`;
}

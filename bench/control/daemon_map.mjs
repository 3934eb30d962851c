// A BPF map of a running daemon, from outside: how many entries it has, which the kernel can be asked thousands of times a
// second.
import { readdirSync, readFileSync } from "node:fs";
import { runText } from "../../dist/lab/process.js";
import { BpfMap } from "../../dist/native/index.js";

const NOEXIST = 1;

const fdinfo = (pid, fd) => {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
  } catch {
    return ""; // closed meanwhile
  }
};

const field = (text, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);

/** Numbers of the maps that a process has open. */
function mapsOf(pid) {
  const ids = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => field(fdinfo(pid, fd), "map_id"));
  return new Set(ids.filter((id) => !Number.isNaN(id)));
}

const bytesOf = ({ fd }) => field(fdinfo("self", fd), "memlock");

/** What one entry of such a map takes in the kernel: one that is alike is asked. */
function entryBytes({ type, keySize, valueSize, maxEntries, flags }) {
  const like = BpfMap.create({ type, keySize, valueSize, maxEntries, flags, name: "bench_like" });
  try {
    const empty = bytesOf(like);
    like.update(new Uint8Array(keySize), new Uint8Array(valueSize), NOEXIST);
    return bytesOf(like) - empty;
  } finally {
    like.close();
  }
}

export class DaemonMap {
  static async open(pid, name) {
    const listed = JSON.parse(await runText("bpftool", ["-j", "map", "show"]));
    const own = mapsOf(pid);
    const found = listed.find((map) => map.name === name && own.has(map.id));
    if (found === undefined) throw new Error(`process ${pid} has no map ${name}`);
    return new DaemonMap(BpfMap.openById(found.id));
  }

  constructor(map) {
    this.map = map;
    this.entryBytes = entryBytes(map);
    if (this.entryBytes === 0) throw new Error("this kernel does not say how full a map is; Linux 6.4 does");
    this.emptyBytes = bytesOf(map) - map.dump().count * this.entryBytes;
  }

  /** Entries now. */
  get count() {
    return Math.round((bytesOf(this.map) - this.emptyBytes) / this.entryBytes);
  }

  /** Kernel memory now. */
  get bytes() {
    return bytesOf(this.map);
  }

  /** Entries, counted by looking at all of them. */
  look() {
    return this.map.dump().count;
  }

  close() {
    this.map.close();
  }
}

// One comparison: what FRR, the kernel and we say of the keys of one kind in one place. Who is right depends on whose it
// is: of remote things zebra, of local ones we.

import type { AuditAction, AuditRow, AuditSubject, Difference } from "./rows.js";
import type { Side } from "./side.js";
import { Slices } from "./slices.js";

/** MACs are numbers: a text for each of 100 000 would cost more than all the rest. */
export type Key = number | string;

export interface Section<K extends Key> {
  readonly what: AuditSubject;
  readonly bridgeDomain: string | null;
  readonly vrf: string | null;
  readonly frr: Side<K>;
  readonly kernel: Side<K>;
  readonly vtepd: Side<K>;
  readonly owner: "frr" | "vtepd";
  /** What is not to be compared: what the config says itself, and what has changed while the sides were read. */
  isLeftOut(key: K): boolean;
  textOf(key: K): string;
  /** Makes or replaces. */
  write(key: K, value: string): Promise<void>;
  delete(key: K, kernel: string | undefined): Promise<void>;
  /** Our own tables follow the kernel anew, or the kernel ours. */
  refresh(): Promise<void>;
}

/** `settled` false: nothing may be concluded from a key's absence in zebra. `only`: differences with these actions. */
export async function compare<K extends Key>(
  section: Section<K>,
  settled: boolean,
  only?: ReadonlySet<AuditAction>,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const slices = new Slices();
  const look = (key: K): void => {
    const action = section.owner === "frr" ? remoteAction(section, key, settled) : localAction(section, key);
    if (action === undefined || only?.has(action) === false) return;
    if (!section.isLeftOut(key)) found.push(differenceOf(section, key, action));
  };
  for (const [side, others] of [
    [section.frr, []],
    [section.kernel, [section.frr]],
    [section.vtepd, [section.frr, section.kernel]],
  ] as const) {
    for (const key of side.keys()) {
      if (!others.some((other) => other.has(key))) look(key);
      if (slices.isOver()) await slices.turn();
    }
  }
  return found;
}

function remoteAction<K extends Key>(section: Section<K>, key: K, settled: boolean): AuditAction | undefined {
  const [frr, kernel, vtepd] = [section.frr.get(key), section.kernel.get(key), section.vtepd.get(key)];
  if (frr === undefined && kernel !== undefined) return settled ? "delete_from_kernel" : "wait_for_evpn";
  if (frr !== kernel) return "write_to_kernel";
  return kernel === vtepd ? undefined : "read_kernel_again";
}

function localAction<K extends Key>(section: Section<K>, key: K): AuditAction | undefined {
  const [frr, kernel, vtepd] = [section.frr.get(key), section.kernel.get(key), section.vtepd.get(key)];
  if (frr === kernel && kernel === vtepd) return undefined;
  return vtepd === undefined ? "withdraw" : "announce_again";
}

function differenceOf<K extends Key>(section: Section<K>, key: K, action: AuditAction): Difference {
  const { what, bridgeDomain, vrf } = section;
  const [frr, kernel, vtepd] = [section.frr.get(key), section.kernel.get(key), section.vtepd.get(key)];
  const sides = { frr: frr ?? null, kernel: kernel ?? null, vtepd: vtepd ?? null, dataPath: null };
  const row: Difference["row"] = { what, bridgeDomain, vrf, key: section.textOf(key), ...sides, action };
  return { row, repair: () => repair(section, key, action) };
}

async function repair<K extends Key>(section: Section<K>, key: K, action: AuditRow["action"]): Promise<void> {
  if (action === "write_to_kernel") await section.write(key, section.frr.get(key)!);
  else if (action === "delete_from_kernel") await section.delete(key, section.kernel.get(key));
  else if (action === "withdraw") {
    // zebra may hold what the kernel has lost without telling it: only a deletion that it sees makes it forget.
    if (!section.kernel.has(key)) await section.write(key, section.frr.get(key)!);
    await section.delete(key, section.kernel.get(key));
  } else if (action === "read_kernel_again" || action === "announce_again") await section.refresh();
}

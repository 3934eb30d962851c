// The audit: what FRR, the kernel, our tables and the data path say of the same things, compared and brought together.
// Nothing is believed that was seen only once: MACs move while one side after the other is read.

import { VtepError } from "../../../wire/error.js";
import type { Clock } from "../../clock.js";
import type { DomainObjects, VrfObjects } from "../objects/placed.js";
import type { Place } from "../places.js";
import { askVnis, type EvpnSources, type EvpnVni, type Vty } from "../vty/index.js";
import { dataPathDifferences } from "./data_path.js";
import { domainSections } from "./domain_sections.js";
import type { AnnouncerFace, ConfiguredFace, DataPathFace, HeldParts, MirrorFace } from "./faces.js";
import { HeldPicture } from "./held_picture.js";
import { KernelPicture } from "./kernel_picture.js";
import { type AuditAction, type AuditRow, type Difference, identityOf } from "./rows.js";
import { compare } from "./section.js";
import { vrfSections } from "./vrf_sections.js";

/** Between two looks: longer than zebra, the kernel and we need to follow each other. */
const CONFIRM_MS = 1_000;
/** Repairs that are under way at a time. */
const REPAIR_BATCH = 500;

/** What zebra does not know, and the kernel still has. */
export const LEFTOVERS: ReadonlySet<AuditAction> = new Set(["delete_from_kernel"]);

export interface AuditOptions {
  readonly repair: boolean;
  /** No other differences than those with these actions. */
  readonly only?: ReadonlySet<AuditAction> | undefined;
}

export interface AuditedObjects {
  domains(): Iterable<DomainObjects>;
  vrfs(): Iterable<VrfObjects>;
}

export interface AuditParts {
  readonly clock: Clock;
  readonly objects: AuditedObjects;
  readonly held: HeldParts;
  readonly mirror: MirrorFace;
  readonly announcer: AnnouncerFace;
  readonly configured: ConfiguredFace;
  readonly dataPath: DataPathFace;
  vtys(): EvpnSources;
  /** EVPN is at rest since FRR came: what zebra does not know is not there. */
  isSettled(): boolean;
  vniOf(bridgeDomain: string): number;
  /** L3 VNI of a VRF, and what FRR calls the VRF. */
  vrfOf(vrf: string): { readonly l3Vni: number; readonly frrName: string };
}

export class Audit {
  private last: Promise<unknown> = Promise.resolve();
  private remedies: Remedies;
  private only: AuditOptions["only"];

  constructor(private readonly parts: AuditParts) {
    this.remedies = remediesOf(parts);
  }

  /** One at a time. Rejects with `frr_down` where zebra does not answer. */
  run(options: AuditOptions): Promise<AuditRow[]> {
    const run = this.last.then(() => this.runNow(options));
    this.last = run.catch(() => {});
    return run;
  }

  private async runNow({ repair, only }: AuditOptions): Promise<AuditRow[]> {
    this.only = only;
    const first = await this.look();
    if (first.length === 0) return [];
    const seen = new Set(first.map(identityOf));
    await new Promise<void>((resolve) => this.parts.clock.after(CONFIRM_MS, resolve));
    const confirmed = (await this.look()).filter((difference) => seen.has(identityOf(difference)));
    return repair ? await repaired(confirmed) : confirmed.map(({ row }) => ({ ...row, outcome: "found", why: "" }));
  }

  private async look(): Promise<Difference[]> {
    this.remedies = remediesOf(this.parts);
    const { zebra, bgpd } = this.parts.vtys();
    if (zebra === undefined) throw new VtepError("frr_down", "zebra does not answer: there is nothing to compare with");
    const vnis = new Map((await askVnis(zebra)).map((vni) => [vni.vni, vni]));
    const domains = [...this.parts.objects.domains()].filter(({ vxlan }) => vxlan !== 0);
    const vrfs = [...this.parts.objects.vrfs()].filter(({ l3Vxlan }) => l3Vxlan !== 0);
    // What changes from here on is left out, whoever of them is read when.
    const kernels = new Map<Place, KernelPicture>();
    for (const { place } of [...domains, ...vrfs]) {
      if (!kernels.has(place)) kernels.set(place, new KernelPicture(place));
    }
    try {
      const held = await HeldPicture.read(this.parts.held);
      for (const kernel of kernels.values()) await kernel.read();
      const found: Difference[] = [];
      for (const objects of domains) {
        found.push(...(await this.lookAtDomain(objects, zebra, vnis, held, kernels.get(objects.place)!)));
      }
      for (const objects of vrfs) {
        found.push(...(await this.lookAtVrf(objects, zebra, bgpd, vnis, held, kernels.get(objects.place)!)));
      }
      const inDataPath = this.only?.has("write_to_data_path") === false ? [] : await dataPathDifferences(this.parts);
      return [...found, ...inDataPath];
    } finally {
      for (const kernel of kernels.values()) kernel.close();
    }
  }

  private async lookAtDomain(
    objects: DomainObjects,
    zebra: Vty,
    vnis: ReadonlyMap<number, EvpnVni>,
    held: HeldPicture,
    kernel: KernelPicture,
  ): Promise<Difference[]> {
    const { bridgeDomain, place, port } = objects;
    const vni = this.parts.vniOf(bridgeDomain);
    const known = vnis.get(vni);
    if (known === undefined) return [unknownVni(vni, bridgeDomain, null)];
    const faces = { ...this.remedies, configured: this.parts.configured, held, kernel };
    const sources = { ...faces, zebra, known, objects, port: place.links.byIndex(port)?.name ?? "" };
    const found: Difference[] = [];
    for await (const section of domainSections(sources)) found.push(...(await this.compared(section)));
    return found;
  }

  private async lookAtVrf(
    objects: VrfObjects,
    zebra: Vty,
    bgpd: Vty | undefined,
    vnis: ReadonlyMap<number, EvpnVni>,
    held: HeldPicture,
    kernel: KernelPicture,
  ): Promise<Difference[]> {
    const { vrf, place, l3Bridge } = objects;
    const { l3Vni, frrName } = this.parts.vrfOf(vrf);
    if (vnis.get(l3Vni)?.type !== "L3") return [unknownVni(l3Vni, null, vrf)];
    const { configured } = this.parts;
    const { mirror } = this.remedies;
    const bridgeName = place.links.byIndex(l3Bridge)?.name ?? "";
    const sources = { mirror, configured, held, kernel, zebra, bgpd, objects, l3Vni, frrName, bridgeName };
    const found: Difference[] = [];
    for await (const section of vrfSections(sources)) found.push(...(await this.compared(section)));
    return found;
  }

  private compared(section: Parameters<typeof compare<string>>[0] | Parameters<typeof compare<number>>[0]) {
    const settled = this.parts.isSettled();
    // SAFETY: a section's members agree with each other on what a key is.
    return compare(section as Parameters<typeof compare<string>>[0], settled, this.only);
  }
}

type Remedies = Pick<AuditParts, "mirror" | "announcer">;

/** Many differences have one remedy: it is taken once for all that one look found. */
function remediesOf({ mirror, announcer }: Remedies): Remedies {
  let reading: Promise<void> | undefined;
  const announcing = new Map<string, Promise<void>>();
  const readAgain = (): Promise<void> => {
    reading ??= mirror.readAgain();
    return reading;
  };
  const announceAgain = (bridgeDomain: string): Promise<void> => {
    const known = announcing.get(bridgeDomain) ?? announcer.announceAgain(bridgeDomain);
    announcing.set(bridgeDomain, known);
    return known;
  };
  const macs = (bridgeDomain: string) => announcer.macs(bridgeDomain);
  const bindings = (bridgeDomain: string) => announcer.bindings(bridgeDomain);
  return { mirror: { readAgain }, announcer: { macs, bindings, announceAgain } };
}

function unknownVni(vni: number, bridgeDomain: string | null, vrf: string | null): Difference {
  const sides = { frr: null, kernel: String(vni), vtepd: String(vni), dataPath: null };
  return {
    row: { what: "vni", bridgeDomain, vrf, key: String(vni), ...sides, action: "none" },
    repair: async () => {},
  };
}

async function repaired(differences: readonly Difference[]): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (let at = 0; at < differences.length; at += REPAIR_BATCH) {
    rows.push(...(await Promise.all(differences.slice(at, at + REPAIR_BATCH).map(repairOne))));
  }
  return rows;
}

async function repairOne({ row, repair }: Difference): Promise<AuditRow> {
  if (row.action === "none" || row.action === "wait_for_evpn") return { ...row, outcome: "found", why: "" };
  try {
    await repair();
    return { ...row, outcome: "repaired", why: "" };
  } catch (error) {
    return { ...row, outcome: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

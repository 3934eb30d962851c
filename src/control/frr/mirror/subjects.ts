// The kernel objects of one place that zebra works on, by interface index and table, each with a small number under
// which the mirror keeps what it reads of it. An object that was made anew under another index is another subject.

import type { DomainObjects, VrfObjects } from "../objects/placed.js";

export interface DomainSubject {
  readonly number: number;
  readonly bridgeDomain: string;
  readonly bridge: number;
  /** 0 = none. */
  readonly vxlan: number;
  /** Number of the domain in the tables that its entries were written to; 0 = not at all. */
  bd: number;
}

export interface VrfSubject {
  readonly number: number;
  readonly vrf: string;
  readonly table: number;
  /** 0 = none. */
  readonly l3Bridge: number;
  /** Number of the VRF in the tables that its routes were written to; 0 = not at all. */
  id: number;
}

export interface SubjectChanges {
  readonly goneDomains: readonly DomainSubject[];
  readonly goneVrfs: readonly VrfSubject[];
  /** Whether there are some of which nothing was read yet. */
  readonly hasNew: boolean;
}

class Numbers {
  private readonly free: number[] = [];
  private next = 1;

  take(): number {
    return this.free.pop() ?? this.next++;
  }

  give(number: number): void {
    this.free.push(number);
  }
}

export class Subjects {
  private domains = new Map<string, DomainSubject>();
  private vrfs = new Map<string, VrfSubject>();
  private readonly domainNumbers = new Numbers();
  private readonly vrfNumbers = new Numbers();
  private readonly vxlans = new Map<number, DomainSubject>();
  private readonly bridges = new Map<number, DomainSubject>();
  private readonly l3Bridges = new Map<number, VrfSubject>();
  private readonly tables = new Map<number, VrfSubject>();
  private readonly byNumber = new Map<number, DomainSubject>();
  private readonly byBd = new Map<number, DomainSubject>();

  allDomains(): Iterable<DomainSubject> {
    return this.domains.values();
  }

  allVrfs(): Iterable<VrfSubject> {
    return this.vrfs.values();
  }

  domain(number: number): DomainSubject | undefined {
    return this.byNumber.get(number);
  }

  ofVxlan(ifindex: number): DomainSubject | undefined {
    return this.vxlans.get(ifindex);
  }

  ofBridge(ifindex: number): DomainSubject | undefined {
    return this.bridges.get(ifindex);
  }

  ofL3Bridge(ifindex: number): VrfSubject | undefined {
    return this.l3Bridges.get(ifindex);
  }

  ofTable(table: number): VrfSubject | undefined {
    return this.tables.get(table);
  }

  /** Of the domain's number in the tables. */
  ofBd(bd: number): DomainSubject | undefined {
    return this.byBd.get(bd);
  }

  /** 0 = its entries are in no table. */
  bindDomain(subject: DomainSubject, bd: number): void {
    if (this.byBd.get(subject.bd) === subject) this.byBd.delete(subject.bd);
    subject.bd = bd;
    if (bd !== 0) this.byBd.set(bd, subject);
  }

  isBridge(ifindex: number): boolean {
    return this.bridges.has(ifindex) || this.l3Bridges.has(ifindex);
  }

  /** Those that are gone keep their numbers until `forget`. */
  update(domains: Iterable<DomainObjects>, vrfs: Iterable<VrfObjects>): SubjectChanges {
    const beforeDomains = this.domains;
    const beforeVrfs = this.vrfs;
    this.domains = new Map();
    this.vrfs = new Map();
    for (const { bridgeDomain, bridge, vxlan } of domains) {
      const key = `${bridgeDomain} ${bridge} ${vxlan}`;
      const known = beforeDomains.get(key);
      this.domains.set(key, known ?? { number: this.domainNumbers.take(), bridgeDomain, bridge, vxlan, bd: 0 });
    }
    for (const { vrf, table, l3Bridge } of vrfs) {
      const key = `${vrf} ${table} ${l3Bridge}`;
      this.vrfs.set(key, beforeVrfs.get(key) ?? { number: this.vrfNumbers.take(), vrf, table, l3Bridge, id: 0 });
    }
    const hasNew = hasOther(this.domains, beforeDomains) || hasOther(this.vrfs, beforeVrfs);
    const goneDomains = [...beforeDomains].filter(([key]) => !this.domains.has(key)).map(([, one]) => one);
    const goneVrfs = [...beforeVrfs].filter(([key]) => !this.vrfs.has(key)).map(([, one]) => one);
    this.index();
    return { goneDomains, goneVrfs, hasNew };
  }

  /** Nothing is kept under their numbers any more. */
  forget({ goneDomains, goneVrfs }: SubjectChanges): void {
    for (const domain of goneDomains) {
      this.bindDomain(domain, 0);
      this.byNumber.delete(domain.number);
      this.domainNumbers.give(domain.number);
    }
    for (const { number } of goneVrfs) this.vrfNumbers.give(number);
  }

  private index(): void {
    for (const map of [this.vxlans, this.bridges, this.l3Bridges, this.tables]) map.clear();
    for (const domain of this.domains.values()) {
      if (domain.vxlan !== 0) this.vxlans.set(domain.vxlan, domain);
      this.bridges.set(domain.bridge, domain);
      this.byNumber.set(domain.number, domain);
    }
    for (const vrf of this.vrfs.values()) {
      if (vrf.l3Bridge !== 0) this.l3Bridges.set(vrf.l3Bridge, vrf);
      this.tables.set(vrf.table, vrf);
    }
  }
}

function hasOther<T>(after: ReadonlyMap<string, T>, before: ReadonlyMap<string, T>): boolean {
  return [...after.keys()].some((key) => !before.has(key));
}

// Forwarding entries of the zero MAC on our VXLAN devices -> head-end replication lists: one for each VTEP that told of
// itself in the domain (RFC 7432 §11.1, RFC 8365 §5.1.3).

import { mappedWords } from "../../mapped_address.js";
import { type ForwardingEntry, formatIp } from "../../netlink/index.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import type { Marks } from "./marks.js";
import type { DomainSubject, Subjects } from "./subjects.js";

interface Member {
  /** 0 = a notification said that it is not there. */
  vtep: number;
  mark: number;
}

export class FloodMirror {
  /** By number of the subject, then by address. */
  private readonly members = new Map<number, Map<string, Member>>();

  constructor(
    private readonly vteps: RemoteVteps,
    private readonly subjects: Subjects,
    private readonly marks: Marks,
  ) {}

  take(heard: ForwardingEntry, removed: boolean, isRead: boolean): void {
    const subject = this.subjects.ofVxlan(heard.ifindex);
    if (subject === undefined || !heard.hasDestination) return;
    const { word0, word1, word2, word3 } = heard;
    const address = formatIp(mappedWords(word0, word1, word2, word3));
    const members = this.membersOf(subject.number);
    const known = members.get(address);
    if (isRead && known !== undefined && this.marks.isOvertaken(known.mark)) return;
    const member = known ?? { vtep: 0, mark: 0 };
    members.set(address, member);
    member.mark = isRead ? this.marks.read : this.marks.told;
    if (removed) this.remove(subject, member);
    else if (member.vtep === 0) this.add(subject, member, heard);
    if (member.vtep === 0 && !this.marks.isRunning) members.delete(address);
  }

  sweep(): void {
    for (const [number, members] of this.members) {
      for (const [address, member] of members) {
        if (!this.marks.isConfirmed(member.mark)) this.remove(this.subjects.domain(number), member);
        if (member.vtep === 0) members.delete(address);
      }
    }
  }

  /** The objects are gone, and what the kernel held of them. */
  drop(gone: ReadonlySet<number>): void {
    for (const number of gone) {
      for (const member of this.membersOf(number).values()) this.remove(this.subjects.domain(number), member);
      this.members.delete(number);
    }
  }

  apply(subjects: ReadonlySet<number>): void {
    this.forEach(subjects, (domain, vtep) => this.vteps.joinFlood(domain, vtep));
  }

  withdrawAll(subjects: ReadonlySet<number>): void {
    this.forEach(subjects, (domain, vtep) => this.vteps.leaveFlood(domain, vtep));
  }

  private forEach(subjects: ReadonlySet<number>, visit: (bridgeDomain: string, vtep: number) => void): void {
    for (const number of subjects) {
      const domain = this.subjects.domain(number)?.bridgeDomain ?? "";
      for (const { vtep } of this.membersOf(number).values()) if (vtep !== 0) visit(domain, vtep);
    }
  }

  private add(subject: DomainSubject, member: Member, { word0, word1, word2, word3 }: ForwardingEntry): void {
    member.vtep = this.vteps.hold(word0, word1, word2, word3);
    if (member.vtep !== 0 && subject.bd !== 0) this.vteps.joinFlood(subject.bridgeDomain, member.vtep);
  }

  private remove(subject: DomainSubject | undefined, member: Member): void {
    if (member.vtep === 0) return;
    if (subject !== undefined) this.vteps.leaveFlood(subject.bridgeDomain, member.vtep);
    this.vteps.letGo(member.vtep);
    member.vtep = 0;
  }

  private membersOf(number: number): Map<string, Member> {
    const members = this.members.get(number) ?? new Map();
    this.members.set(number, members);
    return members;
  }
}

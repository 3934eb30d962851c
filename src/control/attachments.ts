// Which interfaces the data path holds: those that the config names, as they come and go in the kernel.
// An interface that is missing or refused is not an error of the VTEP: it is a reason for `degraded`, and is
// tried again when the kernel says that something changed, or after a while.

import { InterfaceFlag, Limit } from "../abi/generated.js";
import type { Driver, OpenedInterface } from "../dataplane/driver.js";
import type { Tables } from "../tables/tables.js";
import type { Clock } from "./clock.js";
import { differenceOf } from "./difference.js";
import type { EventSink } from "./events.js";
import { Identities } from "./identity.js";
import type { InterfaceIntent } from "./intent.js";
import type { LinkState, Links } from "./underlay/index.js";

const RETRY_MS = 5_000;

export interface Attachment {
  readonly intent: InterfaceIntent;
  readonly slot: number;
  link: LinkState | null;
  /** Null while the data path does not hold it; `problem` says why. */
  opened: OpenedInterface | null;
  problem: string;
}

export type AttachmentListener = (attachment: Attachment) => void;

export class Attachments {
  private readonly byName = new Map<string, Attachment>();
  private readonly slots = new Identities("interface", Limit.MAX_INTERFACES);
  private intents: ReadonlyMap<string, InterfaceIntent> = new Map();
  private readonly unsubscribe: () => void;
  private cancelRetry: (() => void) | undefined;

  /** `changed` is called after an interface was opened, closed, or went up or down. */
  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly links: Links,
    private readonly clock: Clock,
    private readonly events: EventSink,
    private readonly changed: AttachmentListener,
  ) {
    this.unsubscribe = links.onChange(({ name }) => this.follow(name));
  }

  get(name: string): Attachment | undefined {
    return this.byName.get(name);
  }

  all(): IterableIterator<Attachment> {
    return this.byName.values();
  }

  nameOfSlot(slot: number): string {
    return this.slots.nameOf(slot) ?? "";
  }

  isLive(name: string): boolean {
    const attachment = this.byName.get(name);
    return attachment?.opened != null && attachment.link?.isLive === true;
  }

  reconcile(intents: ReadonlyMap<string, InterfaceIntent>): void {
    const { removed, added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    for (const intent of [...removed, ...changed.map(({ before }) => before)]) this.remove(intent.name);
    for (const intent of [...added, ...changed.map(({ after }) => after)]) this.add(intent);
  }

  close(): void {
    this.unsubscribe();
    this.cancelRetry?.();
    for (const name of [...this.byName.keys()]) this.remove(name);
  }

  private add(intent: InterfaceIntent): void {
    const slot = this.slots.acquire(intent.name);
    this.byName.set(intent.name, { intent, slot, link: null, opened: null, problem: "not there yet" });
    this.follow(intent.name);
  }

  private remove(name: string): void {
    const attachment = this.byName.get(name);
    if (attachment === undefined) return;
    this.closeInterface(attachment, "no longer in the config");
    this.byName.delete(name);
    this.tables.interfaces.clear(attachment.slot);
    this.tables.counters.forgetFixes(attachment.slot);
    this.slots.release(name);
  }

  /** Brings one interface in line with what the kernel says of it now. */
  private follow(name: string): void {
    const attachment = this.byName.get(name);
    if (attachment === undefined) return;
    const before = attachment.link;
    attachment.link = this.links.get(name);
    const replaced = before !== null && before.ifindex !== attachment.link?.ifindex;
    if (replaced) this.closeInterface(attachment, "the interface is gone");
    this.writeInterface(attachment);
    if (attachment.link === null) attachment.problem = `interface ${name} does not exist`;
    else if (attachment.opened === null) this.openInterface(attachment, attachment.link);
    this.changed(attachment);
  }

  /** An interface that does not exist keeps its slot, with interface index 0. */
  private writeInterface({ intent, slot, link }: Attachment): void {
    const flags =
      (intent.role === "uplink" ? InterfaceFlag.UPLINK : 0) |
      (intent.isHostStack ? InterfaceFlag.ENGINE : 0) |
      (intent.repair === undefined ? 0 : InterfaceFlag.FIX_ETHERTYPE) |
      (intent.repair?.ipv6 ? InterfaceFlag.FIX_IPV6 : 0);
    this.tables.interfaces.set(slot, intent.name, link?.ifindex ?? 0, flags, link?.mtu ?? 0);
  }

  private openInterface(attachment: Attachment, link: LinkState): void {
    const { intent, slot } = attachment;
    try {
      const plan = { slot, name: intent.name, ifindex: link.ifindex, role: intent.role, hook: intent.hook };
      attachment.opened = this.driver.openInterface({ ...plan, kind: link.kind ?? "", mtuBytes: link.mtu });
      attachment.problem = "";
      this.events("interface_attached", {
        interface: intent.name,
        hook: attachment.opened.hook,
        why: attachment.opened.reason,
      });
    } catch (error) {
      const problem = `interface ${intent.name}: ${error instanceof Error ? error.message : String(error)}`;
      if (problem !== attachment.problem) this.events("interface_refused", { interface: intent.name, why: problem });
      attachment.problem = problem;
      this.retryLater();
    }
  }

  private closeInterface(attachment: Attachment, why: string): void {
    if (attachment.opened === null) return;
    attachment.opened = null;
    attachment.problem = why;
    this.driver.closeInterface(attachment.slot);
    this.events("interface_detached", { interface: attachment.intent.name, why });
    this.changed(attachment);
  }

  private retryLater(): void {
    this.cancelRetry ??= this.clock.after(RETRY_MS, () => {
      this.cancelRetry = undefined;
      for (const attachment of this.byName.values()) {
        if (attachment.opened === null && attachment.link !== null) this.follow(attachment.intent.name);
      }
    });
  }
}

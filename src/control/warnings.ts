// What works, but not as the operator may think: said in `status` and once as an event, and no reason to refuse.

import { ConfigFlag, Family } from "../abi/generated.js";
import type { VtepSettings } from "../tables/tables.js";
import type { Delivery } from "./access/delivery.js";
import type { Attachment } from "./attachments.js";
import type { EventSink } from "./events.js";
import { type PortIntent, portName } from "./intent.js";

/** Inner Ethernet, VXLAN, UDP and the outer IP header (RFC 7348 §5): what a packet grows by. */
const OVERHEAD_BYTES = { [Family.IPV4]: 50, [Family.IPV6]: 70 } as const;
/** An outer TTL of 1 does not leave the first link. */
const LEAST_TTL = 2;

type Objects = Readonly<Record<string, string | number>>;

export interface PortDelivery {
  readonly intent: PortIntent;
  readonly delivery: Delivery;
}

interface Warning {
  readonly kind: string;
  readonly objects: Objects;
  readonly text: string;
}

export class Warnings {
  private current: readonly Warning[] = [];

  constructor(private readonly events: EventSink) {}

  /** Looks again; what was not there before becomes an event. */
  refresh(settings: VtepSettings, attachments: Iterable<Attachment>, ports: Iterable<PortDelivery>): void {
    const before = new Set(this.current.map(({ text }) => text));
    const deliveries = [...ports].flatMap(deliveryWarnings);
    this.current = [...ttlWarnings(settings), ...mtuWarnings(settings, [...attachments]), ...deliveries];
    for (const { kind, objects, text } of this.current) if (!before.has(text)) this.events(kind, objects);
  }

  texts(): string[] {
    return this.current.map(({ text }) => text);
  }
}

function ttlWarnings({ ttl, flags }: VtepSettings): Warning[] {
  if ((flags & ConfigFlag.TTL_INHERIT) !== 0 || ttl >= LEAST_TTL) return [];
  const text = `vtep.ttl ${ttl} reaches no VTEP beyond the first router`;
  return [{ kind: "ttl_too_small", objects: { ttl }, text }];
}

/** The port forwards, but not as fast as it was to. */
function deliveryWarnings({ intent, delivery }: PortDelivery): Warning[] {
  if (delivery.fallback === "") return [];
  const port = portName(intent.interface, intent.vlan);
  const text = `port ${port} delivers through its queue, not to its peer: ${delivery.fallback}`;
  return [{ kind: "peer_out_of_reach", objects: { port, why: delivery.fallback }, text }];
}

/** Of the underlay's interfaces the smallest counts, of the access interfaces the largest. */
function mtuWarnings({ family }: VtepSettings, attachments: readonly Attachment[]): Warning[] {
  // Nothing goes from the host's own stack to other VTEPs.
  const present = attachments.filter(({ link, intent }) => link !== null && !intent.isHostStack);
  const mtuOf = ({ link }: Attachment): number => link?.mtu ?? 0;
  const smallestFirst = (role: string) =>
    present.filter(({ intent }) => intent.role === role).sort((a, b) => mtuOf(a) - mtuOf(b));
  const underlay = smallestFirst("uplink")[0];
  const access = smallestFirst("access").at(-1);
  if (underlay === undefined || access === undefined) return [];
  const overhead = OVERHEAD_BYTES[family === Family.IPV6 ? Family.IPV6 : Family.IPV4];
  const needed = mtuOf(access) + overhead;
  if (mtuOf(underlay) >= needed) return [];
  const names = { underlay: underlay.intent.name, access: access.intent.name };
  const mtus = { underlayMtu: mtuOf(underlay), accessMtu: mtuOf(access), needed };
  const text =
    `underlay ${names.underlay} has MTU ${mtus.underlayMtu}, but packets of access interface ${names.access} ` +
    `(MTU ${mtus.accessMtu}) need ${needed} there: larger ones are refused with an ICMP error`;
  return [{ kind: "underlay_mtu_too_small", objects: { ...names, ...mtus }, text }];
}

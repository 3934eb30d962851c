// How frames leave to a port: through its interface's queue, or, where the operator wants it, straight to the other end of
// its veth. The kernel drops what it is to give to an end in our own namespace, so such a port goes by the queue for as
// long as that lasts. Refuses interfaces that never have another end.

import type { Attachment } from "../attachments.js";
import type { PortIntent } from "../intent.js";

export interface Delivery {
  readonly way: "queue" | "peer";
  /** Why not the way that the config asks for; empty where it is, or where nothing is delivered at all. */
  readonly fallback: string;
  /** Why the port cannot be had as the config asks; empty where it can. */
  readonly refused: string;
}

const AS_ASKED = { fallback: "", refused: "" } as const;
const BY_QUEUE: Delivery = { way: "queue", ...AS_ASKED };

export function deliveryOf({ deliversToPeer }: PortIntent, attachment: Attachment | undefined): Delivery {
  if (!deliversToPeer || !attachment?.link || !attachment.opened) return BY_QUEUE;
  const { link, opened } = attachment;
  if (link.kind !== "veth") {
    const what = link.kind === null ? "no virtual interface" : `of kind ${link.kind}`;
    return { ...BY_QUEUE, refused: `deliver: peer needs a veth, and ${link.name} is ${what}; allowed there: queue` };
  }
  if (opened.reachesPeer !== true)
    return { ...BY_QUEUE, fallback: "the userspace data path delivers through the queue" };
  if (!link.isLinkElsewhere)
    return { ...BY_QUEUE, fallback: "the other end is in this network namespace, where the kernel delivers to none" };
  return { way: "peer", ...AS_ASKED };
}

/** One decoded rtnetlink object message, whichever it is. New object kinds are added here and nowhere else. */
import { type AddressMessage, decodeAddress } from "./address.js";
import { AddressFamily, type MessageHeader, MessageType } from "./header.js";
import { decodeLink, type LinkMessage } from "./link.js";
import { decodeNeighbor, type NeighborMessage } from "./neighbor.js";
import { decodeNexthop, type NexthopMessage } from "./nexthop.js";
import { decodeRoute, type RouteMessage } from "./route.js";
import { decodeRule, type RuleMessage } from "./rule.js";

export type NetlinkObject =
  | { readonly kind: "link"; readonly removed: boolean; readonly link: LinkMessage }
  /** An interface as port of a bridge: removed means it left the bridge. */
  | { readonly kind: "bridgePort"; readonly removed: boolean; readonly link: LinkMessage }
  | { readonly kind: "address"; readonly removed: boolean; readonly address: AddressMessage }
  | { readonly kind: "route"; readonly removed: boolean; readonly route: RouteMessage }
  | { readonly kind: "neighbor"; readonly removed: boolean; readonly neighbor: NeighborMessage }
  | { readonly kind: "nexthop"; readonly removed: boolean; readonly nexthop: NexthopMessage }
  | { readonly kind: "rule"; readonly removed: boolean; readonly rule: RuleMessage };

export type DecodeFailure = "malformed" | "unknown";

export function decodeMessage(view: DataView, header: MessageHeader): NetlinkObject | DecodeFailure {
  const { type, start, end } = header;
  switch (type) {
    case MessageType.newLink:
    case MessageType.deleteLink:
      return linkObject(decodeLink(view, start, end), type === MessageType.deleteLink);
    case MessageType.newAddress:
    case MessageType.deleteAddress: {
      const address = decodeAddress(view, start, end);
      return address === null ? "malformed" : { kind: "address", removed: type === MessageType.deleteAddress, address };
    }
    case MessageType.newRoute:
    case MessageType.deleteRoute: {
      const route = decodeRoute(view, start, end);
      return route === null ? "malformed" : { kind: "route", removed: type === MessageType.deleteRoute, route };
    }
    case MessageType.newNeighbor:
    case MessageType.deleteNeighbor: {
      const neighbor = decodeNeighbor(view, start, end);
      if (neighbor === null) return "malformed";
      return { kind: "neighbor", removed: type === MessageType.deleteNeighbor, neighbor };
    }
    case MessageType.newNexthop:
    case MessageType.deleteNexthop: {
      const nexthop = decodeNexthop(view, start, end);
      return nexthop === null ? "malformed" : { kind: "nexthop", removed: type === MessageType.deleteNexthop, nexthop };
    }
    case MessageType.newRule:
    case MessageType.deleteRule: {
      const rule = decodeRule(view, start, end);
      return rule === null ? "malformed" : { kind: "rule", removed: type === MessageType.deleteRule, rule };
    }
    default:
      return "unknown";
  }
}

function linkObject(link: LinkMessage | null, removed: boolean): NetlinkObject | DecodeFailure {
  if (link === null) return "malformed";
  if (link.family === AddressFamily.unspecified) return { kind: "link", removed, link };
  return link.family === AddressFamily.bridge ? { kind: "bridgePort", removed, link } : "unknown";
}

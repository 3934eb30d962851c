// What the kernel of this network namespace says of itself in /proc and /sys.

import { readFileSync } from "node:fs";
import { OUR_ALIAS } from "../objects/ownership.js";

export interface HostFacts {
  /** net.ipv4.conf.NAME.rp_filter; undefined where there is no such interface. */
  rpFilter(interfaceName: string): number | undefined;
  /** Whether the bridge learns on this port of its; undefined where the interface is none. */
  learns(interfaceName: string): boolean | undefined;
  /** Whether vtepd made the interface. */
  isOurs(interfaceName: string): boolean;
}

export const host: HostFacts = {
  rpFilter(name) {
    const text = read(`/proc/sys/net/ipv4/conf/${name}/rp_filter`);
    return text === undefined ? undefined : Number(text);
  },
  learns(name) {
    const text = read(`/sys/class/net/${name}/brport/learning`);
    return text === undefined ? undefined : text === "1";
  },
  isOurs: (name) => read(`/sys/class/net/${name}/ifalias`) === OUR_ALIAS,
};

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

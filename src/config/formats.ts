// The kinds of text in a config file. Each says what it allows, what is wrong with a text, and how to spell it
// canonically; the schema names them, and validation, messages, docs and normalisation all ask here.

import {
  canonicalMac,
  familyOf,
  formatAddress,
  formatPrefix,
  hostPart,
  isIpv6LinkLocal,
  networkOf,
  parseAddress,
  parsePrefix,
  unicastFault,
  unicastMacFault,
} from "./address.js";

export interface TextFormat {
  /** What is allowed, as the end of a sentence. */
  readonly allowed: string;
  /** What is wrong with the text, as a verb phrase; undefined if nothing is. */
  fault(text: string): string | undefined;
  /** Only called with a text that has no fault. */
  canonical(text: string): string;
}

export type FormatName =
  | "object-name"
  | "interface-name"
  | "unicast-mac"
  | "vtep-address"
  | "host-address"
  | "interface-address"
  | "prefix"
  | "listen-address"
  | "absolute-path"
  | "socket-path"
  | "domain-template"
  | "l3-template"
  | "vrf-template";

const same = (text: string): string => text;

/** IFNAMSIZ of <linux/if.h> without its terminating zero. */
export const INTERFACE_NAME_BYTES = 15;
/** sun_path of unix(7) without its terminating zero. */
const SOCKET_PATH_BYTES = 107;

const objectName: TextFormat = {
  allowed: "1..64 letters, digits, '_', '.' or '-', beginning with a letter or digit",
  fault: (text) => (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text) ? undefined : "is not a name"),
  canonical: same,
};

/** The rules of dev_valid_name() in the kernel; control characters besides. */
const interfaceName: TextFormat = {
  allowed: `1..${INTERFACE_NAME_BYTES} bytes without blanks, '/' and ':'`,
  fault(text) {
    const bytes = Buffer.byteLength(text);
    if (bytes > INTERFACE_NAME_BYTES) return `is ${bytes} bytes long, too long for an interface name`;
    return /^[^\s/:\p{Cc}\p{Cf}]+$/u.test(text) && text !== "." && text !== ".."
      ? undefined
      : "is not an interface name";
  },
  canonical: same,
};

const unicastMac: TextFormat = {
  allowed: "a unicast MAC address such as 02:00:00:00:00:01",
  fault(text) {
    const mac = canonicalMac(text);
    return mac === undefined ? "is not a MAC address" : unicastMacFault(mac);
  },
  canonical: (text) => canonicalMac(text) ?? text,
};

function canonicalAddress(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

function hostFault(text: string): string | undefined {
  const address = parseAddress(text);
  if (address !== undefined) return unicastFault(address);
  return parsePrefix(text) === undefined ? "is not an IP address" : "has a prefix length, which does not belong here";
}

const hostAddress: TextFormat = {
  allowed: "a unicast IPv4 or IPv6 address",
  fault: hostFault,
  canonical: canonicalAddress,
};

/** Texts that are remembered: as many as there can be VTEPs. */
const REMEMBERED = 8192;

/** PERF: of a million MACs, each names one of few VTEPs; reading its address took a quarter of the time of `check`. */
function remembered<Result>(read: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, { readonly result: Result }>();
  return (text) => {
    const earlier = known.get(text);
    if (earlier !== undefined) return earlier.result;
    const result = read(text);
    if (known.size < REMEMBERED) known.set(text, { result });
    return result;
  };
}

const vtepAddress: TextFormat = {
  allowed: "a unicast IPv4 or IPv6 address that the underlay routes",
  fault: remembered((text) => {
    const address = parseAddress(text);
    // fe80:: means nothing without an interface, and the underlay cannot route it.
    if (address !== undefined && isIpv6LinkLocal(address)) return "is a link-local address";
    return hostFault(text);
  }),
  canonical: remembered(canonicalAddress),
};

const interfaceAddress: TextFormat = {
  allowed: "a host address with its prefix length, such as 192.168.100.1/24 or 2001:db8:100::1/64",
  fault(text) {
    const prefix = parsePrefix(text);
    if (prefix === undefined)
      return parseAddress(text) ? "has no prefix length" : "is not an address with a prefix length";
    const fault = unicastFault(prefix.address);
    if (fault !== undefined) return fault;
    if (prefix.length === 0) return "has prefix length 0, which is no subnet";
    return subnetFault(hostPart(prefix), familyOf(prefix.address), onlyTwoAddresses(text));
  },
  canonical: canonicalPrefix,
};

/** SPEC: RFC 3021 (/31) and RFC 6164 (/127): both addresses of a link of two are hosts. */
function onlyTwoAddresses(text: string): boolean {
  return /(^[^:]*\/31|:.*\/127)$/.test(text);
}

function subnetFault(host: ReturnType<typeof hostPart>, family: "IPv4" | "IPv6", two: boolean): string | undefined {
  if (host === "none") return "leaves no room for hosts in its subnet";
  if (two || host === "host") return undefined;
  // SPEC: RFC 4291 §2.6.1: all zeros is the subnet-router anycast address; IPv6 has no broadcast.
  if (host === "zeros") return "is the address of the subnet itself";
  return family === "IPv4" ? "is the broadcast address of its subnet" : undefined;
}

function canonicalPrefix(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? text : formatPrefix(prefix);
}

const routePrefix: TextFormat = {
  allowed: "a prefix without host bits, such as 192.168.200.0/24 or 2001:db8:200::22/128",
  fault(text) {
    const prefix = parsePrefix(text);
    if (prefix === undefined) return parseAddress(text) ? "has no prefix length" : "is not a prefix";
    const range = prefix.length === 0 ? undefined : unicastFault(prefix.address);
    if (range === "is a multicast address") return "is a multicast prefix";
    if (range === "is an IPv4 address in IPv6 form") return "is an IPv4 prefix in IPv6 form";
    const network = networkOf(prefix);
    return network === formatPrefix(prefix) ? undefined : `has host bits (its prefix is ${network})`;
  },
  canonical: canonicalPrefix,
};

function splitListen(text: string): { host: string; port: number } | undefined {
  const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = inBrackets ?? plain;
  return host === undefined ? undefined : { host, port: Number(port) };
}

const listenAddress: TextFormat = {
  allowed: "ADDRESS:PORT such as 127.0.0.1:7348 or [::1]:7348, port 1..65535",
  fault(text) {
    const parts = splitListen(text);
    const address = parts && parseAddress(parts.host);
    if (parts === undefined || address === undefined) return "is not an address and a port";
    if ((familyOf(address) === "IPv6") !== text.startsWith("[")) return "has brackets in the wrong place";
    if (parts.port < 1 || parts.port > 65535) return `has port ${parts.port}, which is out of range`;
    const fault = unicastFault(address);
    return fault === "is a multicast address" || fault === "is the broadcast address" ? fault : undefined;
  },
  canonical(text) {
    const { host = text, port = 0 } = splitListen(text) ?? {};
    const address = canonicalAddress(host);
    return text.startsWith("[") ? `[${address}]:${port}` : `${address}:${port}`;
  },
};

function pathFault(text: string): string | undefined {
  if (!text.startsWith("/")) return "is not an absolute path";
  return /\p{Cc}/u.test(text) ? "contains control characters" : undefined;
}

const absolutePath: TextFormat = { allowed: "an absolute path", fault: pathFault, canonical: same };

const socketPath: TextFormat = {
  allowed: `an absolute path of at most ${SOCKET_PATH_BYTES} bytes`,
  fault(text) {
    const bytes = Buffer.byteLength(text);
    return bytes > SOCKET_PATH_BYTES ? `is ${bytes} bytes long, too long for a unix socket` : pathFault(text);
  },
  canonical: same,
};

/** A name with placeholders; without one every domain would get the same name. */
function nameTemplate(placeholders: readonly string[]): TextFormat {
  const spelled = placeholders.map((name) => `{${name}}`);
  return {
    allowed: `letters, digits, '_', '.', '-' and at least one of ${spelled.join(", ")}`,
    fault(text) {
      const used = text.match(/\{[^}]*\}/g) ?? [];
      if (used.some((placeholder) => !spelled.includes(placeholder))) return "has an unknown placeholder";
      if (used.length === 0) return "has no placeholder, so that several objects would share the name";
      return /^[A-Za-z0-9_.-]*$/.test(text.replace(/\{\w+\}/g, "")) ? undefined : "is not a name with placeholders";
    },
    canonical: same,
  };
}

export const formats: Readonly<Record<FormatName, TextFormat>> = {
  "object-name": objectName,
  "interface-name": interfaceName,
  "unicast-mac": unicastMac,
  "vtep-address": vtepAddress,
  "host-address": hostAddress,
  "interface-address": interfaceAddress,
  prefix: routePrefix,
  "listen-address": listenAddress,
  "absolute-path": absolutePath,
  "socket-path": socketPath,
  "domain-template": nameTemplate(["bd", "vni"]),
  "l3-template": nameTemplate(["vrf", "vni"]),
  "vrf-template": nameTemplate(["vrf"]),
};

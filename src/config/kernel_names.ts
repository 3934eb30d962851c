// Names of the kernel objects that are made for zebra, from the templates in control.frr.names. One place, so that the
// rules judge the very names that control makes.

export interface DomainNameTemplates {
  readonly bridge: string;
  readonly vxlan: string;
  readonly port: string;
}

export interface L3NameTemplates {
  readonly l3Bridge: string;
  readonly vxlan: string;
  readonly port: string;
}

export interface BridgeNames {
  readonly bridge: string;
  /** Empty where there is no VNI. */
  readonly vxlan: string;
  readonly port: string;
  readonly portPeer: string;
}

export function domainNames(templates: DomainNameTemplates, name: string, vni: number | undefined): BridgeNames {
  const named = (template: string) => fill(template, { bd: name, vni: String(vni ?? name) });
  const port = named(templates.port);
  const vxlan = vni === undefined ? "" : named(templates.vxlan);
  return { bridge: named(templates.bridge), vxlan, port, portPeer: peerOf(port) };
}

/** Name of the VRF device or network namespace. */
export function vrfName(template: string, name: string): string {
  return fill(template, { vrf: name });
}

/** `bridge` is the bridge of the L3 VNI. */
export function l3Names(templates: L3NameTemplates, name: string, l3Vni: number): BridgeNames {
  const named = (template: string) => fill(template, { bd: name, vrf: name, vni: String(l3Vni) });
  const port = named(templates.port);
  return { bridge: named(templates.l3Bridge), vxlan: named(templates.vxlan), port, portPeer: peerOf(port) };
}

function peerOf(port: string): string {
  return `${port}p`;
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, key: string) => values[key] ?? placeholder);
}

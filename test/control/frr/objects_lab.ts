// A VTEP's kernel objects in a node of their own: the daemon's part is played here, so that it can be started, killed
// and asked what it wrote.
import { parseConfig } from "../../../src/config/load.js";
import { frrIntentOf, type WantedObjects } from "../../../src/control/frr/intent.js";
import { type DomainObjects, KernelObjects, type VrfObjects } from "../../../src/control/frr/objects/index.js";
import { Places } from "../../../src/control/frr/places.js";
import type { Leash } from "../../../src/control/frr/world.js";
import { type NetlinkClient, UNDERLAY_GROUPS } from "../../../src/control/netlink/index.js";
import { Links } from "../../../src/control/underlay/index.js";
import { openLeash } from "../../../src/daemon/frr_parts.js";
import { NamedNamespaces } from "../../../src/daemon/namespaces.js";
import { FakeClock } from "../vtep/lab.js";
import { type FabricNode, makeNode } from "./fabric.js";

const HEAD = "vtep: { address: 10.0.0.1, underlay: [up0] }\n";

export function wantedBy(body: string): WantedObjects {
  const parsed = parseConfig(`${HEAD}${body}`, "test.yaml");
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join("\n"));
  const intent = frrIntentOf(parsed.config);
  if (intent === undefined) throw new Error("not in mode frr");
  return intent.objects;
}

/** What `ip -j -d` says of an interface, as far as tests read it. */
export interface ShownLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly address: string;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly master?: string;
  readonly ifalias?: string;
  readonly inet6_addr_gen_mode?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
}

export class ObjectsLab {
  readonly clock = new FakeClock();
  readonly events: { kind: string; interface: unknown; namespace: unknown; what: unknown }[] = [];
  /** Requests that were to change something. */
  writes = 0;
  private running:
    | { objects: KernelObjects; places: Places; own: NetlinkClient; links: Links; leash: Leash }
    | undefined;

  private stopWatching: () => void = () => {};

  private constructor(readonly node: FabricNode) {}

  static async make(): Promise<ObjectsLab> {
    return new ObjectsLab(await makeNode("objects"));
  }

  get objects(): KernelObjects {
    if (this.running === undefined) throw new Error("not started");
    return this.running.objects;
  }

  async start(body: string): Promise<void> {
    const own = this.counted(this.node.openNetlink("", UNDERLAY_GROUPS, 1 << 22));
    const links = new Links(own);
    await links.load();
    const open: typeof this.node.openNetlink = (...args) => this.counted(this.node.openNetlink(...args));
    const places = new Places({ client: own, links }, open);
    const namespaces = new NamedNamespaces(this.node.netnsFolder, this.node.entering);
    const watch = namespaces.watch.bind(namespaces);
    namespaces.watch = (changed) => (this.stopWatching = watch(changed));
    const leash = openLeash(this.node.netns());
    const objects = new KernelObjects({
      leash: leash.ifindex,
      noticed: async () => {},
      places,
      namespaces,
      clock: this.clock,
      events: (kind, { interface: name, namespace, what }) =>
        this.events.push({ kind, interface: name, namespace, what }),
    });
    this.running = { objects, places, own, links, leash };
    await this.apply(body);
  }

  async apply(body: string): Promise<void> {
    await this.objects.apply(wantedBy(body));
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    await this.objects.close();
    this.crash();
  }

  /** As SIGKILL does: sockets and TAPs close, and nobody cleans up. */
  crash(): void {
    this.stopWatching();
    this.running?.places.closeAll();
    this.running?.links.close();
    this.running?.own.close();
    this.running?.leash.close();
    this.running = undefined;
  }

  async remove(): Promise<void> {
    this.crash();
    await this.node.remove();
  }

  domain(name: string): DomainObjects | undefined {
    return [...this.objects.domains()].find(({ bridgeDomain }) => bridgeDomain === name);
  }

  vrf(name: string): VrfObjects | undefined {
    return [...this.objects.vrfs()].find(({ vrf }) => vrf === name);
  }

  /** Interfaces of the node, or of a VRF namespace in it, by name. */
  async links(vrf = ""): Promise<Map<string, ShownLink>> {
    const shown = JSON.parse(await this.ip(vrf, "-j", "-d", "link", "show")) as ShownLink[];
    return new Map(shown.map((link) => [link.ifname, link]));
  }

  async addresses(link: string, vrf = ""): Promise<string[]> {
    const shown = JSON.parse(await this.ip(vrf, "-j", "address", "show", "dev", link)) as {
      addr_info: { local: string; prefixlen: number }[];
    }[];
    return (shown[0]?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  }

  async ip(vrf: string, ...words: string[]): Promise<string> {
    return this.node.exec("ip", ...(vrf === "" ? [] : ["-n", vrf]), ...words);
  }

  private counted(client: NetlinkClient): NetlinkClient {
    const execute = client.execute.bind(client);
    client.execute = (message) => {
      this.writes++;
      return execute(message);
    };
    return client;
  }
}

// The namespaces that kernel objects live in: our own, and with `zebra -n` one per VRF, made where there is none. A
// namespace that we made has our mark on its loopback; it goes again with its VRF, unless somebody else uses it.
//
// One that loses its name is lost to zebra, though our sockets keep it alive: it is left, and the name made anew.

import { VtepError } from "../../../wire/error.js";
import type { Clock } from "../../clock.js";
import { encodeSetLink, LinkFlag, type LinkMessage } from "../../netlink/index.js";
import type { Place, Places } from "../places.js";
import type { Site } from "./bridge_plan.js";
import type { Namespaces } from "./namespaces.js";
import { Observed } from "./observed.js";
import { isOurs, OUR_ALIAS } from "./ownership.js";
import { removeOurAddresses, sweep } from "./sweep.js";

const REST_MS = 1_000;

export interface OpenSite extends Site {
  readonly place: Place;
  /** Which namespace it was that had the name; "" for our own. */
  readonly identity: string;
}

export class Sites {
  private readonly sites = new Map<string, OpenSite>();
  private readonly resting = new Set<string>();
  /** Made, but not yet entered. */
  private readonly unmarked = new Set<string>();
  private stopWatching: (() => void) | undefined;

  constructor(
    private readonly places: Places,
    private readonly namespaces: Namespaces,
    private readonly clock: Clock,
    private readonly noticed: (namespace: string) => Promise<void>,
    private readonly changed: (place: string, interfaceName: string) => void,
    private readonly lost: () => void,
  ) {}

  /** It comes first, and stays. */
  private get own(): OpenSite {
    const own = this.sites.get("");
    if (own === undefined) throw new VtepError("places_closed", "the own network namespace could not be read");
    return own;
  }

  get(name: string): OpenSite | undefined {
    return this.sites.get(name);
  }

  all(): OpenSite[] {
    return [...this.sites.values()];
  }

  async open(name: string): Promise<void> {
    if (this.sites.has(name)) return;
    const ours = name === "" ? undefined : this.own.observed;
    if (name !== "" && (await this.namespaces.ensure(name))) this.unmarked.add(name);
    if (name !== "") this.stopWatching ??= this.namespaces.watch(() => this.look());
    const identity = name === "" ? "" : (this.namespaces.identity(name) ?? "");
    const place = name === "" ? this.places.own : await this.places.open(name);
    const observed = new Observed(place.client);
    const openNetns = (other: string) => this.namespaces.open(other);
    const own = { client: this.places.own.client, observed: ours ?? observed };
    const site = { name, place, identity, client: place.client, observed, own, openNetns };
    try {
      if (this.unmarked.has(name)) await place.client.execute(encodeSetLink("lo", { alias: OUR_ALIAS, up: true }));
      if (this.unmarked.delete(name)) await this.noticed(name);
      await observed.load();
    } catch (error) {
      observed.close();
      if (name !== "") this.places.close(name);
      throw error;
    }
    observed.onChange((interfaceName) => this.changed(name, interfaceName));
    this.sites.set(name, site);
  }

  /** Namespaces whose name is gone, or now another's. */
  replaced(): string[] {
    const others = this.all().filter(({ name }) => name !== "" && !this.resting.has(name));
    return others.filter(({ name, identity }) => this.namespaces.identity(name) !== identity).map(({ name }) => name);
  }

  /** Leaves a namespace that lost its name, with nothing of ours in it; the next look is a moment later. */
  async abandon(name: string): Promise<void> {
    const site = this.sites.get(name);
    if (site === undefined) return;
    this.resting.add(name);
    this.clock.after(REST_MS, () => {
      this.resting.delete(name);
      this.look();
    });
    await sweep(site, () => false).finally(() => this.forget(site));
  }

  /** Removes all that is ours from it, and the namespace itself if that is. */
  async release(name: string): Promise<void> {
    const site = this.sites.get(name);
    if (site === undefined) return;
    try {
      await sweep(site, () => false);
      await removeOurAddresses(site);
    } finally {
      const isOursToRemove = name !== "" && isUnused(site);
      this.forget(site);
      if (isOursToRemove) await this.namespaces.remove(name);
    }
  }

  close(): void {
    this.stopWatching?.();
    for (const site of this.all()) this.forget(site);
  }

  private look(): void {
    if (this.replaced().length > 0) this.lost();
  }

  private forget(site: OpenSite): void {
    site.observed.close();
    this.sites.delete(site.name);
    if (site.name !== "") this.places.close(site.name);
  }
}

/** What is up beside the loopback belongs to somebody. */
function isUnused({ observed }: Site): boolean {
  const isOthers = (link: LinkMessage) => link.name !== "lo" && !isOurs(link) && (link.flags & LinkFlag.up) !== 0;
  return observed.link("lo")?.alias === OUR_ALIAS && !observed.links().some(isOthers);
}

// One running VTEP: config → intent → control → data path, and what the API may ask of it.

import { isDeepStrictEqual } from "node:util";
import { Drop, dropReasonNames } from "../abi/generated.js";
import { type LoadedConfig, loadConfig } from "../config/load.js";
import type { Problem } from "../config/problem.js";
import type { VtepConfig } from "../config/schema.js";
import type { Clock } from "../control/clock.js";
import { Decoy } from "../control/decoy.js";
import type { EventSink } from "../control/events.js";
import type { FrrIntent } from "../control/frr/intent.js";
import { FrrWorld } from "../control/frr/world.js";
import type { Intent } from "../control/intent.js";
import { JOIN_NAME, JOINED_NAME, Joiner } from "../control/joiner.js";
import { formatMapped } from "../control/mapped_address.js";
import { NetlinkClient, UNDERLAY_GROUPS, WITHOUT_FORWARDING_ENTRIES } from "../control/netlink/index.js";
import { intentFromConfig } from "../control/static/from_config.js";
import { Links } from "../control/underlay/index.js";
import { VtepControl } from "../control/vtep_control.js";
import type { Driver } from "../dataplane/driver.js";
import { UnderlayErrors } from "../dataplane/io/underlay_errors.js";
import type { Decision } from "../engine/decision.js";
import type { EngineListener } from "../engine/engine.js";
import { NetlinkSocket, possibleCpus } from "../native/index.js";
import { Tables } from "../tables/tables.js";
import { writeI32 } from "../wire/bytes.js";
import { VtepError } from "../wire/error.js";
import { formatMac } from "../wire/ethernet.js";
import { changedKeys } from "./changed_keys.js";
import { type ChosenDriver, openDriver, requireNetworkCapabilities } from "./datapath.js";
import { frrParts } from "./frr_parts.js";

const NETLINK_BUFFER_BYTES = 32 * 1024 * 1024;

export type ReloadOutcome = { readonly changed: readonly string[] } | { readonly problems: readonly Problem[] };

/** Keys of `vtep` that the data path is opened with. */
const REBUILD_KEYS = ["datapath", "userspaceSocket", "udpPort"] as const;
const NOTHING_CHANGED: ReloadOutcome = { changed: [] };

export class Vtep implements EngineListener {
  tables = new Tables();
  config: VtepConfig;
  private chosen: ChosenDriver | undefined;
  private running: VtepControl | undefined;
  private decoy: Decoy | undefined;
  private joiner: Joiner | undefined;
  private underlayErrors: UnderlayErrors | undefined;
  private intent: Intent | undefined;
  private frrWorld: FrrWorld | undefined;
  private readonly client: NetlinkClient;
  private readonly links: Links;
  private reloading: Promise<ReloadOutcome> | undefined;
  /** The data path has got all of an intent, with what zebra had written when it was opened. */
  private isComplete = false;

  constructor(
    private readonly configFile: string,
    loaded: LoadedConfig,
    private readonly clock: Clock,
    private readonly events: EventSink,
  ) {
    this.config = loaded.config;
    this.client = new NetlinkClient(
      new NetlinkSocket({
        groups: UNDERLAY_GROUPS,
        receiveBufferBytes: NETLINK_BUFFER_BYTES,
        filter: WITHOUT_FORWARDING_ENTRIES,
      }),
    );
    this.client.onError((error) => events("netlink_error", { why: error.message }));
    this.client.onOverrun(() => events("netlink_overrun", {}));
    this.links = new Links(this.client);
    this.links.onChange(({ name, before }) => {
      if (this.joiner !== undefined && before?.ifindex === this.joiner.ifindex)
        this.lookAtJoiner(this.links.get(name) === null);
    });
  }

  get isOpen(): boolean {
    return this.running !== undefined && this.intent !== undefined;
  }

  get datapath(): "ebpf" | "userspace" | "memory" {
    return this.chosen?.driver.name ?? "userspace";
  }

  get datapathReason(): string {
    return this.chosen?.reason ?? "";
  }

  /** Throws `not_open` while the data path is being opened or rebuilt. */
  get control(): VtepControl {
    if (this.running === undefined) throw notOpen();
    return this.running;
  }

  get driver(): Driver {
    if (this.chosen === undefined) throw notOpen();
    return this.chosen.driver;
  }

  get forwards(): boolean {
    if (this.intent === undefined || this.running === undefined || !this.isComplete) return false;
    const attachments = [...this.running.attachments.all()];
    const some = (role: string) => attachments.some(({ intent, opened }) => intent.role === role && opened !== null);
    return some("uplink") && (this.intent.ports.size === 0 || some("access"));
  }

  async start(): Promise<void> {
    requireNetworkCapabilities();
    const opening = this.links.load().then(() => this.open(intentFromConfig(this.config)));
    // A SIGHUP that comes while we start waits for its turn.
    this.reloading = opening.then(
      () => NOTHING_CHANGED,
      () => NOTHING_CHANGED,
    );
    await opening;
  }

  /** Applies the file again: all of it, or nothing when it has problems. One at a time. */
  reload(): Promise<ReloadOutcome> {
    const next = (this.reloading ?? Promise.resolve()).then(() => this.reloadNow());
    this.reloading = next.catch(() => NOTHING_CHANGED);
    return next;
  }

  async close(): Promise<void> {
    await this.running?.frr?.withdraw();
    await this.closeDataPath();
    await this.frrWorld?.close();
    this.links.close();
    this.client.close();
  }

  onRefusal(decision: Decision): void {
    const port = this.running?.ports.intentOf(decision.port);
    const mac = formatMac(decision.sourceHi, decision.sourceLo);
    if (decision.reason === Drop.MAC_LIMIT) {
      this.running?.ports.limitHit(decision.port, mac);
      this.running?.flushSoon();
      return;
    }
    const reason = dropReasonNames[decision.reason] ?? "";
    this.events(reason, { interface: port?.interface ?? "", vlan: port?.vlan ?? 0, mac });
  }

  onDiscovery(decision: Decision): void {
    const address = new Uint8Array(16);
    [decision.sender0, decision.sender1, decision.sender2, decision.sender3].forEach((word, index) => {
      writeI32(address, index * 4, word);
    });
    this.running?.vteps.discover(formatMapped(address));
    this.running?.flushSoon();
  }

  onBinding(decision: Decision): void {
    this.running?.neighbors.onBinding(decision);
  }

  onHold(decision: Decision, bytes: Uint8Array, offset: number, length: number): boolean {
    return this.running?.neighbors.onHold(decision, bytes, offset, length) ?? false;
  }

  private async reloadNow(): Promise<ReloadOutcome> {
    const loaded = loadConfig(this.configFile);
    if (!loaded.ok) return { problems: loaded.problems };
    const intent = intentFromConfig(loaded.config);
    const changed = changedKeys(this.config, loaded.config, this.intent!, intent);
    await this.replace(loaded.config, intent);
    this.events("config_applied", { changed: changed.length });
    return { changed };
  }

  /** A data path or UDP port cannot change in place. Where the new one cannot be had, the old one returns. */
  private async replace(config: VtepConfig, intent: Intent): Promise<void> {
    const before = { config: this.config, intent: this.intent! };
    const rebuild = REBUILD_KEYS.some((key) => before.config.vtep[key] !== config.vtep[key]);
    this.config = config;
    if (!rebuild) {
      if (!isDeepStrictEqual(before.config.vtep.sourcePorts, config.vtep.sourcePorts)) await this.reopenDecoy(intent);
      return this.open(intent);
    }
    await this.closeDataPath();
    try {
      await this.open(intent);
    } catch (error) {
      await this.closeDataPath();
      this.config = before.config;
      await this.open(before.intent);
      throw error;
    }
  }

  /** Before the intent is applied, so that the data path asks for the new one's index. */
  private async reopenDecoy(intent: Intent): Promise<void> {
    await this.decoy?.close();
    this.decoy = await Decoy.open(this.client, this.links, intent.settings);
  }

  /** Opens what is not open, and applies the intent. */
  private async open(intent: Intent): Promise<void> {
    if (this.running === undefined) {
      this.tables = new Tables();
      this.decoy = await Decoy.open(this.client, this.links, intent.settings);
      this.chosen = openDriver(this.config.vtep, this.tables, this);
      await this.openJoiner(this.chosen.driver);
      const { client, links, clock, tables } = this;
      this.running = new VtepControl({ tables, driver: this.chosen.driver, client, links, clock, events: this.events });
    }
    await this.running.apply(intent);
    this.intent = intent;
    this.listenForErrors(intent.settings.family);
    await this.followFrr(this.running, intent.frr);
    this.isComplete = true;
  }

  /** Without it frames still flow: TCP streams are slower where the underlay has no GRO. */
  private async openJoiner(driver: Driver): Promise<void> {
    if (driver.joinBy === undefined) return;
    try {
      this.joiner = await Joiner.open(this.client, this.links, possibleCpus());
      driver.joinBy({ join: JOIN_NAME, joined: JOINED_NAME });
    } catch (error) {
      this.events("joining_unavailable", { why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** The data path asks for its devices whenever the settings are written: nothing is to be sent where none is. */
  private lookAtJoiner(isGone: boolean): void {
    if (isGone) this.events("joining_unavailable", { why: `somebody removed ${JOIN_NAME}` });
    this.tables.deltas.config = true;
    this.running?.flushSoon();
  }

  private async followFrr(control: VtepControl, intent: FrrIntent | undefined): Promise<void> {
    if (intent !== undefined) {
      const { client, links, clock, events } = this;
      this.frrWorld ??= new FrrWorld({ client, links, clock, events, ...frrParts() });
      return control.useFrr(this.frrWorld, intent);
    }
    await control.frr?.withdraw();
    control.leaveFrr();
    await this.frrWorld?.close();
    this.frrWorld = undefined;
  }

  /** Without it packets still flow: only path MTUs are not learned. */
  private listenForErrors(family: number): void {
    if (this.underlayErrors?.family === family) return;
    this.underlayErrors?.close();
    this.underlayErrors = undefined;
    const receive = (message: Uint8Array): void => this.running?.onUnderlayError(message);
    try {
      this.underlayErrors = new UnderlayErrors(family, receive, (ms, callback) => this.clock.after(ms, callback));
    } catch (error) {
      this.events("path_mtu_unavailable", { why: error instanceof Error ? error.message : String(error) });
    }
  }

  private async closeDataPath(): Promise<void> {
    this.underlayErrors?.close();
    this.underlayErrors = undefined;
    this.running?.close();
    this.running = undefined;
    this.isComplete = false;
    this.chosen?.driver.close();
    this.chosen = undefined;
    const { joiner } = this;
    this.joiner = undefined;
    await joiner?.close();
    await this.decoy?.close();
    this.decoy = undefined;
  }
}

function notOpen(): VtepError {
  return new VtepError("not_open", "the data path is being opened; ask again in a moment");
}

// The line to one of FRR's daemons: held open while it stands, tried again, ever more slowly, while it does not.

import type { Clock } from "../../clock.js";
import { Listeners, type Unsubscribe } from "../../netlink/listeners.js";
import { VtyConnection } from "./connection.js";
import { type FrrVersion, whyUnsupported } from "./release.js";
import { askVersion } from "./shows.js";
import { unreachable } from "./unreachable.js";

export type DaemonState = "up" | "down" | "refused";

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;
/** As often as watchfrr does: a daemon that hangs keeps its connections. */
const HEARTBEAT_MS = 10_000;

export interface DaemonLinkOptions {
  readonly folder: string;
  readonly daemon: string;
  readonly clock: Clock;
}

export class DaemonLink {
  private readonly changes = new Listeners<DaemonState>();
  private connection: VtyConnection | undefined;
  private present: DaemonState = "down";
  private why: string;
  private release: FrrVersion | undefined;
  private cancel: (() => void) | undefined;
  private retryMs = FIRST_RETRY_MS;
  private isClosed = false;

  constructor(private readonly options: DaemonLinkOptions) {
    this.why = `${options.daemon} has not been asked yet`;
  }

  get state(): DaemonState {
    return this.present;
  }

  get version(): FrrVersion | undefined {
    return this.release;
  }

  /** undefined while the daemon does not answer. */
  get vty(): VtyConnection | undefined {
    return this.present === "up" ? this.connection : undefined;
  }

  /** Why the daemon is not as it should be; empty when it is. */
  get reason(): string {
    return this.present === "up" ? whyUnsupported(this.release) : this.why;
  }

  onChange(listener: (state: DaemonState) => void): Unsubscribe {
    return this.changes.add(listener);
  }

  start(): void {
    void this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.cancel?.();
    this.connection?.close();
  }

  private async connect(): Promise<void> {
    const { folder, daemon } = this.options;
    try {
      const connection = await VtyConnection.open(`${folder}/${daemon}.vty`);
      if (this.isClosed) return connection.close();
      this.connection = connection;
      connection.onClose(() => this.lost(connection));
      this.release = await askVersion(connection);
      this.retryMs = FIRST_RETRY_MS;
      this.become("up");
      this.beat(connection);
    } catch (error) {
      if (this.isClosed) return;
      this.connection?.close();
      this.connection = undefined;
      const { state, reason } = unreachable(folder, daemon, error);
      this.why = reason;
      this.retryLater();
      this.become(state);
    }
  }

  private lost(connection: VtyConnection): void {
    if (this.isClosed || this.connection !== connection || this.present !== "up") return;
    this.connection = undefined;
    this.cancel?.();
    const { folder, daemon } = this.options;
    this.why = `${daemon} does not answer at ${folder}/${daemon}.vty: its connection ended`;
    this.retryLater();
    this.become("down");
  }

  private retryLater(): void {
    this.cancel = this.options.clock.after(this.retryMs, () => void this.connect());
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  /** A question that is not answered in time ends the connection, and so the state. */
  private beat(connection: VtyConnection): void {
    this.cancel = this.options.clock.after(HEARTBEAT_MS, () => {
      connection.text("echo PING").then(
        () => this.connection === connection && !this.isClosed && this.beat(connection),
        () => {},
      );
    });
  }

  private become(state: DaemonState): void {
    const changed = state !== this.present;
    this.present = state;
    if (changed) this.changes.emit(state);
  }
}

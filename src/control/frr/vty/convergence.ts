// When EVPN has settled after zebra or bgpd came back: all peers are up, and neither what they send nor what zebra made
// of it has grown for a while. Before that nobody may conclude from a MAC's absence in zebra that it is gone.
//
// That needs bgpd to have told zebra, which it need not do: it finds a new zebra after ten seconds only, and 8.4.4 then
// repeats nothing of what it told the one before. While that is so, nothing has settled, however long it takes.

import type { Clock } from "../../clock.js";
import type { Vty } from "./connection.js";
import { askEvpnPeers, askVnis, type EvpnVni } from "./shows.js";
import { askRemoteVtepsOf } from "./underlay.js";

const POLL_MS = 500;
/** bgpd's default coalesce-time alone makes pauses of one second. */
const QUIET_POLLS = 5;
/** bgpd looks for zebra every ten seconds. */
const PATIENCE_MS = 15_000;

export interface EvpnSources {
  readonly zebra: Vty | undefined;
  readonly bgpd: Vty | undefined;
}

/** all: at rest. late: the time was up, with peers missing or changes going on. untold: zebra has nothing from bgpd. */
export type Convergence = "all" | "late" | "untold";

export interface ConvergenceParts {
  readonly clock: Clock;
  readonly boundMs: number;
  sources(): EvpnSources;
  /** Our L2 VNIs. */
  vnis(): Iterable<number>;
  /** "all" or "late" end it; "untold" comes when the time is up, and again. */
  readonly told: (how: Convergence) => void;
}

interface Picture {
  /** Why zebra has nothing from bgpd; "" = it has, as far as can be seen. */
  readonly untold: string;
  /** What two looks have in common when nothing happens; empty while peers are missing. */
  readonly text: string;
}

const UNKNOWN: Picture = { untold: "", text: "" };

export class ConvergenceWatch {
  private cancel: () => void;
  private over = false;
  private last = "";
  private quiet = 0;
  /** Since zebra has something from bgpd. */
  private toldMs = 0;
  private untoldMs = 0;
  private why = "";

  constructor(private readonly parts: ConvergenceParts) {
    this.cancel = this.later();
  }

  /** Why it takes so long, in words for an operator; "" while it does not, or only peers are missing. */
  get reason(): string {
    return this.untoldMs >= PATIENCE_MS ? this.why : "";
  }

  close(): void {
    this.over = true;
    this.cancel();
  }

  private later(): () => void {
    return this.parts.clock.after(POLL_MS, () => void this.poll());
  }

  private async poll(): Promise<void> {
    const picture = await this.look().catch(() => UNKNOWN);
    if (this.over) return;
    this.quiet = picture.text !== "" && picture.text === this.last ? this.quiet + 1 : 0;
    this.last = picture.text;
    this.why = picture.untold;
    const isUntold = this.why !== "" || this.parts.sources().bgpd === undefined;
    this.untoldMs = isUntold ? this.untoldMs + POLL_MS : 0;
    this.toldMs = isUntold ? 0 : this.toldMs + POLL_MS;
    const { boundMs, told } = this.parts;
    if (this.quiet >= QUIET_POLLS) return this.end("all");
    // Peers that never come must not keep the past alive.
    if (this.toldMs >= boundMs) return this.end("late");
    if (this.untoldMs >= boundMs) told("untold");
    this.cancel = this.later();
  }

  private end(how: Convergence): void {
    this.over = true;
    this.parts.told(how);
  }

  private async look(): Promise<Picture> {
    const { zebra, bgpd } = this.parts.sources();
    if (zebra === undefined || bgpd === undefined) return UNKNOWN;
    const wanted = new Set(this.parts.vnis());
    const vnis = await askVnis(zebra);
    const ours = vnis.filter(({ vni }) => wanted.has(vni));
    if (wanted.size > 0 && ours.length === 0) return { untold: NO_VNI, text: "" };
    const peers = await askEvpnPeers(bgpd);
    // Worth a question for each VNI only where the answer decides.
    const isDue = this.quiet >= QUIET_POLLS - 1 || this.toldMs + POLL_MS >= this.parts.boundMs || this.why !== "";
    if (isDue && (await knowsMore(bgpd, ours))) return { untold: NOTHING_REPEATED, text: "" };
    if (peers.some(({ established }) => !established)) return UNKNOWN;
    const told = peers.map(({ name, prefixes }) => `${name} ${prefixes}`);
    const made = vnis.map(({ vni, macCount, remoteVteps }) => `${vni} ${macCount} ${remoteVteps}`);
    return { untold: "", text: ["peers", ...told, ...made].join("\n") };
  }
}

const NO_VNI =
  "zebra knows none of our VNIs: bgpd has no advertise-all-vni, or has not found zebra since that was started anew";
const NOTHING_REPEATED =
  "zebra has none of the VTEPs that bgpd knows: it was started anew, and bgpd does not repeat itself; restart bgpd";

/** Whether bgpd has VTEPs for one of these VNIs, and zebra has none for any. */
async function knowsMore(bgpd: Vty, vnis: readonly EvpnVni[]): Promise<boolean> {
  if (vnis.some(({ remoteVteps }) => remoteVteps.length > 0)) return false;
  for (const { vni } of vnis) if ((await askRemoteVtepsOf(bgpd, vni)).length > 0) return true;
  return false;
}

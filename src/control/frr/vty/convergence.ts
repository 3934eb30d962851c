// When EVPN has settled after zebra or bgpd came back: all peers are up, and neither what they send nor what zebra made
// of it has grown for a while. Before that nobody may conclude from a MAC's absence in zebra that it is gone.

import type { Clock } from "../../clock.js";
import type { Vty } from "./connection.js";
import { askEvpnPeers, askVnis } from "./shows.js";

const POLL_MS = 500;
/** bgpd's default coalesce-time alone makes pauses of one second. */
const QUIET_POLLS = 5;

export interface EvpnSources {
  readonly zebra: Vty | undefined;
  readonly bgpd: Vty | undefined;
}

/** Calls back once, with whether it converged or only the time was up; never without bgpd. Returns the cancellation. */
export function whenConverged(
  clock: Clock,
  boundMs: number,
  sources: () => EvpnSources,
  settled: (converged: boolean) => void,
): () => void {
  let cancel: () => void;
  let over = false;
  let last = "";
  let quiet = 0;
  let leftMs = boundMs;
  const poll = async (): Promise<void> => {
    const picture = await pictureOf(sources()).catch(() => "");
    if (over) return;
    quiet = picture !== "" && picture === last ? quiet + 1 : 0;
    last = picture;
    leftMs -= POLL_MS;
    if (quiet >= QUIET_POLLS) return settled(true);
    // Peers that never come must not keep the past alive; but nothing comes at all while bgpd is away.
    if (leftMs <= 0 && sources().bgpd !== undefined) return settled(false);
    cancel = clock.after(POLL_MS, () => void poll());
  };
  cancel = clock.after(POLL_MS, () => void poll());
  return () => {
    over = true;
    cancel();
  };
}

/** What two looks have in common when nothing happens; empty while it cannot have settled. */
async function pictureOf({ zebra, bgpd }: EvpnSources): Promise<string> {
  if (zebra === undefined || bgpd === undefined) return "";
  const peers = await askEvpnPeers(bgpd);
  if (peers.some(({ established }) => !established)) return "";
  const vnis = await askVnis(zebra);
  const told = peers.map(({ name, prefixes }) => `${name} ${prefixes}`);
  return [...told, ...vnis.map(({ vni, macCount, remoteVteps }) => `${vni} ${macCount} ${remoteVteps}`)].join("\n");
}

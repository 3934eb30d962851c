/**
 * Waiting for links: the kernel tells of a carrier up to a second after it came or went, and until then a bridge port
 * forwards nothing and routes stay as they were.
 */
import { setTimeout as delay } from "node:timers/promises";
import { runText } from "./process.js";

const POLL_MS = 20;

interface LinkState {
  readonly ifname: string;
  readonly operstate: string;
}

/** Waits until all these interfaces have, or have not, a carrier; gives those that still differ when time is up. */
export async function awaitCarrier(
  namespace: string,
  names: readonly string[],
  state: "up" | "down",
  timeoutMs: number,
): Promise<string[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const links = JSON.parse(await runText("ip", ["-n", namespace, "-j", "link"])) as LinkState[];
    const isUp = new Map(links.map(({ ifname, operstate }) => [ifname, operstate === "UP"]));
    const different = names.filter((name) => isUp.get(name) !== (state === "up"));
    if (different.length === 0 || Date.now() > deadline) return different;
    await delay(POLL_MS);
  }
}

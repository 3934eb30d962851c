/** Hosts that ping each other without a pause while something happens to the fabric, and what they missed of it. */
import { VtepError } from "../../wire/error.js";
import { SteadyPing } from "../checks/steady_ping.js";
import { findPlace, type LabContext } from "../context.js";

const INTERVAL_MS = 20;
/** Replies to see before and after: a second. */
const REPLIES = 50;

export interface Conversation {
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
}

export interface Heard extends Conversation {
  readonly sent: number;
  readonly lost: number;
  /** The longest time between two answers. */
  readonly silenceMs: number;
  /** There were answers before and after. */
  readonly whole: boolean;
}

export async function whileTalking(
  context: LabContext,
  conversations: readonly Conversation[],
  act: () => Promise<unknown>,
): Promise<Heard[]> {
  const pings = conversations.map((one) => startPing(context, one));
  const answered = () => Promise.all(pings.map((ping) => ping.more(REPLIES)));
  try {
    const before = await answered();
    await act();
    const after = await answered();
    return conversations.map((conversation, index) => {
      const { sent = 0, lost = 0, silenceMs = 0 } = pings[index] ?? {};
      return { ...conversation, sent, lost, silenceMs, whole: before[index] === true && after[index] === true };
    });
  } finally {
    await Promise.all(pings.map((ping) => ping.stop()));
  }
}

function startPing({ lab, instance }: LabContext, { from, to, family }: Conversation): SteadyPing {
  const place = findPlace(lab, from);
  const address = findPlace(lab, to).address[family];
  if (address === undefined) throw new VtepError("lab_name", `${to} has no IPv${family} address`, { to });
  return new SteadyPing(instance.namespaceOf(place.node), place, address, INTERVAL_MS);
}

const nameOf = ({ from, to, family }: Conversation): string => `${from} to ${to} by IPv${family}`;

/** One line each. */
export function heardLines(heard: readonly Heard[]): string[] {
  const width = Math.max(...heard.map((one) => nameOf(one).length));
  return heard.map((one) => {
    const lost = one.lost === 0 ? `none of ${one.sent} lost` : `${one.lost} of ${one.sent} lost`;
    const silence = one.lost === 0 ? "" : `, no answer for ${one.silenceMs.toFixed(0)} ms`;
    return `  ${nameOf(one).padEnd(width)}  ${lost}${silence}`;
  });
}

/** All in one sentence. */
export function heardSentence(heard: readonly Heard[]): string {
  const sent = heard.reduce((sum, one) => sum + one.sent, 0);
  const lost = heard.reduce((sum, one) => sum + one.lost, 0);
  if (lost === 0) return `none of ${sent} echo requests lost`;
  const hit = heard.filter((one) => one.lost > 0);
  const longest = Math.max(...hit.map(({ silenceMs }) => silenceMs));
  return `${lost} of ${sent} echo requests lost, in ${hit.length} of ${heard.length} conversations; the longest was without answer for ${longest.toFixed(0)} ms`;
}

export const brokenOff = (heard: readonly Heard[], when: string): string[] =>
  heard.flatMap((one) => (one.whole ? [] : [`${nameOf(one)}: no answer ${when}`]));

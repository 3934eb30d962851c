// Hosts that fight over an address: its binding moves to and fro. Beyond a number of moves in a time it is frozen where
// it is, and the operator hears of it. SPEC: RFC 9161 §3.7.

import { type Clock, TICKS_PER_SECOND } from "../clock.js";
import type { BindingPolicy } from "../intent.js";
import { formatMapped } from "../mapped_address.js";

/** Addresses whose moves are remembered; the one that moved first is forgotten first. */
const MAX_ADDRESSES = 4_096;

interface History {
  readonly bd: number;
  readonly address: Uint8Array;
  /** Latest last. */
  moves: number[];
  isFrozen: boolean;
  cancelThaw: (() => void) | undefined;
}

export class Duplicates {
  private readonly histories = new Map<string, History>();

  /** `thawed` is called when a freeze ends. */
  constructor(
    private readonly clock: Clock,
    private readonly thawed: (bd: number, address: Uint8Array) => void,
  ) {}

  /** The address has gone to another MAC. True when that is once too often: it is frozen from now on. */
  moved(bd: number, address: Uint8Array, policy: BindingPolicy): boolean {
    const { duplicateMoves, duplicateSeconds, freezeSeconds } = policy;
    if (duplicateMoves === 0) return false;
    const history = this.historyOf(bd, address);
    const now = this.clock.tick();
    const span = duplicateSeconds * TICKS_PER_SECOND;
    history.moves = [...history.moves.filter((tick) => ((now - tick) | 0) < span), now];
    if (history.isFrozen || history.moves.length < duplicateMoves) return false;
    history.isFrozen = true;
    if (freezeSeconds !== 0) history.cancelThaw = this.clock.after(freezeSeconds * 1000, () => this.thaw(history));
    return true;
  }

  isFrozen(bd: number, address: Uint8Array): boolean {
    return this.histories.get(keyOf(bd, address))?.isFrozen === true;
  }

  *frozen(): IterableIterator<{ readonly bd: number; readonly address: Uint8Array }> {
    for (const history of this.histories.values()) if (history.isFrozen) yield history;
  }

  /** By hand. Returns how many. */
  clear(isMeant: (bd: number) => boolean): number {
    const meant = [...this.histories.values()].filter(({ bd, isFrozen }) => isFrozen && isMeant(bd));
    for (const history of meant) this.thaw(history);
    return meant.length;
  }

  dropDomain(bd: number): void {
    for (const [key, history] of this.histories) {
      if (history.bd !== bd) continue;
      history.cancelThaw?.();
      this.histories.delete(key);
    }
  }

  close(): void {
    for (const { cancelThaw } of this.histories.values()) cancelThaw?.();
  }

  private thaw(history: History): void {
    history.cancelThaw?.();
    this.histories.delete(keyOf(history.bd, history.address));
    this.thawed(history.bd, history.address);
  }

  private historyOf(bd: number, address: Uint8Array): History {
    const key = keyOf(bd, address);
    const known = this.histories.get(key);
    if (known !== undefined) return known;
    if (this.histories.size >= MAX_ADDRESSES) this.forgetOldest();
    const history: History = { bd, address, moves: [], isFrozen: false, cancelThaw: undefined };
    this.histories.set(key, history);
    return history;
  }

  /** A frozen one ends early rather than that the alarm is lost for all that follow. */
  private forgetOldest(): void {
    const oldest = [...this.histories.values()].find(({ isFrozen }) => !isFrozen);
    if (oldest !== undefined) this.histories.delete(keyOf(oldest.bd, oldest.address));
    else this.thaw([...this.histories.values()][0]!);
  }
}

function keyOf(bd: number, address: Uint8Array): string {
  return `${bd} ${formatMapped(address)}`;
}

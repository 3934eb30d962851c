// Whether known hosts are still there: each is asked by unicast when it has been silent for a while, well before its
// MAC would age, and its binding goes only after several questions without an answer. Any ARP or ND of the host
// counts as one (the engine stamps the binding). Intervals are spread, so that hosts that came at once are not asked
// at once. SPEC: RFC 4861 §7.3.3, RFC 9161 §3.6.

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import { type Clock, TICKS_PER_SECOND } from "../clock.js";
import type { BindingPolicy } from "../intent.js";
import type { Binding, Bindings } from "./bindings.js";
import { requestFor } from "./requests.js";

/** An interval is this much longer or shorter, by chance. */
const JITTER = 0.2;
/** Waits for an answer double up to this many times the first. */
const MAX_BACK_OFF = 8;
/** Per look: what is due beyond that is asked at the next. */
const MAX_PROBES = 1_000;
/** With probing off the policy is looked at again after a while. */
const OFF_TICKS = 60 * TICKS_PER_SECOND;

export interface DomainPolicy extends BindingPolicy {
  /** 0 = never. */
  readonly ageSeconds: number;
}

export class Liveness {
  private budget = 0;

  /** `silent` is called for a host that has left its probes unanswered. `random` gives 0 up to 1. */
  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
    private readonly bindings: Bindings,
    private readonly policyOf: (bd: number) => DomainPolicy | undefined,
    private readonly random: () => number,
    private readonly silent: (binding: Binding) => void,
  ) {}

  /** The host has just been heard, or its policy has changed. */
  schedule(binding: Binding): void {
    const confirmed = this.tables.neighbors.confirmedAt(binding.index);
    const interval = intervalTicks(this.policyOf(binding.bd));
    binding.probes = 0;
    binding.dueTick = interval === 0 ? this.clock.tick() + OFF_TICKS : confirmed + Math.round(interval * this.spread());
  }

  /** Asks who is due. */
  look(): void {
    const now = this.clock.tick();
    this.budget = MAX_PROBES;
    const silent: Binding[] = [];
    for (const binding of this.bindings.all()) {
      if (((now - binding.dueTick) | 0) < 0 || this.budget === 0) continue;
      if (this.isUnanswered(binding, now)) silent.push(binding);
    }
    for (const binding of silent) this.silent(binding);
  }

  /** Whether the host is asked before its MAC would age, so that the MAC must wait for the outcome. */
  isKept(binding: Binding): boolean {
    return !binding.isSilent && intervalTicks(this.policyOf(binding.bd)) !== 0;
  }

  /** Not before another interval, though the host has not been heard. */
  postpone(binding: Binding): void {
    binding.probes = 0;
    binding.dueTick = this.clock.tick() + (intervalTicks(this.policyOf(binding.bd)) || OFF_TICKS);
  }

  /** Whether an answer is awaited. */
  isAsked({ index, probes, probedTick }: Binding): boolean {
    return probes > 0 && ((this.tables.neighbors.confirmedAt(index) - probedTick) | 0) < 0;
  }

  /** True when the last probe has had its time. */
  private isUnanswered(binding: Binding, now: number): boolean {
    const policy = this.policyOf(binding.bd);
    const interval = intervalTicks(policy);
    const confirmed = this.tables.neighbors.confirmedAt(binding.index);
    const answered = binding.probes > 0 && !this.isAsked(binding);
    // With some slack: the interval that was drawn before may have been a short one.
    const heard = answered || (binding.probes === 0 && ((now - confirmed) | 0) < interval * (1 - JITTER));
    if (heard) binding.isSilent = false;
    // A static binding's host may be at another VTEP, which looks after it.
    const elsewhere = binding.isStatic && !this.bindings.isLocal(binding.bd, binding.mac);
    if (policy === undefined || interval === 0 || elsewhere) this.postpone(binding);
    else if (heard) this.schedule(binding);
    else if (binding.probes >= policy.probes) return true;
    else this.probe(binding, policy.retrySeconds * TICKS_PER_SECOND, now);
    return false;
  }

  private probe(binding: Binding, retryTicks: number, now: number): void {
    const { bd, address, mac } = binding;
    if (binding.probes === 0) binding.probedTick = now;
    binding.dueTick = now + retryTicks * Math.min(2 ** binding.probes, MAX_BACK_OFF);
    binding.probes += 1;
    this.budget -= 1;
    this.driver.originate(bd, requestFor(this.tables, bd, address, mac), now);
  }

  private spread(): number {
    return 1 - JITTER + this.random() * JITTER * 2;
  }
}

/** At most half of the time after which the MAC would age; 0 = never. */
function intervalTicks(policy: DomainPolicy | undefined): number {
  if (policy === undefined || policy.intervalSeconds === 0) return 0;
  const { intervalSeconds, ageSeconds } = policy;
  return (ageSeconds === 0 ? intervalSeconds : Math.min(intervalSeconds, ageSeconds / 2)) * TICKS_PER_SECOND;
}

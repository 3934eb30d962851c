/**
 * The life of an Ethertype fixer without a VTEP, by the commands that an operator types: hosts that hear no IPv4 hear it
 * while the fixer is attached, and no longer when it is detached. Who answers is the kernel's own stack.
 */
import { findPlace, type HostPlace, type LabContext, whileCapturing } from "../context.js";
import { vtepdProgram } from "../daemon.js";
import type { EthertypeFixCheck } from "../expectation.js";
import { finish, runText } from "../process.js";
import type { Endpoint } from "../topology.js";
import type { Frames } from "../watch.js";
import { echo, parsePing } from "./echo.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";
import { stream } from "./tcp.js";

const TYPE_AT = 12;
const TAG_BYTES = 4;
const TAG_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8]);
const IPV4_TYPE = 0x0800;
const IPV6_TYPE = 0x86dd;
/** Ports of TCP and UDP are not looked at: version and five words are what an IPv4 packet without options begins with. */
const IPV4_BEGINS = 0x45;
/** The kernel would have answered within microseconds. */
const SILENCE_SECONDS = 1;
const STREAM_BYTES = 5_000_000;

interface Pair {
  readonly from: HostPlace;
  readonly to: HostPlace;
}

class FixLife {
  private readonly pairs: readonly Pair[];
  private readonly endpoint: Endpoint;

  constructor(
    private readonly context: LabContext,
    private readonly fix: EthertypeFixCheck["ethertypeFix"],
  ) {
    this.pairs = fix.pairs.map(([from, to]) => ({
      from: findPlace(context.lab, from),
      to: findPlace(context.lab, to),
    }));
    this.endpoint = `${fix.node}:${fix.interface}`;
  }

  async run(): Promise<Outcome> {
    const before = await this.mustBeSilent("before attach");
    const attached = await this.command("attach", this.fix.interface, "--hook", this.fix.hook);
    const meanwhile = [...(await this.mustAnswer()), ...(await this.mustCount())];
    await this.command("detach", this.fix.interface);
    const after = [...(await this.mustBeSilent("after detach")), ...(await this.mustBeGone())];
    return { problems: [...before, ...meanwhile, ...after], detail: attached.trim() };
  }

  private command(...words: string[]): Promise<string> {
    return runText(vtepdProgram, ["ethertype-fix", ...words], { namespace: this.namespace });
  }

  private get namespace(): string {
    return this.context.instance.namespaceOf(this.fix.node);
  }

  /** IPv6, which nobody spoils, shows that the way itself is good. */
  private async mustBeSilent(when: string): Promise<string[]> {
    const problems = this.pairs.map(async ({ from, to }) => {
      const [four, six] = await Promise.all([this.answers(from, to, 4), this.answers(from, to, 6)]);
      return [
        ...(four === 0 ? [] : [`${when}: ${to.endpoint} answers IPv4`]),
        ...(six > 0 ? [] : [`${when}: ${to.endpoint} does not answer IPv6`]),
      ];
    });
    return (await Promise.all(problems)).flat();
  }

  private async answers(from: HostPlace, to: HostPlace, family: 4 | 6): Promise<number> {
    const text = await echo(this.context, from, to.address[family] ?? "", { family, waitSeconds: SILENCE_SECONDS });
    return parsePing(text).received;
  }

  /** Pings and streams, and what tcpdump sees of them: before tc it looks, behind XDP. */
  private async mustAnswer(): Promise<string[]> {
    const problems: string[] = [];
    const wanted = this.fix.hook === "tc" ? IPV6_TYPE : IPV4_TYPE;
    const frames = await whileCapturing(this.context, [this.endpoint], async (watch) => {
      for (const pair of this.pairs) problems.push(...(await this.mustTalk(pair)));
      await watch.until((seen) => typesToMe(seen, this.endpoint, this.toMe()).has(wanted), PATIENCE_MS);
    });
    const types = [...typesToMe(frames, this.endpoint, this.toMe())];
    if (types.length === 1 && types[0] === wanted) return problems;
    const words = types.map((type) => `0x${type.toString(16).padStart(4, "0")}`).join(" and ");
    return [...problems, `tcpdump on ${this.endpoint} sees IPv4 as ${words || "nothing"}`];
  }

  private async mustTalk({ from, to }: Pair): Promise<string[]> {
    const silent: string[] = [];
    for (const family of [4, 6] as const) {
      if ((await this.answers(from, to, family)) === 0) silent.push(`attached: ${to.endpoint} answers no IPv${family}`);
    }
    if (silent.length > 0) return silent;
    const { bytes, intact } = await stream(this.context, from, to, 4, STREAM_BYTES);
    return bytes === STREAM_BYTES && intact ? [] : [`attached: ${bytes} of ${STREAM_BYTES} bytes arrived, or others`];
  }

  /** Destination addresses of frames that the interface receives, as hexadecimal digits. */
  private toMe(): ReadonlySet<string> {
    return new Set(this.pairs.map(({ to }) => ipv4Digits(to.address[4] ?? "")));
  }

  private async mustCount(): Promise<string[]> {
    const text = await this.command("show", "--json");
    const rows = JSON.parse(text) as readonly { hook: string; fixed: number; suspicious: number; passed: number }[];
    const [row] = rows;
    const isRight =
      row !== undefined && row.hook === this.fix.hook && row.fixed > 0 && row.suspicious === 0 && row.passed > 0;
    return isRight && rows.length === 1 ? [] : [`ethertype-fix show says ${text.trim()}`];
  }

  /** Asked of the kernel, not of the command that took it off. */
  private async mustBeGone(): Promise<string[]> {
    const { stdout } = await finish("bpftool", ["net", "list"], { namespace: this.namespace });
    return /ethertype_/.test(stdout) ? [`after detach: ${stdout.trim()}`] : [];
  }
}

export function checkEthertypeFix(context: LabContext, { ethertypeFix }: EthertypeFixCheck): Promise<Outcome> {
  return new FixLife(context, ethertypeFix).run();
}

/** Ethertypes of frames that hold IPv4 for these addresses, whatever they say. */
function typesToMe(frames: Frames, endpoint: Endpoint, addresses: ReadonlySet<string>): Set<number> {
  const types = (frames.get(endpoint) ?? []).flatMap((frame) => {
    let at = TYPE_AT;
    while (at + 2 <= frame.length && TAG_TYPES.has(frame.readUInt16BE(at))) at += TAG_BYTES;
    const isIpv4 = frame[at + 2] === IPV4_BEGINS && addresses.has(frame.toString("hex", at + 18, at + 22));
    return isIpv4 ? [frame.readUInt16BE(at)] : [];
  });
  return new Set(types);
}

const ipv4Digits = (address: string): string => Buffer.from(address.split(".").map(Number)).toString("hex");

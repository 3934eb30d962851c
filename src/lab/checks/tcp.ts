/** A TCP stream between two hosts, its contents compared byte by byte. The rate is told, never judged. */
import { spawn } from "node:child_process";
import { VtepError } from "../../wire/error.js";
import { findPlace, type HostPlace, type LabContext, probeProgram } from "../context.js";
import type { TcpCheck } from "../expectation.js";
import type { ProbeRequest, SinkReport } from "../probe.js";
import { inNamespace, runText, stop } from "../process.js";
import type { Outcome } from "./outcome.js";

const TIMEOUT_MS = 30_000;

export interface StreamResult extends SinkReport {
  readonly gigabitsPerSecond: number;
}

/** Lines of JSON that a child writes, one promise each. */
class Lines {
  #buffered = "";
  #waiting: ((line: string) => void)[] = [];
  #lines: string[] = [];

  push(text: string): void {
    const parts = (this.#buffered + text).split("\n");
    this.#buffered = parts.pop() ?? "";
    for (const line of parts) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#lines.push(line);
      else waiting(line);
    }
  }

  next(): Promise<string> {
    const line = this.#lines.shift();
    return line === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(line);
  }
}

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new VtepError("lab_tcp", `${what} took more than ${TIMEOUT_MS / 1000} s`));
    const timer = setTimeout(expire, TIMEOUT_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export async function stream(
  context: LabContext,
  from: HostPlace,
  to: HostPlace,
  family: 4 | 6,
  bytes: number,
): Promise<StreamResult> {
  const address = to.address[family];
  if (address === undefined) throw new VtepError("lab_name", `${to.endpoint} has no IPv${family} address`);
  const argvOf = (request: ProbeRequest) => [process.execPath, probeProgram, JSON.stringify(request)];
  const [program, args] = inNamespace(context.instance.namespaceOf(to.node), argvOf({ kind: "sink", address }));
  const sink = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = new Lines();
  sink.stdout.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  try {
    const { port } = JSON.parse(await within(lines.next(), "starting the receiver")) as { port: number };
    const [node = "", ...source] = argvOf({ kind: "stream", address, port, bytes });
    const sending = runText(node, source, {
      namespace: context.instance.namespaceOf(from.node),
      timeoutMs: TIMEOUT_MS,
    });
    const [line] = await Promise.all([within(lines.next(), `${bytes} bytes from ${from.endpoint}`), sending]);
    const report = JSON.parse(line) as SinkReport;
    return { ...report, gigabitsPerSecond: (report.bytes * 8) / report.seconds / 1e9 };
  } finally {
    await stop(sink, "SIGKILL");
  }
}

export async function checkTcp(context: LabContext, { tcp }: TcpCheck): Promise<Outcome> {
  const bytes = tcp.megabytes * 1_000_000;
  const [from, to] = [findPlace(context.lab, tcp.from), findPlace(context.lab, tcp.to)];
  const result = await stream(context, from, to, tcp.family ?? 4, bytes);
  const problems = [
    ...(result.bytes === bytes ? [] : [`${result.bytes} of ${bytes} bytes arrived`]),
    ...(result.intact ? [] : ["the contents changed on the way"]),
  ];
  return { problems, detail: `${tcp.megabytes} MB at ${result.gigabitsPerSecond.toFixed(1)} Gbit/s` };
}

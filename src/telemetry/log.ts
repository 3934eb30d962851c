// The daemon's log, on stderr: JSON lines for machines, plain lines on a terminal. Set-up, configuration and events
// only: the packet plane counts, it never logs.

import pino, { type DestinationStream, type Logger } from "pino";

export type Log = Logger;

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level?: LogLevel;
  /** Default: stderr, written at once so that the last words before an exit are not lost. */
  readonly destination?: DestinationStream;
}

const STDERR = 2;
/** What must not reach a terminal: names come from files and the kernel. */
const CONTROL = /\p{Cc}/gu;

/** $VTEPD_LOG_LEVEL chooses the level where the caller does not; a word that is no level counts as `info`. */
export function createLog({ level = levelFromEnvironment(), destination }: LogOptions = {}): Log {
  const stream =
    destination ?? (process.stderr.isTTY ? new TerminalLines() : pino.destination({ fd: STDERR, sync: true }));
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: named } }, stream);
}

function levelFromEnvironment(): LogLevel {
  const asked = process.env.VTEPD_LOG_LEVEL;
  return logLevels.find((level) => level === asked) ?? "info";
}

function named(level: string): { level: string } {
  return { level };
}

/** `12:00:00.000 warn  message key=value` from a JSON line. */
export function terminalLine(json: string): string {
  const { time, level, msg, ...facts } = JSON.parse(json) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const pairs = Object.entries(facts).map(
    ([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${`${clock} ${String(level).padEnd(5)} ${msg ?? ""}${pairs.join("")}`.replace(CONTROL, " ")}\n`;
}

class TerminalLines implements DestinationStream {
  write(json: string): void {
    process.stderr.write(terminalLine(json));
  }
}

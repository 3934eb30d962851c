// `vtepd run`: where the concrete parts meet. Everything else receives what it needs.

import { startApi } from "./api/server.js";
import { loadConfig } from "./config/load.js";
import { formatProblem, type Problem } from "./config/problem.js";
import type { Clock } from "./control/clock.js";
import type { EventSink } from "./control/events.js";
import { Operations } from "./daemon/operations.js";
import { Vtep } from "./daemon/vtep.js";
import { monotonicCoarseTicks, notifySystemd } from "./native/index.js";
import { EventRing } from "./telemetry/events.js";
import { createLog, type Log } from "./telemetry/log.js";
import { readVersion } from "./telemetry/version.js";
import { VtepError } from "./wire/error.js";

export { formatFinding } from "./control/frr/linter/finding.js";
export { lintFrr } from "./control/frr/linter/lint.js";

export interface RunOptions {
  readonly configFile: string;
  /** Goes before api.socket of the file. */
  readonly socketPath?: string;
}

const clock: Clock = {
  tick: monotonicCoarseTicks,
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Runs until SIGTERM or SIGINT. Throws VtepError, with nothing left behind, where it cannot start. */
export async function runVtep({ configFile, socketPath }: RunOptions): Promise<void> {
  const loaded = loadConfig(configFile);
  if (!loaded.ok) throw refused(loaded.problems);

  const log = createLog();
  const ring = new EventRing();
  const events: EventSink = (kind, objects) => {
    if (ring.record(kind, objects) === "new") log.info(objects, kind);
  };
  const vtep = new Vtep(configFile, loaded, clock, events);
  const stopped = stopSignal();
  const reload = () => {
    vtep.reload().then(
      (outcome) => reportReload(outcome, log),
      (error: unknown) => log.error({ err: error }, "reload failed"),
    );
  };
  process.on("SIGHUP", reload);
  try {
    const operations = new Operations(vtep, ring, readVersion(), configFile);
    await serve(vtep, operations, log, socketPath ?? loaded.config.api.socket, stopped);
  } finally {
    process.off("SIGHUP", reload);
    await vtep.close();
  }
}

/** The socket comes first, so that a second daemon is refused before it touches the kernel. */
async function serve(
  vtep: Vtep,
  operations: Operations,
  log: Log,
  socketPath: string,
  stopped: Promise<void>,
): Promise<void> {
  const api = await startApi({ socketPath, operations, log });
  try {
    await vtep.start();
    log.info({ datapath: vtep.datapath, why: vtep.datapathReason }, "forwarding");
    notifySystemd("READY=1");
    await api.load();
    await stopped;
    notifySystemd("STOPPING=1");
  } finally {
    await api.close();
  }
}

function reportReload(outcome: Awaited<ReturnType<Vtep["reload"]>>, log: Log): void {
  if ("changed" in outcome) log.info({ changed: outcome.changed }, "config applied");
  else for (const problem of outcome.problems) log.error(formatProblem(problem));
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

function refused(problems: readonly Problem[]): VtepError {
  return new VtepError("config_invalid", problems.map(formatProblem).join("\n"), { problems });
}

// The API on a real unix socket in a folder of its own, with a ListedVtep behind it.

import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Api, startApi } from "../../src/api/server.js";
import { createLog } from "../../src/telemetry/log.js";
import { ListedVtep } from "./listed_vtep.js";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export class ServedVtep {
  readonly vtep = new ListedVtep();
  readonly logged: string[] = [];

  private constructor(
    readonly folder: string,
    readonly socket: string,
    private api: Api | undefined,
  ) {}

  static async start(): Promise<ServedVtep> {
    const folder = mkdtempSync(join(tmpdir(), "vtepd-api-"));
    const served = new ServedVtep(folder, join(folder, "vtepd.sock"), undefined);
    const log = createLog({ level: "info", destination: { write: (line) => void served.logged.push(line) } });
    served.api = await startApi({ socketPath: served.socket, operations: served.vtep, log });
    return served;
  }

  async stop(): Promise<void> {
    await this.api?.close();
    rmSync(this.folder, { recursive: true });
  }

  get = (path: string): Promise<Answer> => this.send("GET", path);

  post = (path: string, body?: string): Promise<Answer> => this.send("POST", path, body);

  private send(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const outgoing = request({ socketPath: this.socket, method, path, headers, agent: false }, (answer) => {
        const status = answer.statusCode ?? 0;
        const type = answer.headers["content-type"] ?? "";
        text(answer).then((body) => resolve({ status, type, text: body }), reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApi } from "../../src/api/server.js";
import { listenOn } from "../../src/api/socket.js";
import { createLog } from "../../src/telemetry/log.js";
import { ListedVtep } from "./listed_vtep.js";
import { ServedVtep } from "./served_vtep.js";

const PERMISSIONS = 0o777;

/** Leaves a socket behind, as a killed daemon does. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("bound"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("the socket of the API", () => {
  let folder: string;
  let path: string;
  const log = createLog({ level: "silent" });
  const start = (socketPath = path) => startApi({ socketPath, operations: new ListedVtep(), log });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vtepd-socket-"));
    path = join(folder, "vtepd.sock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is for owner and group only, in a folder that is made", async () => {
    const deep = join(folder, "run", "vtepd", "a.sock");
    const umask = process.umask();
    const api = await start(deep);
    expect(statSync(deep).mode & PERMISSIONS).toBe(0o660);
    expect(process.umask()).toBe(umask);
    await api.close();
    expect(existsSync(deep)).toBe(false);
  });

  it("is refused while another daemon answers on it", async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: "socket_in_use", message: expect.stringContaining(path) });
    expect(statSync(path).isSocket()).toBe(true);
    await first.close();
  });

  it("is replaced when its daemon is dead", async () => {
    await leaveStaleSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    const api = await start();
    await expect(start()).rejects.toMatchObject({ code: "socket_in_use" });
    await api.close();
  });

  it("goes to exactly one of many who want the stale one at once", async () => {
    await leaveStaleSocket(path);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => start()));
    const apis = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(apis).toHaveLength(1);
    await apis[0]!.close();
  });

  it("never replaces a file that is not a socket", async () => {
    writeFileSync(path, "precious");
    await expect(start()).rejects.toMatchObject({ code: "socket_unusable" });
    expect(readdirSync(folder)).toEqual(["vtepd.sock"]);
  });

  it("is refused where its path is too long, or its folder is none", async () => {
    await expect(start(join(folder, "x".repeat(120)))).rejects.toMatchObject({ code: "socket_unusable" });
    writeFileSync(join(folder, "file"), "");
    await expect(start(join(folder, "file", "a.sock"))).rejects.toMatchObject({ code: "socket_unusable" });
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("leaves no listener behind on a server that it refused", async () => {
    const first = await start();
    const server = createServer();
    await expect(listenOn(server, path)).rejects.toMatchObject({ code: "socket_in_use" });
    expect(server.listening).toBe(false);
    expect(server.listenerCount("error")).toBe(0);
    await first.close();
  });
});

describe("the life of the API", () => {
  it("answers requests that come before the framework is loaded", async () => {
    const served = await ServedVtep.start();
    const answers = await Promise.all([served.get("/v1/status"), served.get("/v1/ports"), served.get("/v1/drops")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await served.stop();
  });

  it("cuts off those who wait when it closes, and can be started again", async () => {
    const first = await ServedVtep.start();
    first.vtep.ready = false;
    const waiting = first.get("/v1/wait?timeout=600");
    waiting.catch(() => undefined);
    await expect.poll(() => first.vtep.hasWaiter).toBe(true);
    await first.stop();
    await expect(waiting).rejects.toThrow();
    const second = await ServedVtep.start();
    expect(JSON.parse((await second.get("/v1/status")).text).state).toBe("ready");
    await second.stop();
    first.vtep.becomeReady();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { VtepError } from "../../src/wire/error.js";
import { fdbEntry, ListedVtep, macOf } from "./listed_vtep.js";
import { ServedVtep } from "./served_vtep.js";

let served: ServedVtep;

beforeAll(async () => {
  served = await ServedVtep.start();
});
afterAll(() => served.stop());
beforeEach(() => {
  served.vtep.reset();
  served.logged.length = 0;
});

describe("views by HTTP", () => {
  const lists = [
    "ports",
    "fdb",
    "neighbors",
    "vteps",
    "routes",
    "vrfs",
    "bridgeDomains",
    "drops",
    "repairs",
    "segments",
    "events",
  ] as const;

  it.each(lists)("answers %s with a JSON list of the operation's entries", async (noun) => {
    const answer = await served.get(`/v1/${noun}`);
    expect(answer.status).toBe(200);
    expect(answer.type).toContain("application/json");
    expect(JSON.parse(answer.text)).toEqual([...new ListedVtep()[noun]({} as never)]);
  });

  it("answers the status with one object", async () => {
    expect(JSON.parse((await served.get("/v1/status")).text)).toEqual(new ListedVtep().status());
  });

  it("answers an empty list as one", async () => {
    served.vtep.drops = () => [];
    expect(JSON.parse((await served.get("/v1/drops")).text)).toEqual([]);
  });

  it("hands filters over as numbers and texts", async () => {
    await served.get("/v1/fdb?vlan=10&vni=100&bridgeDomain=red&mac=02:00:00:00:00:01&where=local&origin=learned");
    const texts = { bridgeDomain: "red", mac: "02:00:00:00:00:01", where: "local", origin: "learned" };
    expect(served.vtep.asked).toEqual({ vlan: 10, vni: 100, ...texts });
    await served.get("/v1/events?limit=1");
    expect(served.vtep.asked).toEqual({ limit: 1 });
  });
});

describe("a long list", () => {
  it("comes whole, and other requests are answered meanwhile", async () => {
    served.vtep.fdbCount = 100_000;
    const finished: string[] = [];
    const long = served.get("/v1/fdb").finally(() => finished.push("long"));
    const short = served.get("/v1/status").finally(() => finished.push("short"));
    expect((await short).status).toBe(200);
    const rows = JSON.parse((await long).text);
    expect(finished).toEqual(["short", "long"]);
    expect(rows).toHaveLength(100_000);
    expect(rows.at(-1).mac).toBe(macOf(99_999));
  });

  it("breaks off where the table fails, rather than ending as if it were whole", async () => {
    served.vtep.fdb = function* () {
      for (let index = 0; index < 10_000; index++) yield fdbEntry(index);
      throw new Error("out of table");
    };
    await expect(served.get("/v1/fdb")).rejects.toThrow();
    expect(served.logged.join()).toContain("out of table");
    expect((await served.get("/v1/status")).status).toBe(200);
  });
});

describe("operations by HTTP", () => {
  it("waits until the VTEP is ready", async () => {
    served.vtep.ready = false;
    const answer = served.get("/v1/wait?timeout=30");
    await expect.poll(() => served.vtep.hasWaiter).toBe(true);
    served.vtep.becomeReady();
    expect(JSON.parse((await answer).text)).toEqual({ ready: true, reasons: [] });
  });

  it("says at once why it is not ready when nobody wants to wait", async () => {
    served.vtep.ready = false;
    served.vtep.reasons = ["interface eth1 does not exist"];
    expect(JSON.parse((await served.get("/v1/wait")).text)).toEqual({
      ready: false,
      reasons: ["interface eth1 does not exist"],
    });
  });

  it("reloads and says what changed", async () => {
    const answer = await served.post("/v1/reload");
    expect(answer).toMatchObject({ status: 200 });
    expect(JSON.parse(answer.text)).toEqual({ changed: ["ports[eth2/10]"] });
  });

  it("says what is wrong with the config", async () => {
    const problems = [{ file: "a.yaml", line: 3, key: "vtep.ttl", message: "0 is out of range, allowed: 1..255" }];
    served.vtep.reloaded = { problems };
    const answer = await served.post("/v1/reload");
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "config_invalid", problems });
  });

  it("audits without repair by GET, and with it by POST", async () => {
    const looked = await served.get("/v1/audit");
    expect([looked.status, JSON.parse(looked.text)]).toEqual([200, await new ListedVtep().audit(false)]);
    expect(served.vtep.asked).toEqual({ repair: false });
    const repaired = await served.post("/v1/audit");
    expect(JSON.parse(repaired.text)).toEqual(await new ListedVtep().audit(true));
    expect(served.vtep.asked).toEqual({ repair: true });
  });

  it("flushes by filter", async () => {
    const answer = await served.post("/v1/flush", '{"vlan":10,"interface":"eth2"}');
    expect(JSON.parse(answer.text)).toEqual({ flushed: 3 });
    expect(served.vtep.asked).toEqual({ vlan: 10, interface: "eth2" });
  });

  it("enables a port, and knows which are none", async () => {
    expect((await served.post("/v1/ports/enable", '{"interface":"eth2","vlan":10}')).status).toBe(204);
    expect(served.vtep.asked).toEqual({ interfaceName: "eth2", vlan: 10 });
    expect((await served.post("/v1/ports/enable", '{"interface":"eth1"}')).status).toBe(204);
    const unknown = await served.post("/v1/ports/enable", '{"interface":"eth9"}');
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text)).toMatchObject({ code: "no_such_port" });
  });
});

describe("errors by HTTP", () => {
  const wrong: readonly (readonly [
    what: string,
    path: string,
    body: string | undefined,
    status: number,
    key: string,
  ])[] = [
    ["a query key that is not known", "/v1/fdb?colour=red", undefined, 400, "query.colour"],
    ["a number that is a word", "/v1/events?limit=x", undefined, 400, "query.limit"],
    ["a number out of range", "/v1/wait?timeout=-1", undefined, 400, "query.timeout"],
    ["a MAC that is none", "/v1/mac?mac=red", undefined, 400, "query.mac"],
    ["a MAC that is missing", "/v1/mac", undefined, 400, "query.mac"],
    ["a word that is not allowed", "/v1/fdb?where=nowhere", undefined, 400, "query.where"],
    ["a MAC that is none", "/v1/fdb?mac=02", undefined, 400, "query.mac"],
    ["a body key that is not known", "/v1/flush", '{"colour":"red"}', 400, "body.colour"],
    ["a VLAN out of range", "/v1/flush", '{"vlan":4095}', 400, "body.vlan"],
    ["a missing key", "/v1/ports/enable", "{}", 400, "body.interface"],
    ["no body", "/v1/ports/enable", undefined, 400, "body"],
    ["no filter, which could mean everything", "/v1/flush", undefined, 400, "body"],
  ];

  it.each(wrong)("names the key of %s", async (_what, path, body, status, key) => {
    const isPost = body !== undefined || /enable|flush/.test(path);
    const answer = await (isPost ? served.post(path, body) : served.get(path));
    expect(answer.status).toBe(status);
    const { code, message, errors } = JSON.parse(answer.text);
    expect(code).toBe("invalid_request");
    expect(message).toContain(key);
    expect(errors).toMatchObject([{ key }]);
  });

  it("refuses what is not JSON, and what is too long", async () => {
    const broken = await served.post("/v1/flush", "{vlan");
    expect(broken.status).toBe(400);
    expect(JSON.parse(broken.text)).toMatchObject({ code: "invalid_request" });
    const long = await served.post("/v1/flush", JSON.stringify({ interface: "x".repeat(100_000) }));
    expect(long.status).toBe(413);
    expect(JSON.parse(long.text)).toMatchObject({ code: "body_too_large" });
  });

  it.each(["/", "/v1", "/v1/nothing", "/v1/%", "/v1/../status"])("knows no %s", async (path) => {
    const answer = await served.get(path);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "not_found" });
  });

  it("passes on the code and the words of a refusal", async () => {
    served.vtep.reloaded = new VtepError("table_full", "no room for another access port");
    const answer = await served.post("/v1/reload");
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.text)).toEqual({ code: "table_full", message: "no room for another access port" });
  });

  it("keeps a defect to itself and its log", async () => {
    served.vtep.status = () => {
      throw new TypeError("secret is undefined");
    };
    const answer = await served.get("/v1/status");
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({ code: "internal", message: expect.any(String) });
    expect(answer.text).not.toContain("secret");
    expect(answer.text).not.toContain("at ");
    expect(served.logged.join()).toContain("secret is undefined");
  });
});

// scripts/setup/bundle.mjs joins the layers that every frame goes through into one file: the same program, faster.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const core = join(root, "dist/core.js");
const load = (file: string): Promise<object> => import(/* @vite-ignore */ pathToFileURL(file).href);

interface Core {
  readonly modules: Record<string, object>;
}

describe.skipIf(!existsSync(core))("the core in one file (needs the built program)", () => {
  it("is what the file of each of its modules offers", async () => {
    const { modules } = (await load(core)) as Core;
    for (const name of Object.keys(modules)) {
      const { ...offered } = await load(join(root, `dist/${name}.js`));
      expect(offered).toEqual({ ...modules[name] });
    }
  });

  it("is known to everybody as the same classes", async () => {
    const { Tables } = (await load(join(root, "dist/tables/tables.js"))) as { Tables: new () => { fdb: object } };
    const { Fdb } = (await load(join(root, "dist/tables/fdb.js"))) as { Fdb: new () => object };
    expect(new Tables().fdb).toBeInstanceOf(Fdb);
  });

  it("has constants that V8 takes for such: nothing that could be assigned to, and no export but one", async () => {
    expect(Object.keys(await load(core))).toEqual(["modules"]);
    // Classes are looked up when an object is made, namespaces when the program starts.
    const assignable = readFileSync(core, "utf8").match(/^(?:var|let) (?!__)\w+(?<!_exports) = (?!class\b).*/gm);
    expect(assignable).toBeNull();
  });
});

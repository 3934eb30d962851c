// Joins what tsc wrote into fewer files. Whoever runs tsc alone has the same program, only slower.
//
// The API with the framework under it: 700 small files take Node half a second of CPU to load, which the daemon spends
// while it forwards; one takes an eighth of a second.
//
// The core, which is what every frame goes through: V8 (Node 20) takes what a module imports or exports for something that
// may change, and loads and checks it at each use, constants too, as it does with a `var`. In one file that exports none of
// it they are constants: a known unicast takes two thirds of the time (bench/README.md, "What bounds each row").
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** The rest of the program is shared with the daemon: a second VtepError would be another class. */
function sharedModules(folder) {
  return {
    name: "vtepd-shared",
    enforce: "pre",
    resolveId(id, importer) {
      if (importer === undefined || !id.startsWith(".") || importer.includes(`${sep}node_modules${sep}`)) return null;
      const file = resolve(dirname(importer), id);
      if (file.startsWith(folder + sep)) return null;
      return { id: relative(folder, file).split(sep).join("/"), external: "relative" };
    },
  };
}

/** `entry` with all that it imports, in its place. */
async function intoOne(root, { entry, plugins, keepNames }) {
  const { build } = await import("vite");
  const bundle = `${basename(entry)}.new`;
  await build({
    configFile: false,
    root,
    logLevel: "error",
    plugins,
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: dirname(entry),
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: bundle, codeSplitting: false, keepNames, topLevelVar: false } },
    },
  });
  renameSync(join(dirname(entry), bundle), entry);
}

/** Controllers are known by their names. */
export async function bundleApi(root) {
  const entry = join(root, "dist/api/application.js");
  await intoOne(root, { entry, plugins: [sharedModules(dirname(entry))], keepNames: true });
}

/** Layers without I/O of their own: nothing in them minds where its file lies. */
const CORE_LAYERS = ["abi", "wire", "tables", "engine"];
/** So are these, between AF_XDP sockets and the engine. */
const CORE_FILES = [
  "native/descriptor",
  "dataplane/io/complete_checksum",
  ...["frame_headers", "frame_router", "partial_checksum", "xsk_batch", "xsk_egress"].map(
    (name) => `dataplane/userspace/${name}`,
  ),
];
const CORE = "core.js";

const isModule = (name) => name.endsWith(".js");

/** Relative to `dist`, without an ending. */
function coreModules(dist) {
  const ofLayers = CORE_LAYERS.flatMap((layer) =>
    readdirSync(join(dist, layer))
      .filter(isModule)
      .map((name) => `${layer}/${basename(name, ".js")}`),
  );
  return [...ofLayers, ...CORE_FILES];
}

/** An entry that exports one object, in which each module of the core is a member. */
function coreEntry(names) {
  const imports = names.map((name, at) => `import * as m${at} from "./${name}.js";`);
  const members = names.map((name, at) => `"${name}": m${at}`);
  return `${imports.join("\n")}\nexport const modules = { ${members.join(", ")} };\n`;
}

/** What a file of the core becomes: the same exports, taken from the one that holds all. */
function facade(name, exported) {
  const names = Object.keys(exported);
  if (names.length === 0) return "export {};\n";
  return `import { modules } from "${"../".repeat(name.split("/").length - 1)}${CORE}";\nexport const { ${names.join(", ")} } = modules["${name}"];\n`;
}

export async function bundleCore(root) {
  const dist = join(root, "dist");
  const names = coreModules(dist);
  const entry = join(dist, CORE);
  writeFileSync(entry, coreEntry(names));
  await intoOne(root, { entry, plugins: [], keepNames: false });
  const { modules } = await import(pathToFileURL(entry).href);
  for (const name of names) writeFileSync(join(dist, `${name}.js`), facade(name, modules[name]));
}

// Puts the API with the framework under it into one file: 700 small ones take Node half a second of CPU to load, which
// the daemon spends while it forwards; one takes an eighth of a second. tsc writes the entry, this replaces it: whoever
// runs tsc alone has an API that loads more slowly, and the same otherwise.
import { renameSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

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

export async function bundleApi(root) {
  const { build } = await import("vite");
  const entry = join(root, "dist/api/application.js");
  const folder = dirname(entry);
  const bundle = `${basename(entry)}.new`;
  await build({
    configFile: false,
    root,
    logLevel: "error",
    plugins: [sharedModules(folder)],
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: bundle, codeSplitting: false, keepNames: true } },
    },
  });
  renameSync(join(folder, bundle), entry);
}

// The three builds: eBPF objects, the native addon, TypeScript. Each only when its inputs changed.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { bundleApi, bundleCore } from "./bundle.mjs";
import { run } from "./process.mjs";
import { filesBelow, unlessBuilt } from "./stamp.mjs";

const stamp = (root, name) => join(root, "build/stamps", name);

/** Debian keeps <asm/types.h> in a folder per architecture; clang's bpf target does not look there by itself. */
function asmFolder() {
  const arch = { x64: "x86_64", arm64: "aarch64", riscv64: "riscv64", ppc64: "powerpc64le", s390x: "s390x" }[
    process.arch
  ];
  return `/usr/include/${arch ?? process.arch}-linux-gnu`;
}

/**
 * Partial redundancy elimination keeps values for later, and there are only ten registers: what it keeps lies on the
 * stack, of which older kernels give less (test/bpf/stack.test.ts reads what the stack usage file says).
 */
const STACK = ["-mllvm", "-enable-pre=false", "-fstack-usage"];

function clangArgs(root, source, object) {
  const include = ["-I", join(root, "bpf"), "-I", asmFolder()];
  return [
    "-g",
    "-O2",
    "-target",
    "bpf",
    "-mcpu=v3",
    ...STACK,
    "-Wall",
    "-Werror",
    ...include,
    "-c",
    source,
    "-o",
    object,
  ];
}

export async function buildBpf(root) {
  const headers = filesBelow(join(root, "bpf"), (name) => name.endsWith(".h"));
  const isProgram = (name) => name.endsWith(".bpf.c");
  const sources = [...filesBelow(join(root, "bpf"), isProgram), ...filesBelow(join(root, "netns-lab"), isProgram)];
  mkdirSync(join(root, "build/bpf"), { recursive: true });
  const built = await Promise.all(
    sources.map((source) => {
      const name = basename(source, ".c");
      const object = join(root, "build/bpf", `${name}.o`);
      const args = clangArgs(root, source, object);
      return unlessBuilt(
        { stampFile: stamp(root, name), files: [source, ...headers], words: args, outputs: [object] },
        () => run("clang", args, { advice: "An eBPF program does not compile: the message above says where." }),
      );
    }),
  );
  const count = built.filter(Boolean).length;
  return count === 0 ? undefined : `${count} compiled`;
}

/** Headers that came with this Node, so that node-gyp need not download them. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include/node/node_api.h")) ? ["--nodedir", prefix] : [];
}

/** The file that node-gyp will write, by the target's name in binding.gyp (a Python literal, so no JSON parser). */
function addonFile(root, description) {
  const name = /["']target_name["']\s*:\s*["'](\w+)["']/.exec(readFileSync(description, "utf8"))?.[1];
  return join(root, `build/Release/${name}.node`);
}

export async function buildAddon(root) {
  const description = join(root, "binding.gyp");
  const files = [description, ...filesBelow(join(root, "native"), (name) => /\.(cc|cpp|c|h|hpp)$/.test(name))];
  const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
  const advice = "The native addon does not build: the message above says why.";
  const built = await unlessBuilt(
    { stampFile: stamp(root, "addon"), files, outputs: [addonFile(root, description)] },
    () =>
      // configure and build, not rebuild: that would first wipe build/, where the eBPF objects are.
      run(process.execPath, [gyp, "configure", "build", "--jobs", "max", ...nodeHeaders()], { cwd: root, advice }),
  );
  return built ? "compiled" : undefined;
}

/** Output of sources that no longer exist would still be found by imports. */
function removeOrphans(root) {
  for (const output of filesBelow(join(root, "dist"), (name) => name.endsWith(".js"))) {
    const source = join(root, "src", relative(join(root, "dist"), output)).replace(/\.js$/, ".ts");
    if (!existsSync(source)) rmSync(output);
  }
}

export async function buildTypeScript(root) {
  const sources = filesBelow(join(root, "src"), (name) => name.endsWith(".ts"));
  const tools = ["tsconfig.json", "node_modules/typescript/package.json", "scripts/setup/bundle.mjs"];
  const files = [...sources, ...tools.map((file) => join(root, file))];
  const built = await unlessBuilt(
    { stampFile: stamp(root, "typescript"), files, outputs: [join(root, "dist")] },
    async () => {
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      await run(process.execPath, [compiler, "-p", root], {
        advice: "TypeScript does not compile: the message above says where.",
      });
      removeOrphans(root);
      await bundleApi(root);
      await bundleCore(root);
    },
  );
  return built ? `${sources.length} files compiled` : undefined;
}

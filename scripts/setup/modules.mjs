// node_modules: compared with package-lock.json by contents, because file times say nothing after a git checkout.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process.mjs";
import { SetupError } from "./report.mjs";

const OLDEST_NODE = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old: install Node 24 (at least ${OLDEST_NODE.join(".")}).`,
  );
}

const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

/** npm leaves packages of other platforms out of its own record of what it installed; they are all optional. */
function isComplete(root) {
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const there = packagesOf(installed);
  return Object.entries(packagesOf(join(root, "package-lock.json"))).every(
    ([path, wanted]) => path === "" || wanted.optional || wanted.devOptional || there[path]?.version === wanted.version,
  );
}

export async function installModules(root, report) {
  if (isComplete(root)) return undefined;
  report.say("installing npm packages");
  await run("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" },
    advice: "npm could not install the packages: check the network and npm's registry setting, then run 'npm ci'.",
  });
  return "as package-lock.json says";
}

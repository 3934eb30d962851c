import { defineConfig } from "vitest/config";

/**
 * Folders whose tests touch nothing but memory, and come first. What uses namespaces, eBPF, sockets and child
 * processes takes unique names and folders, so files of it may run side by side too, two at a time.
 */
const PURE = ["abi", "wire", "tables", "engine", "config", "architecture", "telemetry", "lab"];
const pureFiles = PURE.map((folder) => `test/${folder}/**/*.test.ts`);
/**
 * Each run of a lab has namespaces of its own: two at a time. They run real daemons with real timers on a machine that
 * others may be using, so a failed one is run once more; the summary names it and says how it failed first.
 */
const labFiles = ["test/labs/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./scripts/test/reporter.mjs"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: pureFiles, testTimeout: 20_000, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: [...pureFiles, ...labFiles],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "labs",
          include: labFiles,
          testTimeout: 60_000,
          maxConcurrency: 2,
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

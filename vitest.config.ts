import { defineConfig } from "vitest/config";

/**
 * Folders whose tests touch nothing but memory: their files may run side by side. Everything else (namespaces, eBPF,
 * sockets, child processes) runs one file at a time, so that a new folder is safe before anybody thinks about it.
 */
const PURE = ["abi", "wire", "tables", "engine", "config", "architecture", "telemetry", "lab"];
const pureFiles = PURE.map((folder) => `test/${folder}/**/*.test.ts`);
/** Each run of a lab has namespaces of its own: two at a time. */
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
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "labs", include: labFiles, testTimeout: 60_000, sequence: { groupOrder: 2 } },
      },
    ],
  },
});

// Entry of `vtepd`: words in, exit code out.

import { failureOf } from "./failure.js";
import { createProgram } from "./program.js";

// `vtepd show fdb | head` is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const args = process.argv.slice(2);
try {
  const program = await createProgram(args);
  await program.parseAsync(args, { from: "user" });
} catch (error) {
  const { exitCode, text } = failureOf(error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}

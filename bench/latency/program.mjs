import { join } from "node:path";
import { cProgram } from "../c_program.mjs";

/** Path of the program in both ends of a conversation. */
export const pingpongProgram = () => cProgram(join(import.meta.dirname, "pingpong.c"));

// How this program is built and run: `skerry run` and `skerry build` read it.
import { defineConfig } from "skerry";

export default defineConfig({ entry: "main.ts" });

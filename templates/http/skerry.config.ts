// How this program is built and run: `skerry dev`, `skerry run`, `skerry build` read it.
import { defineConfig } from "skerry";

export default defineConfig({
  entry: "server.ts",
  ports: [8080],
  env: { GREETING: "hello" },
  limits: { timeMs: 1000 },
});

// A machine that serves the files in public/. There is no program, and no JavaScript engine in it.
import { defineConfig } from "skerry";

export default defineConfig({
  assets: { directory: "public" },
  ports: [8080],
});

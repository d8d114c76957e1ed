import { defineConfig } from "skerry";

// Files and no program: the machine has no JavaScript engine in it.
export default defineConfig({ assets: "public" });

import { defineConfig } from "skerry";

export default defineConfig({ entry: "server.ts", assets: "public" });

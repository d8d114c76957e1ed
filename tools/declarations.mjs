/**
 * The types of what this package exports, as declaration files: of each file that the public ones name, and no other.
 * A file's own types are all written down where they are public, so none has to be checked for this.
 */
import path from "node:path";
import { mkdir, readFile, writeFile } from "node:fs/promises";

const root = path.resolve(import.meta.dirname, "..");
const PUBLIC = ["src/index.ts", "src/app.ts"];

export async function declareTypes(folder) {
  // Loaded here: a package that was built has no compiler.
  const { default: ts } = await import("typescript");
  const done = new Set();
  const declare = async (file) => {
    if (done.has(file)) return;
    done.add(file);
    const source = await readFile(path.join(root, file), "utf8");
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
      fileName: file,
      compilerOptions: { target: ts.ScriptTarget.ES2022, isolatedDeclarations: true, declaration: true },
      reportDiagnostics: true,
    });
    for (const { messageText } of diagnostics) throw new Error(`${file}: ${JSON.stringify(messageText)}`);
    const named = [...outputText.matchAll(/from "(\.[^"]+)\.ts"/g)].map(([, name]) => `${name}.ts`);
    const output = path.join(folder, path.relative("src", file).replace(/\.ts$/, ".d.ts"));
    await mkdir(path.dirname(output), { recursive: true });
    await writeFile(output, outputText.replace(/(from "\.[^"]+)\.ts"/g, '$1.js"'));
    await Promise.all(named.map((name) => declare(path.join(path.dirname(file), name))));
  };
  await Promise.all(PUBLIC.map(declare));
}

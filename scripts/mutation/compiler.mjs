/** TypeScript's own parser and checker: the parsed sources of a tree, and whether a changed one still compiles. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API } from 'typescript/unstable/sync';

/** A change leaves over a name that nobody reads any more, or a line that nobody reaches: that is no error of types. */
const leftOver = new Set([6133, 6192, 6196, 6198, 6199, 7027, 7029]);

export function openCompiler(tree, importers) {
  const config = join(tree, 'tsconfig.json');
  const api = new API({ cwd: tree });
  let snapshot = api.updateSnapshot({ openProjects: [config] });
  const program = () => {
    const project = snapshot.getProject(config);
    if (project === undefined) throw new Error(`TypeScript did not open ${config}`);
    return project.program;
  };
  const changed = (file) => {
    snapshot = api.updateSnapshot({ fileChanges: { changed: [file] } });
  };
  return {
    parsed: (path) => program().getSourceFile(join(tree, path)),
    /** Whether the source and those that import it are without errors. Writes the text into the tree meanwhile. */
    compiles(path, text) {
      const file = join(tree, path);
      const original = readFileSync(file, 'utf8');
      try {
        writeFileSync(file, text);
        changed(file);
        const now = program();
        const right = (errors) => errors.every(({ code }) => leftOver.has(code));
        if (!right(now.getSyntacticDiagnostics(file))) return false;
        return [path, ...importers(path)].every((each) => right(now.getSemanticDiagnostics(join(tree, each))));
      } finally {
        writeFileSync(file, original);
        changed(file);
      }
    },
    close: () => api.close(),
  };
}

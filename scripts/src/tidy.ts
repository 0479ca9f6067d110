import { root, runCommand } from './shop.js';
import { readRepository } from './tidy/repository.js';
import { alertRules } from './tidy/rules-alerts.js';
import { documentRules } from './tidy/rules-documents.js';
import { stackRules } from './tidy/rules-stack.js';
import { structureRules } from './tidy/rules-structure.js';

/** Holds the house rules against the files that git tracks; prints file, rule and remedy of each violation. */
const main = async (): Promise<void> => {
  const repository = await readRepository(root);
  const violations = [...structureRules, ...documentRules, ...alertRules, ...stackRules].flatMap((rule) =>
    rule(repository),
  );
  for (const { file, rule, remedy } of violations) process.stdout.write(`${file}\n  ${rule}\n  -> ${remedy}\n`);
  const count = violations.length;
  process.stdout.write(
    count === 0 ? `tidy: ${repository.files.length} files, nothing to tidy\n` : `tidy: ${count} to tidy\n`,
  );
  if (count > 0) process.exitCode = 1;
};

runCommand(main);

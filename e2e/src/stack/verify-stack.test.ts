import { join } from 'node:path';
import { runCommand } from '../command.js';
import { root } from '../launcher.js';

const deadlineMs = 180_000;

// Against the real tools: prometheus-alertmanager.test.ts.
test(
  'npm run verify-stack finds everything in order on a shop of its own, every panel of the dashboards included',
  async () => {
    const command = [join(root, 'scripts/dist/verify-stack.js'), '--embedded'];
    const { code, output } = await runCommand(process.execPath, command, { timeoutMs: deadlineMs });
    expect(output).not.toMatch(/^FAILED/m);
    expect(output).toMatch(/^ok +Dashboards /m);
    expect(code).toBe(0);
  },
  deadlineMs,
);

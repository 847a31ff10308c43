import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { openChanges } from './on-changes.ts';

for (const engine of ENGINES) {
  describe(`levels of a rollback in the console on ${engine.name}`, () => {
    test('the menu of Changes leads to them, and level 1 shows its diff before it is done', async () => {
      const folder = new Folder().write('.env', 'A=1\r\nFLAG=true # on\r\n').write('cascades', '3\n');
      const file = join(folder.folder, '.env');
      await using open = await openChanges(engine, [row(1, null, '8212577')], {
        columns: 100,
        rows: 40,
        context: {
          metrics: { webhookCascades: { file: join(folder.folder, 'cascades') }, processingSeconds: undefined },
          rollback: { flags: { file, set: { FLAG: 'false' } }, code: { steps: ['git revert the release', 'deploy'] } },
        },
      });
      const { console, db } = open;
      await console
        .sees(/Switch the flags off \(level 1\) +ready/)
        .press(':')
        .type('whichlevel')
        .press('enter');
      await console.sees(
        'level 1 is called for: m has it, looked at ',
        'incidents +50 %: 3 incidents, normal 0 incidents',
      );
      await console.sees(
        'recommended: the lowest one',
        'line 2  + FLAG=false',
        'level 2  code',
        'git revert the release',
      );
      await console.sees(
        'level 3  database',
        'until the cleanup drops the originals',
        'needs metrics.processingSeconds',
      );
      await console.press('m').sees('Level 1: Switch the flags off').press('enter');
      await console
        .sees('line 2  - FLAG=true', 'line 2  + FLAG=false', 'not yet: reason')
        .type('OPS-7')
        .press('tab', 'enter')
        .sees('run 1  Switch the flags off (level 1)  done');
      expect(readFileSync(file, 'utf8')).toBe('A=1\r\nFLAG=false # on\r\n');
      await poll(async () => open.changes.getState().own === undefined);
      const audit = await db.execute('SELECT body FROM apptop_audit ORDER BY seq');
      expect(audit.map(({ body }) => JSON.parse(body ?? '{}').event)).toEqual(['intent', 'outcome']);
      await console.press('escape').resize(40, 15).sees('level 1').resize(20, 8).resize(80, 24).sees('level 1');
    });
  });
}

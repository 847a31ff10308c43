import { appendLine } from '../../src/audit/local-file.ts';

// A process that appends so many announcements to a file, and says so after each.
const [, , path = '', name = '', times = '0'] = process.argv;
for (let number = 1; number <= Number(times); number += 1) {
  await appendLine(path, (file, seq) => ({
    seq,
    record: { version: 1, at: new Date().toISOString(), event: 'intent', file, change: `${name} ${number}` },
  }));
  console.log(number);
}

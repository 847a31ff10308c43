import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Finding, Ground } from '../check.ts';
import { found } from '../known-tables.ts';
import { type CodeScan, scanCode } from './scan.ts';

/** What the check schema/phantom-columns finds in source code, and everything else that the search saw. */
export interface CodeFinding extends Finding {
  readonly scan: CodeScan;
}

/**
 * The columns that the source code below a folder writes and the appointments table lacks, as the check
 * schema/phantom-columns gives them: a violation each, its `pk` being `file:line`. `scan` has them all, and every
 * mention of the two booking id columns. File names and columns are hostile to terminals.
 * @throws Problem usage, when there is no such folder; cancelled
 */
export async function phantomColumnsInCode({ appointments, signal }: Ground, folder: string): Promise<CodeFinding> {
  const { table, columns, v1, v2 } = appointments;
  const searched = { name: table.name, columns: columns.map(({ name }) => name), ids: [v1.name, v2.name] };
  const scan = await scanCode(folder, searched, signal);
  if (scan.files === 0) {
    throw new Problem('usage', `there is no source code in ${folder}`, "name the folder of the application's code");
  }
  const rows = scan.phantoms.map(({ file, line, column }) => ({ pk: `${file}:${line}`, column }));
  const left = scan.skipped === 0 ? '' : `, ${scan.skipped} skipped`;
  const mentions = counted(scan.references.length, 'mention');
  return { ...found(rows, `${counted(scan.files, 'file')} read${left}; ${mentions} of the id columns`), scan };
}

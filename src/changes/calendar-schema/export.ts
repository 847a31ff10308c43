import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { makeFolder, stateFile } from '../../config/state.ts';
import type { Column, Row, TableName } from '../../data/connection.ts';
import { any } from '../../data/queries/expressions.ts';
import { named } from '../../data/state/tables.ts';
import type { WritingSession } from '../../data/writing.ts';
import { Problem } from '../../model/problem.ts';
import type { ChangeGround } from '../change.ts';
import { Halted } from '../held-run.ts';
import type { Scene } from './shape.ts';
import type { Loss, UndoStep } from './undo.ts';

/** Rows of one look. */
const STRETCH = 1_000;

/** Rows that stand in a file, and by what that can be proven. */
interface Exported {
  readonly file: string;
  readonly rows: number;
  readonly sha256: string;
}

/** The rows that a drop takes something from. */
interface Doomed {
  readonly table: TableName;
  readonly key: Column;
  readonly columns: readonly Column[];
  readonly condition: RawBuilder<unknown>;
}

/** Whether a column holds more than what every row is made with. */
const holds = ({ name }: Column): RawBuilder<unknown> =>
  name === 'error_count' ? sql`${sql.id(name)} <> 0` : sql`${sql.id(name)} IS NOT NULL`;

const conditionOf = ({ columns }: Loss): RawBuilder<unknown> =>
  columns === undefined ? sql`1 = 1` : any(columns.map(holds));

/** @throws Problem refused, where the table has no column by which its rows could be told */
function doomedBy(loss: Loss, scene: Scene): Doomed {
  const shape = scene.shapes[loss.table];
  const key = shape?.columns.find(({ name }) => name === 'id');
  const table = scene.names[loss.table];
  if (shape === undefined || key === undefined) {
    const what = `the rows of ${table.name} can not be exported: it has no column id`;
    throw new Problem('refused', what, 'what is not exported is not dropped: export it and drop it by hand');
  }
  const others = loss.columns ?? shape.columns.filter(({ name }) => name !== 'id');
  return { table, key, columns: [key, ...others], condition: conditionOf(loss) };
}

/** How many rows a drop takes something from. @throws Problem */
export async function countDoomed({ database, options }: ChangeGround, loss: Loss, scene: Scene): Promise<number> {
  const table = named(scene.names[loss.table]);
  const [row] = await database.query(sql`SELECT COUNT(*) AS n FROM ${table} WHERE ${conditionOf(loss)}`, options);
  return Number(row?.['n']);
}

/** Whether the rows of a drop could be exported; why not, in words. */
export const unexportable = (loss: Loss, scene: Scene): string | undefined => {
  try {
    doomedBy(loss, scene);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
};

/** The rows as JSON lines, in the order of their keys. */
async function* linesOf(
  session: WritingSession,
  { dialect, writing }: ChangeGround,
  doomed: Doomed,
): AsyncGenerator<string> {
  const { table, key, columns, condition } = doomed;
  const id = sql.id(key.name);
  const values = sql.join(
    columns.map((column, index) => sql`${writing.schema.exported(column)} AS ${sql.id(`c${index}`)}`),
  );
  for (let after: string | undefined; ; ) {
    const behind = after === undefined ? sql`1 = 1` : sql`${id} > ${dialect.parameter(key, after)}`;
    const rows = await session.query(
      dialect.compile(sql`SELECT ${dialect.text(id)} AS exported_key, ${values} FROM ${named(table)}
        WHERE ${condition} AND ${behind} ORDER BY ${id} LIMIT ${sql.lit(STRETCH)}`),
    );
    for (const row of rows) yield `${lineOf(columns, row)}\n`;
    if (rows.length < STRETCH) return;
    after = rows.at(-1)?.['exported_key'] ?? undefined;
  }
}

const lineOf = (columns: readonly Column[], row: Row): string =>
  JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[`c${index}`] ?? null])));

/** Reads all lines into a hash, and what else is done with each. */
async function digest(lines: AsyncGenerator<string>, each: (line: string) => void = () => undefined) {
  const hash: Hash = createHash('sha256');
  let rows = 0;
  for await (const line of lines) {
    hash.update(line);
    each(line);
    rows += 1;
  }
  return { rows, sha256: hash.digest('hex') };
}

/** Where the exports of a database go. */
export const exportFolder = ({ context }: ChangeGround): string => dirname(stateFile(context, 'exports'));

/** A name that no export has yet. */
const fileFor = ({ context }: ChangeGround, { table }: Doomed, run: number): string => {
  const at = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const safe = table.name.replaceAll(/[^\w-]/g, '_');
  return stateFile(context, 'exports').replace(/\.jsonl$/, `-run${run}-${safe}-${at}.jsonl`);
};

/** @throws Problem refused, where the file can't be written */
function unwritable(file: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  const remedy = 'what is not exported is not dropped: make room and give the right to write there';
  return new Problem('refused', `cannot export to ${file}: ${why}`, remedy, { cause: error });
}

/** Writes the rows to a file that only its owner can read; it is there as a whole or not at all. @throws Problem */
async function exportRows(
  session: WritingSession,
  ground: ChangeGround,
  doomed: Doomed,
  run: number,
): Promise<Exported> {
  const file = fileFor(ground, doomed, run);
  const anew = `${file}.part`;
  const onDisk = <Answer>(work: () => Answer): Answer => {
    try {
      return work();
    } catch (error) {
      throw unwritable(file, error);
    }
  };
  const descriptor = onDisk(() => {
    makeFolder(dirname(file));
    return openSync(anew, 'wx', 0o600);
  });
  try {
    const found = await digest(linesOf(session, ground, doomed), (line) => onDisk(() => writeSync(descriptor, line)));
    onDisk(() => fsyncSync(descriptor));
    if (found.rows > 0) onDisk(() => renameSync(anew, file));
    return { file, ...found };
  } finally {
    closeSync(descriptor);
    rmSync(anew, { force: true });
  }
}

/** What a drop has to be told, beside the step. */
interface DropHost {
  readonly run: number;
  /** Rows that were confirmed and are not dropped yet. */
  readonly most: number;
  /** Puts an export on record, before anything is dropped. */
  readonly onExported: (exported: Exported) => Promise<void>;
}

/**
 * Exports what a step drops, then drops it while nobody else can write: only if the rows still are those of the file.
 * @returns how many rows lost something
 * @throws Halted, when somebody wrote meanwhile; Problem
 */
export async function exportAndDrop(
  session: WritingSession,
  ground: ChangeGround,
  scene: Scene,
  { deed, loses, what }: UndoStep & { readonly loses: Loss },
  { run, most, onExported }: DropHost,
): Promise<number> {
  const doomed = doomedBy(loses, scene);
  const { exclusively } = ground.writing.schema;
  // Where somebody holds the table, that is known before a file is written.
  await exclusively(session, doomed.table, () => Promise.resolve());
  const exported = await exportRows(session, ground, doomed, run);
  if (exported.rows > most) {
    throw new Halted(
      `${what} would take from ${exported.rows} rows, of which ${most} were confirmed: nothing of it was dropped`,
    );
  }
  if (exported.rows > 0) await onExported(exported);
  await exclusively(session, doomed.table, async () => {
    const now = await digest(linesOf(session, ground, doomed));
    if (now.sha256 !== exported.sha256) {
      throw new Halted(
        `somebody wrote to ${doomed.table.name} after its rows were exported: nothing of it was dropped`,
      );
    }
    for (const statement of deed.sql) await session.execute(ground.dialect.compile(statement));
  });
  return exported.rows;
}

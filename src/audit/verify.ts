import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import { type Flaw, flawsOf, GENESIS, type Link } from './chain.ts';
import { auditFile, FILE_ID, idsBeside, type LocalFile, readLocalFile } from './local-file.ts';
import type { WholeLine } from './local-lines.ts';
import { operatorOf } from './operator.ts';
import { readRecord } from './record.ts';
import { AuditTable } from './table.ts';

type Place = 'database' | 'local file';

/**
 * - `edited`, `deleted`, `reordered`, `forged`: as the chain of the place says
 * - `truncated`: the other place knows more than the end of this one
 * - `replaced`: the other place remembers another record under this number
 * - `torn`: a line that a crash ended; nothing is missing after it
 * - `unnoted`: announced, and not in the database: it was away, or the transaction was rolled back; or there, and the line
 *   that noted it is not here
 */
type FindingKind = Flaw['kind'] | 'truncated' | 'replaced' | 'torn' | 'unnoted';

export interface Finding {
  readonly place: Place;
  /** The number of the record in the database, of the line in the file. */
  readonly at: number;
  readonly kind: FindingKind;
  readonly text: string;
}

/** Whether somebody had a hand in it: a crash tears lines too, and loses connections. */
export const isBroken = ({ kind }: Finding): boolean => kind !== 'torn' && kind !== 'unnoted';

export interface Verified {
  readonly findings: readonly Finding[];
  /** Records in the database; undefined when it was not asked. */
  readonly records: number | undefined;
  /** Those of them that were announced in the local file. */
  readonly own: number | undefined;
  readonly file: string;
  readonly lines: number;
}

/**
 * Looks at both chains, and holds each against the other. Who can write to both places and hashes everything anew is not
 * found; for that the file would have to be where they can't write.
 * @param asked undefined looks at the local file only
 * @throws Problem, what the database says; refused, where the file is and can't be read
 */
export async function verify(
  context: Context,
  asked: { readonly database: Database; readonly options: QueryOptions } | undefined,
): Promise<Verified> {
  const path = auditFile(context);
  const before = await fileAt(path);
  const links = asked === undefined ? undefined : await linksOf(context, asked.database, asked.options);
  // Others may record meanwhile: what was noted before is in the table, what is in the table was announced by now.
  const after = links === undefined ? before : await fileAt(path);
  const own = links?.filter((link) => after.id !== undefined && readRecord(link.body)?.file === after.id);
  return {
    findings: [
      ...(links === undefined ? [] : await findingsInDatabase(links)),
      ...(links === undefined ? [] : unlikeNoted(before, links)),
      ...(await findingsInFile(after)),
      ...(links === undefined ? [] : unnoted(before, after, links)),
      ...unannounced(after, own ?? [], await editedOf(links ?? [])),
      ...(await forgotten(after, links ?? [], context)),
    ],
    records: links?.length,
    own: own?.length,
    file: path,
    lines: after.lines.length,
  };
}

const fileAt = (path: string): Promise<LocalFile> => atFile(path, () => readLocalFile(path));

/** @throws Problem refused, where the file system says no */
async function atFile<Answer>(path: string, read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Problem('refused', `cannot read ${path}: ${error.message}`, 'give yourself the right to read it', {
      cause: error,
    });
  }
}

async function linksOf(context: Context, database: Database, options: QueryOptions): Promise<readonly Link[]> {
  const table = new AuditTable(context, database.dialect);
  return (await table.exists(database, options)) ? table.all(database, options) : [];
}

async function findingsInDatabase(links: readonly Link[]): Promise<readonly Finding[]> {
  const flaws = await flawsOf(links, GENESIS);
  return flaws.map(({ link, kind, text }) => ({ place: 'database', at: link.seq, kind, text }));
}

async function findingsInFile({ id, lines }: LocalFile): Promise<readonly Finding[]> {
  const numbers = new Map(lines.flatMap(({ whole, line }) => (whole === undefined ? [] : [[whole, line] as const])));
  const wholes = [...numbers.keys()];
  const flaws = await flawsOf(wholes, undefined);
  const found = (at: number, kind: FindingKind, text: string): Finding => ({ place: 'local file', at, kind, text });
  const odd = lines.flatMap(({ line, whole, torn }) => {
    if (torn) return [found(line, 'torn', 'apptop ended while it wrote this line, which goes no further')];
    if (whole === undefined) return [found(line, 'forged', 'this is no line of apptop')];
    const known = flaws.some(({ link, kind }) => link === whole && kind === 'edited');
    return whole.verbatim || known ? [] : [found(line, 'edited', 'it is not as apptop writes a line')];
  });
  const [first] = wholes;
  const foreign = first !== undefined && first.seq === 1 && first.prev.slice(0, FILE_ID) !== id;
  return [
    ...odd,
    ...(foreign ? [found(1, 'forged', 'it does not begin as the file did')] : []),
    ...flaws.map(({ link, kind, text }) => found(lineOf(numbers, link), kind, text)),
  ];
}

const lineOf = (numbers: ReadonlyMap<WholeLine, number>, link: Link): number =>
  [...numbers].find(([whole]) => whole === link)?.[1] ?? link.seq;

/** What the file remembers of the database, and is there no more. */
function unlikeNoted({ lines }: LocalFile, links: readonly Link[]): readonly Finding[] {
  const hashes = new Map(links.map(({ seq, hash }) => [seq, hash]));
  const end = links.at(-1)?.seq ?? 0;
  const noted = lines.flatMap(({ line, whole }) =>
    whole?.noted === undefined ? [] : [{ line, ...whole.noted.database }],
  );
  const beyond = noted.filter(({ seq }) => seq > end).toSorted((one, other) => other.seq - one.seq)[0];
  const cut: readonly Finding[] =
    beyond === undefined
      ? []
      : [
          {
            place: 'database',
            at: end,
            kind: 'truncated',
            text: `it ends here, and the local file knows ${beyond.seq} (line ${beyond.line})`,
          },
        ];
  const others = noted.filter(({ seq, hash }) => hashes.has(seq) && hashes.get(seq) !== hash);
  return [
    ...others.map(
      ({ seq, line }): Finding => ({
        place: 'database',
        at: seq,
        kind: 'replaced',
        text: `it is not the one that the local file remembers (line ${line})`,
      }),
    ),
    ...cut,
  ];
}

/** Records that were announced, and went no further; or did, and no line notes it. */
function unnoted({ lines }: LocalFile, after: LocalFile, links: readonly Link[]): readonly Finding[] {
  const noted = new Set(after.lines.flatMap(({ whole }) => whole?.noted?.of ?? []));
  const numbers = new Map(links.map(({ body, seq }) => [body, seq]));
  return lines.flatMap(({ line, whole }): readonly Finding[] => {
    const { record, recordText, seq, local } = whole ?? {};
    if (local || record === undefined || recordText === undefined || (seq !== undefined && noted.has(seq))) return [];
    const number = numbers.get(recordText);
    const what =
      number === undefined
        ? 'it is not in the database'
        : `it is record ${number} of the database, and no line notes that: apptop ended before, or somebody took the line away`;
    return [{ place: 'local file', at: line, kind: 'unnoted', text: `${record.event}: ${what}` }];
  });
}

/** The numbers of records whose text is not what was hashed: that is told already. */
async function editedOf(links: readonly Link[]): Promise<ReadonlySet<number>> {
  const flaws = await flawsOf(links, GENESIS);
  return new Set(flaws.flatMap(({ kind, link }) => (kind === 'edited' ? [link.seq] : [])));
}

/** Records that say they were announced in the file, and never were or no more. */
function unannounced({ lines }: LocalFile, own: readonly Link[], edited: ReadonlySet<number>): readonly Finding[] {
  const announced = new Set(lines.flatMap(({ whole }) => whole?.recordText ?? []));
  const noted = new Map(
    lines.flatMap(({ whole }) =>
      whole?.noted === undefined ? [] : [[whole.noted.database.seq, whole.noted.database.hash]],
    ),
  );
  // What was edited or replaced in the database is told there.
  const told = ({ seq, hash }: Link) => edited.has(seq) || (noted.has(seq) && noted.get(seq) !== hash);
  const missing = own.filter((link) => !announced.has(link.body) && !told(link));
  const text = 'no line has it: taken away here, or forged there';
  return cutShort(lines.length, missing, `came from here, and ${text}`);
}

/** Records of this account on this machine that were announced in a file which is not here any more. */
async function forgotten(
  { path, id, lines }: LocalFile,
  links: readonly Link[],
  context: Context,
): Promise<readonly Finding[]> {
  const { user, host } = operatorOf(undefined);
  const fileOf = ({ body }: Link) => {
    const { operator, context: name, file } = readRecord(body) ?? {};
    return operator?.user === user && operator.host === host && name === context.name && file !== id ? file : undefined;
  };
  const mine = links.filter((link) => fileOf(link) !== undefined);
  if (mine.length === 0) return [];
  // Whoever reaches the database at another address than before has another file since.
  const beside = await atFile(path, () => idsBeside(path));
  const gone = mine.filter((link) => !beside.has(fileOf(link) ?? ''));
  return cutShort(lines.length, gone, 'came from this account here, and the file that announced it is gone');
}

function cutShort(at: number, missing: readonly Link[], text: string): readonly Finding[] {
  const [first] = missing;
  if (first === undefined) return [];
  const which = missing.length === 1 ? `record ${first.seq}` : `records ${missing.map(({ seq }) => seq).join(', ')}`;
  return [{ place: 'local file', at, kind: 'truncated', text: `${which} of the database ${text}` }];
}

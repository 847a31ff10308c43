import type { AuditHeads } from '../../audit/heads.ts';
import type { Commit } from '../../config/commit.ts';
import { utc } from '../../model/format.ts';
import { type Block, type Fact, facts } from './report.ts';

/** Where, when and by whom a report was made. */
export interface ReportHead {
  /** Milliseconds since 1970 UTC by the database's clock. */
  readonly madeAt: number;
  /** `ada@web1`. */
  readonly operator: string;
  readonly host: string;
  /** Of apptop. */
  readonly version: string;
  readonly context: string;
  readonly environment: string;
  readonly access: string;
  /** Where the database is, without user and password. */
  readonly database: string;
  /** `MariaDB 10.11.6`. */
  readonly product: string;
  readonly commit: Commit | undefined;
  /** Where the commit was looked for. */
  readonly folder: string;
  readonly audit: AuditHeads;
}

/** The files are what they are now: which commit was there during a run nobody has written down. */
const commitText = ({ commit, folder }: ReportHead): string =>
  commit === undefined
    ? `not known: ${folder} is in no git repository with a commit`
    : `${commit.hash}${commit.branch === undefined ? '' : ` (${commit.branch})`} in ${folder}, when this report was made`;

export const headFacts = (head: ReportHead): readonly Fact[] =>
  facts(
    ['report made', utc(head.madeAt)],
    ['made by', head.operator],
    ['on host', head.host],
    ['context', `${head.context}, which ${head.access === 'operate' ? 'may change the database' : 'only reads'}`],
    ['environment', head.environment],
    ['database', head.database],
    ['server', head.product],
    ['commit', commitText(head)],
    ['apptop', head.version],
  );

/** A moment as the record has it; of one that nobody can read its text. */
function momentText(at = ''): string {
  const moment = Date.parse(at);
  return Number.isNaN(moment) ? at : utc(moment);
}

/** The ends of the chains of the record of changes. */
export function auditBlocks({ audit: { database, closed, local, problem } }: ReportHead): readonly Block[] {
  const here = problem ?? (local === undefined ? 'there is no file' : `line ${local.seq}`);
  return [
    {
      kind: 'facts',
      facts: facts(
        [
          'newest record',
          database === undefined ? (closed ?? 'nothing was recorded') : `${database.seq}, ${momentText(database.at)}`,
        ],
        ['its hash', database?.hash],
        ['file on this machine', here],
        ['its last hash', local?.hash],
      ),
    },
    {
      kind: 'text',
      text: 'Each record holds the hash of the one before it: apptop audit verify tells whether what came before this one is still what it was.',
    },
  ];
}

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
  readonly commit: (Commit & { readonly folder: string }) | undefined;
  readonly audit: AuditHeads;
}

const commitText = ({ hash, branch, folder }: NonNullable<ReportHead['commit']>): string =>
  `${hash}${branch === undefined ? '' : ` (${branch})`} in ${folder}`;

export const headFacts = (head: ReportHead): readonly Fact[] =>
  facts(
    ['made', utc(head.madeAt)],
    ['by', head.operator],
    ['on host', head.host],
    ['context', `${head.context}, ${head.access === 'operate' ? 'may change' : 'only reads'}`],
    ['environment', head.environment],
    ['database', head.database],
    ['server', head.product],
    ['commit', head.commit && commitText(head.commit)],
    ['apptop', head.version],
  );

/** The ends of the chains of the record of changes. */
export function auditBlocks({ audit: { database, closed, local, problem } }: ReportHead): readonly Block[] {
  const here = problem ?? (local === undefined ? 'there is no file' : `line ${local.seq}`);
  return [
    {
      kind: 'facts',
      facts: facts(
        [
          'newest record',
          database === undefined ? (closed ?? 'nothing was recorded') : `${database.seq}, ${database.at ?? ''}`,
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

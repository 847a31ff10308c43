import { canonicalJson } from '../audit/canonical.ts';
import type { Detail } from '../audit/event.ts';
import type { Said } from '../audit/read.ts';
import type { RunbookEntry, RunbookRecord, RunbookRun } from '../model/runbook-run.ts';

/** Characters of a digest: nobody finds another text with the same 128 bits. */
const DIGITS = 32;

/** How the run itself is called among seals. */
const RUN = 'run';

/** What of an entry nobody changes without a record: a claim is renewed without one. */
const contentOf = (entry: RunbookEntry): object => ({
  ...entry,
  claim: undefined,
  expiresAt: undefined,
  mark: undefined,
});
const runContentOf = (run: RunbookRun): object => ({ ...run, mark: undefined, audit: undefined });

async function digesting(): Promise<(value: object) => string> {
  const { createHash } = await import('node:crypto');
  return (value) => createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, DIGITS);
}

/**
 * What a record of the audit says of a run as it is after a move: a digest over the run, and one over each entry that
 * the move has written.
 * @param seqs of these entries; undefined seals all of them anew, and what was sealed before counts no more
 * @param sound whether the run was as it was recorded before the move: an edit is not sealed over
 */
export async function sealOf(
  { run, entries }: RunbookRecord,
  seqs: ReadonlySet<number> | undefined,
  sound = true,
): Promise<Readonly<Record<string, Detail>>> {
  const digest = await digesting();
  const sealed = entries.filter(({ seq }) => seqs === undefined || seqs.has(seq));
  return {
    run: run.id,
    runbook: run.runbook,
    seals: [
      ...(sound ? [`${RUN} ${digest(runContentOf(run))}`] : []),
      ...sealed.map((entry) => `${entry.seq} ${digest(contentOf(entry))}`),
    ],
    ...(seqs === undefined && { anew: true }),
  };
}

/** Digests of a run and its entries, each with the number of the newest record that has it. */
export class Seals {
  readonly #known: Map<string, { readonly digest: string; readonly record: number }>;
  /** Numbers of records that somebody has changed: what they say is worth nothing. */
  readonly #forged: number[];

  /** @param before what is known already; it stays as it is for whoever looks at an earlier state */
  constructor(before?: Seals) {
    this.#known = new Map(before === undefined ? [] : before.#known);
    this.#forged = before === undefined ? [] : [...before.#forged];
  }

  /** Learns what a record says; they come in their order. */
  learn({ seq, record: { details }, whole }: Said): void {
    if (!whole) this.#forged.push(seq);
    const { seals, anew } = details ?? {};
    if (!Array.isArray(seals)) return;
    if (anew === true && whole) {
      this.#known.clear();
      this.#forged.length = 0;
    }
    for (const seal of seals) {
      const [what = '', digest = ''] = String(seal).split(' ');
      this.#known.set(what, { digest, record: seq });
    }
  }

  /** Whether the run itself is as it was recorded, whatever its entries are. */
  async isSound({ run }: RunbookRecord): Promise<boolean> {
    return this.#known.get(RUN)?.digest === (await digesting())(runContentOf(run));
  }

  /** What of a run is not as it was recorded, a line each. */
  async broken({ run, entries }: RunbookRecord): Promise<readonly string[]> {
    const digest = await digesting();
    const differs = (what: string, value: object, name: string): readonly string[] => {
      const seal = this.#known.get(what);
      if (seal === undefined) return [`no record of the audit has ${name}`];
      return seal.digest === digest(value) ? [] : [`${name} differs from record ${seal.record} of the audit`];
    };
    const there = new Set([RUN, ...entries.map(({ seq }) => String(seq))]);
    const gone = [...this.#known].filter(([what]) => !there.has(what));
    return [
      ...this.#forged.map((seq) => `record ${seq} of the audit is not what was hashed when it was written`),
      ...differs(RUN, runContentOf(run), 'the run'),
      ...entries.flatMap((entry) => differs(String(entry.seq), contentOf(entry), nameOf(entry))),
      ...gone.map(([what, { record }]) => `entry ${what} is gone: record ${record} of the audit has it`),
    ];
  }
}

const nameOf = ({ seq, kind, subject }: RunbookEntry): string => `entry ${seq} (${kind} ${subject})`;

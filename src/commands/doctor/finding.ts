/** What became of one check: fine, worth knowing, needs attention, dangerous, or nobody can tell. */
export type Outcome = 'ok' | 'note' | 'warning' | 'critical' | 'unknown';

/** One line of the doctor. */
export interface Finding {
  /** What was checked: one word, stable for programs. */
  readonly check: string;
  readonly outcome: Outcome;
  readonly fact: string;
  /** What to do; undefined when there is nothing to do. */
  readonly remedy: string | undefined;
}

export const ok = (check: string, fact: string): Finding => ({ check, outcome: 'ok', fact, remedy: undefined });
export const note = (check: string, fact: string, remedy?: string): Finding => ({
  check,
  outcome: 'note',
  fact,
  remedy,
});
export const warning = (check: string, fact: string, remedy: string): Finding => ({
  check,
  outcome: 'warning',
  fact,
  remedy,
});

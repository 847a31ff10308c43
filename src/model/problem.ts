/** What a person has to look at: their input, a server, the network, or an answer that came too late. */
export type ProblemKind =
  | 'usage' // a wrong command line
  | 'config' // a wrong config file, a missing variable, an unreadable secret
  | 'unreachable' // nobody answers at that address, or the name is unknown
  | 'refused' // the server answered and said no: password, privileges, TLS
  | 'missing' // the database, table or column is not there
  | 'timeout' // the statement took longer than its limit
  | 'locked' // the table does not answer: somebody else's lock is in the way
  | 'cancelled' // a person stopped it
  | 'lost' // the connection broke while in use
  | 'busy' // a lock, a deadlock or a serialization failure undid a transaction: it may be tried again
  | 'duplicate' // a unique index refused a value
  | 'full' // the disk is full
  | 'blocked' // the guarded path says no: a gate, a lease, a confirmation, figures that changed
  | 'sql'; // the server rejected the statement

/**
 * An expected failure: one line that says what is wrong and where, and one that says what to do. It never carries a
 * secret. Everything that is not a Problem is a bug and keeps its stack.
 */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly remedy: string;

  constructor(kind: ProblemKind, what: string, remedy: string, options?: { cause?: unknown }) {
    super(what, options);
    this.name = 'Problem';
    this.kind = kind;
    this.remedy = remedy;
  }
}

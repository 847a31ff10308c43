import type { Dialect, Expression, Row } from '../connection.ts';
import type { WritingSession } from '../writing.ts';

/** Says expressions to a writing session in its engine's words. */
export class Speaker {
  readonly #session: WritingSession;
  readonly dialect: Dialect;

  constructor(session: WritingSession, dialect: Dialect) {
    this.#session = session;
    this.dialect = dialect;
  }

  /** @throws Problem */
  query(expression: Expression): Promise<readonly Row[]> {
    return this.#session.query(this.dialect.compile(expression));
  }

  /** How many rows a statement found to change. @throws Problem */
  execute(expression: Expression): Promise<number> {
    return this.#session.execute(this.dialect.compile(expression));
  }
}

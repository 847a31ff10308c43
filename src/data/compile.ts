import { type DialectAdapter, DummyDriver, Kysely, type QueryCompiler } from 'kysely';
import type { Expression, Statement } from './connection.ts';

/**
 * A function that turns expressions into an engine's SQL. kysely is used as a compiler only: it quotes identifiers and
 * numbers parameters, and never sees a connection.
 */
export function compilerFor(adapter: DialectAdapter, compiler: QueryCompiler): (query: Expression) => Statement {
  const kysely = new Kysely<Record<string, never>>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => compiler,
      createIntrospector: () => {
        throw new Error('kysely only compiles here');
      },
    },
  });
  return (query) => {
    const { sql, parameters } = query.compile(kysely);
    return { sql, parameters };
  };
}

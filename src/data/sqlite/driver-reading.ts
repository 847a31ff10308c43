import { find, open, Refusal, type Serving } from './driver-values.ts';

/** Reading only, and every statement anew. */
export function openToRead(path: string): Serving {
  const database = open(path, true);
  return {
    database,
    answer(request) {
      if (!('sql' in request)) throw new Refusal('not a query');
      // A PRAGMA that switches it off does so while it is prepared, even when it is refused.
      database.pragma('query_only = ON');
      const statement = database.prepare<unknown[], unknown[]>(request.sql);
      if (!statement.reader) throw new Refusal('not a query');
      return { found: find(statement, request.parameters), changes: 0 };
    },
  };
}

import type { Target } from '../../src/config/target.ts';

/** Some 0.2 ms for each row that is changed, so that a run can be met half-way however long a process takes to start. */
export const SLOW: Readonly<Record<Target['engine'], readonly string[]>> = {
  sqlite: [
    `CREATE TRIGGER slow AFTER UPDATE ON appointments BEGIN SELECT COUNT(*) FROM
      (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n); END`,
  ],
  mysql: ['CREATE TRIGGER slow BEFORE UPDATE ON appointments FOR EACH ROW DO SLEEP(0.0001)'],
  postgres: [
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM COUNT(*) FROM generate_series(1, 6000); RETURN NEW; END'",
    'CREATE TRIGGER slow BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION slow()',
  ],
};

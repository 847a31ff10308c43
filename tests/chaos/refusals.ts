import type { TestDatabase } from '../engines/engines.ts';

/** A trigger that refuses each change of an appointment that fulfils a condition. */
const TRIGGERS: Readonly<Record<TestDatabase['target']['engine'], (condition: string) => readonly string[]>> = {
  sqlite: (condition) => [
    `CREATE TRIGGER refuse BEFORE UPDATE ON appointments WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  ],
  mysql: (condition) => [
    `CREATE TRIGGER refuse BEFORE UPDATE ON appointments FOR EACH ROW
      IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF`,
  ],
  postgres: (condition) => [
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN IF ${condition} THEN RAISE EXCEPTION ''not this one''; END IF; RETURN new; END'`,
    'CREATE TRIGGER refuse BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION refuse()',
  ],
};

export async function refuse(db: TestDatabase, condition: string): Promise<void> {
  for (const statement of TRIGGERS[db.target.engine](condition)) await db.execute(statement);
}

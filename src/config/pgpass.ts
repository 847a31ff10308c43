/** What a password is looked up for. `hosts` holds every name that an entry may call the server by. */
export interface PgpassKey {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password of the first line that fits, of a file in the form `host:port:database:user:password` with `*` for
 * anything and `\` before a `:` or `\` that is meant. Source: PostgreSQL's manual, "The Password File".
 */
export function passwordIn(content: string, key: PgpassKey): string | undefined {
  for (const line of content.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const [host, port, database, user, password] = entry(line);
    if (password === undefined) continue;
    const fits =
      (host === '*' || key.hosts.includes(unescaped(host))) &&
      (port === '*' || port === String(key.port)) &&
      (database === '*' || unescaped(database) === key.database) &&
      (user === '*' || unescaped(user) === key.user);
    if (fits && password !== '') return unescaped(password);
  }
  return undefined;
}

/** The fields of a line, still escaped. The password is the rest of the line up to an unescaped colon. */
function entry(line: string): readonly [string, string, string, string, string?] {
  const [host = '', port = '', database = '', user = '', password] =
    line.match(/(?<=^|:)(?:\\.|[^:\\])*(?=:|$)/g) ?? [];
  return password === undefined ? [host, port, database, user] : [host, port, database, user, password];
}

const unescaped = (field = ''): string => field.replace(/\\(.)/g, '$1');

import { Problem } from '../../model/problem.ts';
import type { DriverError } from './protocol.ts';

/** What a failure to open or to read a SQLite file means to a person. */
export function problemOf(error: DriverError, path: string): Problem {
  switch (error.code) {
    case 'SQLITE_CANTOPEN':
      return new Problem(
        'missing',
        `cannot open ${path}`,
        'check the path and the right to read the file and its folder',
      );
    case 'SQLITE_NOTADB':
      return new Problem(
        'refused',
        `${path} is not a SQLite database`,
        'check the path; an encrypted file cannot be read',
      );
    case 'SQLITE_BUSY':
    case 'SQLITE_BUSY_SNAPSHOT':
      return new Problem('timeout', `${path} is locked by another process`, 'find who holds a write transaction open');
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
      return new Problem('refused', `${error.message}: this session only reads`, 'apptop never writes while it looks');
    default:
      return error.code.startsWith('SQLITE_IOERR') || error.code.startsWith('SQLITE_CORRUPT')
        ? new Problem(
            'lost',
            `cannot read ${path}: ${error.message}`,
            'check the disk, then run PRAGMA integrity_check',
          )
        : new Problem(
            'sql',
            `SQLite: ${error.message}`,
            'check the statement against the tables and columns there are',
          );
  }
}

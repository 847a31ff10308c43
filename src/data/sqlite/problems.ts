import { Problem } from '../../model/problem.ts';
import type { DriverError } from './protocol.ts';

/** What a failure to open or to read a SQLite file means to a person. Codes: https://sqlite.org/rescode.html */
export function problemOf({ code, message }: DriverError, path: string): Problem {
  if (code.startsWith('SQLITE_CANTOPEN')) {
    const remedy = 'check the path and the right to read the file and its folder';
    return new Problem('missing', `cannot open ${path}`, remedy);
  }
  if (code === 'SQLITE_NOTADB') {
    const remedy = 'check the path; an encrypted file cannot be read';
    return new Problem('refused', `${path} is not a SQLite database`, remedy);
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new Problem('locked', `${path} is locked by another process`, 'find who holds a write transaction open');
  }
  if (/^SQLITE_READONLY_(ROLLBACK|RECOVERY|CANTINIT|CANTLOCK)$/.test(code)) {
    const what = `${path} was left in the middle of a write, and reading alone can't finish or undo that`;
    return new Problem('refused', what, 'open it once with what writes it, or let apptop write in its folder');
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new Problem('refused', `${message}: this session only reads`, 'apptop never writes while it looks');
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT')) {
    return new Problem('lost', `cannot read ${path}: ${message}`, 'check the disk, then run PRAGMA integrity_check');
  }
  return /^no such (table|column)/.test(message)
    ? new Problem('missing', `SQLite: ${message}`, 'check the names in the config against the database')
    : new Problem('sql', `SQLite: ${message}`, 'check the statement against the tables and columns there are');
}

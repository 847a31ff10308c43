import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
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

/** Bytes of the largest page: with less free, a write that failed had no room. */
const LARGEST_PAGE = 65_536;

/** What a failure to change a SQLite file means to a person. */
export function problemOfWriting(error: DriverError, path: string): Problem {
  const { code, message } = error;
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) {
    return new Problem('busy', `${path} is locked by another process`, 'find who holds a write transaction open');
  }
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)$/.test(code)) {
    return new Problem('duplicate', `SQLite: ${message}`, 'look at the rows that hold the value already');
  }
  if (code === 'SQLITE_FULL' || (code.startsWith('SQLITE_IOERR') && !hasRoom(path))) {
    return new Problem('full', `no space is left to write ${path}: ${message}`, 'free space on its disk');
  }
  if (code === 'SQLITE_READONLY_DBMOVED') {
    return new Problem('lost', `${path} was moved or replaced`, 'see what put another file in its place');
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new Problem('refused', `${path}: ${message}`, 'run as a user who may write the file and its folder');
  }
  return problemOf(error, path);
}

/** Of a full disk, SQLite tells only some writes apart from broken ones. */
function hasRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize >= LARGEST_PAGE;
  } catch {
    return true;
  }
}

import { existsSync } from 'node:fs';
import { findProgram } from '../engines/programs.ts';

/** Where Debian puts Laravel's components. */
const COMPONENTS = ['Bus', 'Database', 'Encryption', 'Events', 'Queue'].map(
  (name) => `/usr/share/php/Illuminate/${name}/autoload.php`,
);

/** PHP, where Laravel's components are on this machine, too. */
export const findPhp = (): string | undefined =>
  COMPONENTS.every((file) => existsSync(file)) ? findProgram(['php']) : undefined;

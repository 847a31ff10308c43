import type { Engine } from '../connection.ts';
import { connect } from './connect.ts';
import { dialect } from './dialect.ts';
import { introspection } from './introspection.ts';
import { rights } from './rights.ts';

export const engine: Engine = { connect, dialect, introspection, rights };

import type { Engine } from '../connection.ts';
import { cluster } from './cluster.ts';
import { connect } from './connect.ts';
import { dialect } from './dialect.ts';
import { introspection } from './introspection.ts';
import { rights } from './rights.ts';

export const engine: Engine = { cluster, connect, dialect, introspection, rights };

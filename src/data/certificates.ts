import { readFile } from 'node:fs/promises';
import type { Tls } from '../config/target.ts';
import { Problem } from '../model/problem.ts';

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return await readFile(path, 'utf8').catch(() => {
    throw new Problem('config', `cannot read ${path}`, 'check the paths under tls in the connection');
  });
}

/**
 * The PEM files of a connection under Node's names for them; those that the config doesn't give are left out.
 * @throws Problem config
 */
export async function readCertificates(tls: Tls): Promise<{ ca?: string; cert?: string; key?: string }> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.certificate, tls.key].map(readPem));
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

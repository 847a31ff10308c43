import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { CalcomClient } from '../../src/changes/retry/calcom-api/client.ts';
import { apiOf } from '../calcom/asked.ts';
import { findProgram } from '../engines/programs.ts';

const asking = { signal: new AbortController().signal };

/** A certificate for localhost that nobody but itself has signed. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

test.skipIf(findProgram(['openssl']) === undefined)(
  'the key goes to nobody whose certificate is not trusted',
  async () => {
    const { key, cert } = selfSigned();
    let asked = 0;
    const server = createServer({ key, cert }, (_request, response) => {
      asked += 1;
      response.end('{"status":"success","data":[]}');
    });
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    server.listen(0);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const api = () => apiOf({ baseUrl: `https://localhost:${address.port}`, key: 'cal_test_4711' });
    expect(await new CalcomClient(api()).list({}, 0, asking)).toEqual({
      kind: 'unknown',
      code: 'NETWORK',
      message: 'the connection to Cal.com failed: DEPTH_ZERO_SELF_SIGNED_CERT',
      over: false,
    });
    expect(asked).toBe(0);
    setDefaultCACertificates([...getCACertificates(), cert]);
    expect(await new CalcomClient(api()).list({}, 0, asking)).toMatchObject({ kind: 'ok' });
    expect(asked).toBe(1);
  },
);

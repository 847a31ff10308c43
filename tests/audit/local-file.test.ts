import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { flawsOf } from '../../src/audit/chain.ts';
import { appendLine, readLocalFile } from '../../src/audit/local-file.ts';
import { poll } from '../support.ts';

const HOST = fileURLToPath(new URL('append-host.ts', import.meta.url));

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'audit', 'database.jsonl');
}

const announce = (path: string, change: string) =>
  appendLine(path, (file, seq) => ({
    seq,
    record: { version: 1, at: '2026-11-21T12:00:00.000Z', event: 'intent', file, change },
  }));

/** A process that appends; it ends when it is done or killed. */
function appending(path: string, name: string, times: number): ChildProcess {
  return spawn(process.execPath, [HOST, path, name, String(times)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What the file's chain is: the changes in order, its flaws, how many lines are torn or none of apptop's. */
async function chainOf(path: string) {
  const { lines } = await readLocalFile(path);
  const links = lines.flatMap(({ whole }) => (whole === undefined ? [] : [whole]));
  const flaws = await flawsOf(links, undefined);
  return {
    changes: links.map(({ record }) => record?.change),
    flaws: flaws.map(({ kind, text }) => `${kind}: ${text}`),
    torn: lines.filter(({ torn }) => torn).length,
    foreign: lines.filter(({ torn, whole }) => !torn && whole === undefined).length,
  };
}

const WHOLE = { flaws: [], torn: 0, foreign: 0 };

test('each line follows the one before it, and only its owner can read the file', async () => {
  const path = newPath();
  for (const change of ['one', 'two', 'three']) await announce(path, change);
  expect(await chainOf(path)).toEqual({ ...WHOLE, changes: ['one', 'two', 'three'] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(path))).toEqual(['database.jsonl']);
});

test('all records name the file that they are announced in, and another file has another name', async () => {
  const [path, other] = [newPath(), newPath()];
  for (const change of ['one', 'two']) await announce(path, change);
  await announce(other, 'one');
  const [first, second] = await Promise.all([readLocalFile(path), readLocalFile(other)]);
  expect(first.lines.map(({ whole }) => whole?.record?.file)).toEqual([first.id, first.id]);
  expect(first.id).toMatch(/^[0-9a-f]{16}$/);
  expect(second.id).not.toBe(first.id);
});

test('text of any kind stays what it is and is plain ASCII in the file', async () => {
  const path = newPath();
  const hostile = 'tïcket\u001b[2J\u009b\u202e\ud83d\ud83d\ude00\n"\\';
  await announce(path, hostile);
  expect(readFileSync(path, 'latin1')).toMatch(/^[\x20-\x7e]*\n$/);
  expect((await chainOf(path)).changes).toEqual([hostile]);
});

test('several processes that append at the same time make one chain', async () => {
  const path = newPath();
  const children = ['a', 'b', 'c'].map((name) => appending(path, name, 20));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const { changes, ...chain } = await chainOf(path);
  expect(chain).toEqual(WHOLE);
  expect(changes.toSorted()).toEqual(
    ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 20 }, (_, index) => `${name} ${index + 1}`)).toSorted(),
  );
  expect(readdirSync(dirname(path))).toEqual(['database.jsonl']);
});

test('two that append in one process at the same time make one chain', async () => {
  const path = newPath();
  await Promise.all(Array.from({ length: 12 }, (_, index) => announce(path, String(index))));
  const { changes, ...chain } = await chainOf(path);
  expect([changes.length, chain]).toEqual([12, WHOLE]);
});

test('a process that is killed at any point neither forks the chain nor stops the others', async () => {
  const path = newPath();
  await announce(path, 'first');
  for (let round = 0; round < 12; round += 1) {
    const child = appending(path, `victim ${round}`, 1_000);
    const { size } = statSync(path);
    await poll(() => statSync(path).size > size + 40 * round);
    child.kill('SIGKILL');
    await Promise.all([once(child, 'exit'), announce(path, `survivor ${round}`)]);
  }
  const { changes, flaws, foreign } = await chainOf(path);
  expect([flaws, foreign]).toEqual([[], 0]);
  expect(changes.filter((change) => change?.startsWith('survivor'))).toHaveLength(12);
  expect(readdirSync(dirname(path))).toEqual(['database.jsonl']);
});

test('a line that a crash tore anywhere is closed off, and the next one follows the last whole one', async () => {
  const path = newPath();
  await announce(path, 'one');
  const { size } = statSync(path);
  await announce(path, 'torn');
  const whole = readFileSync(path);
  for (const kept of [1, 9, 10, 40, whole.length - size - 2]) {
    writeFileSync(path, whole.subarray(0, size + kept));
    await announce(path, 'two');
    await announce(path, 'three');
    expect(await chainOf(path)).toEqual({ ...WHOLE, torn: 1, changes: ['one', 'two', 'three'] });
  }
});

test('a line that lacks nothing but its end is a line', async () => {
  const path = newPath();
  await announce(path, 'one');
  truncateSync(path, statSync(path).size - 1);
  await announce(path, 'two');
  expect(await chainOf(path)).toEqual({ ...WHOLE, changes: ['one', 'two'] });
});

test('what is no beginning of a line is not taken for a torn one', async () => {
  const path = newPath();
  await announce(path, 'one');
  appendFileSync(path, 'hello\n\n{"body":1}\n[]\n');
  await announce(path, 'two');
  expect(await chainOf(path)).toEqual({ flaws: [], torn: 1, foreign: 3, changes: ['one', 'two'] });
});

test('a claim of a process that is gone is passed over, one of a living process or another machine is not', async () => {
  const path = newPath();
  await announce(path, 'one');
  const { lines } = await readLocalFile(path);
  const claim = `${path}.next-${lines[0]?.whole?.hash.slice(0, 16)}-`;
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(gone, 'exit');
  // Its number may come again: what counts is when the process began.
  symlinkSync(`${process.pid} 1 ${hostname()}`, `${claim}0`);
  symlinkSync(`${gone.pid} 4711 ${hostname()}`, `${claim}1`);
  await announce(path, 'two');
  expect(readdirSync(dirname(path))).toEqual(['database.jsonl']);
  const last = (await readLocalFile(path)).lines[1]?.whole?.hash.slice(0, 16);
  symlinkSync('1 1 some-other-machine', `${path}.next-${last}-0`);
  await expect(announce(path, 'three')).rejects.toMatchObject({
    kind: 'blocked',
    message: `another process keeps ${path}: 1 1 some-other-machine`,
    remedy: expect.stringContaining(`remove ${path}.next-${last}-0`),
  });
});

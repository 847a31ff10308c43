import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { apptop, LAUNCHER, runCommand } from './program.ts';

test('--version and --help answer on stdout', async () => {
  expect(await apptop('--version')).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  const help = await apptop('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const verb of ['demo', 'init', 'doctor', 'status', 'check', 'metrics', 'completion'])
    expect(help.stdout).toContain(`apptop ${verb}`);
  expect((await apptop('status', '--help')).stdout).toContain('--json');
});

test.each([
  [['stauts'], 'apptop: unknown command "stauts": did you mean status? see apptop --help\n'],
  [['status', '--jsno'], 'apptop: unknown option --jsno: did you mean --json? see apptop status --help\n'],
  [['--rows', '5'], 'apptop: unknown option --rows: see apptop --help\n'],
  [['status', '-x'], 'apptop: unknown option -x: see apptop status --help\n'],
  [['doctor', 'prod'], 'apptop: unexpected "prod": see apptop doctor --help\n'],
  [['demo', '--rows', 'many'], 'apptop: --rows many is no number of rows: give a whole number from 1\n'],
  [['demo', '--rows', '0'], 'apptop: --rows 0 is no number of rows: give a whole number from 1\n'],
  [['status', '--url'], 'apptop: --url needs a value: write --url VALUE\n'],
  [['status', '--context', 'a', '--context', 'b'], 'apptop: --context is given twice: give it once\n'],
  [
    ['completion', 'bsh'],
    'apptop: unexpected "bsh", wanted bash, zsh, fish: did you mean bash? see apptop completion --help\n',
  ],
  [['check', '--phas', 'pre'], 'apptop: unknown option --phas: did you mean --phase? see apptop check --help\n'],
  [
    ['check', '--url', 'sqlite:x', '--phase', '-'],
    'apptop: there is no phase "-": it is one of pre, post, verify, monitor\n',
  ],
  [['completion'], 'apptop: completion needs a shell: give one of bash, zsh, fish\n'],
])('a wrong command line is one line and exit code 3: %j', async (args, stderr) => {
  expect(await apptop(...args)).toEqual({ code: 3, stdout: '', stderr });
});

test('a password on the wrong place of the command line is not repeated', async () => {
  for (const args of [['mysql://root:hunter2@db/shop'], ['status', 'postgres://root:hunter2@db/shop']]) {
    const { code, stderr } = await apptop(...args);
    expect(code).toBe(3);
    expect(stderr).toContain('write --url before it');
    expect(stderr).not.toContain('hunter2');
  }
});

test('a reader that goes away is no error', async () => {
  const shell = `"${process.execPath}" "${LAUNCHER}" completion bash | true; echo "\${PIPESTATUS[0]}"`;
  expect(await runCommand('bash', ['-c', shell])).toEqual({ code: 0, stdout: '0\n', stderr: '' });
});

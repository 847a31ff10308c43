/** Bytes of base64 that terminals take for sure: xterm's own limit for OSC 52 is 100,000. */
const LONGEST_BASE64 = 99_000;
/** GNU screen drops a DCS string longer than 768 bytes, so a long copy goes through in pieces. */
const SCREEN_CHUNK = 512;

/** What tells the terminal of the person, over SSH too, to put a text on its clipboard. */
export function osc52(text: string, env: NodeJS.ProcessEnv): string {
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  const sequence = `\u001b]52;c;${base64}\u0007`;
  if (env['TMUX'] !== undefined) {
    // tmux takes the plain form when `set-clipboard` is on and the wrapped one when `allow-passthrough` is.
    return `${sequence}\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`;
  }
  if (env['STY'] !== undefined) {
    const chunks = sequence.match(new RegExp(`[^]{1,${SCREEN_CHUNK}}`, 'g')) ?? [];
    return chunks.map((chunk) => `\u001bP${chunk}\u001b\\`).join('');
  }
  return sequence;
}

const control = /\p{Cc}/gu;

/** Copies exactly what is given and answers with what to say about it. */
export function copyTo(stdout: Pick<NodeJS.WriteStream, 'write'>, env: NodeJS.ProcessEnv) {
  return (text: string, what: string): string => {
    if (Buffer.byteLength(text) * (4 / 3) > LONGEST_BASE64)
      return `${what} is too long for a terminal's clipboard: export it with E`;
    stdout.write(osc52(text, env));
    const controls = text.match(control)?.length ?? 0;
    const warning = controls === 0 ? '' : `, ${controls} of them control characters`;
    return `copied ${what}: ${[...text].length} characters${warning}`;
  };
}
